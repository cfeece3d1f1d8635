"""What several of these tests share: exploring a menu takes too long to do it twice."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.running import clean_environment, in_process


class Explored(NamedTuple):
    """What `explore` came to: its code, what it told, where its scripts are."""

    code: int
    told: str
    folder: Path


@pytest.fixture(scope="session")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Explored]:
    """Explores a shipped menu, once."""
    folder = tmp_path_factory.mktemp("explored")
    known: dict[str, Explored] = {}

    def explore(menu: str) -> Explored:
        if menu not in known:
            done = in_process(clean_environment(), "explore", menu, "-q", "-o", str(folder))
            known[menu] = Explored(done.returncode, done.stdout, folder / menu)
        return known[menu]

    return explore
