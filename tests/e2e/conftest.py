"""What several of these tests share: exploring a menu takes too long to do it twice."""

import fcntl
import json
import os
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
    """Explores a shipped menu, once for all workers of the run; whoever comes later waits for it."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "explored"
    scripts = root / "scripts"
    scripts.mkdir(parents=True, exist_ok=True)

    def explore(menu: str) -> Explored:
        outcome = root / f"{menu}.json"
        with (root / f"{menu}.lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not outcome.exists():
                done = in_process(clean_environment(), "explore", menu, "-q", "-o", str(scripts))
                outcome.write_text(json.dumps([done.returncode, done.stdout]), encoding="utf-8")
        code, told = json.loads(outcome.read_text(encoding="utf-8"))
        return Explored(code, told, scripts / menu)

    return explore
