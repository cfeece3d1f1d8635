"""What every test may lean on: repeatable property tests, clean logging, the rule for missing programs."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
import structlog
from hypothesis import settings

from tests.redis_servers import redis_cluster, redis_server, redis_servers
from ussd_gateway.logs import ToStructlog

__all__ = ["needs_program", "redis_cluster", "redis_server", "redis_servers"]

# The same examples on every run: a red suite must stay red until somebody mends it. To search further,
# HYPOTHESIS_PROFILE=explore draws new examples each time. No deadline: a slow machine proves nothing.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session", autouse=True)
def _unchanged_files_are_read_once() -> Iterator[None]:
    """A thousand tests start a gateway with the shipped files, which nobody changes: half a second each."""
    from ussd_gateway import settings
    from ussd_gateway.laboratory import unchanged_files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "load_files", unchanged_files)
        yield


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands set up logging for their whole process, which here is also that of other tests."""
    root = logging.getLogger()
    ours = {handler for handler in root.handlers if isinstance(handler, ToStructlog)}
    level = root.level
    configured = structlog.get_config() if structlog.is_configured() else None
    yield
    for handler in root.handlers[:]:
        if isinstance(handler, ToStructlog) and handler not in ours:
            root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()
    if configured is not None:
        structlog.configure(**configured)


@pytest.fixture(scope="session")
def cannot_run() -> Callable[[str], NoReturn]:
    """Call it with a reason: skips the test; with CI=true it fails instead."""

    def stop(reason: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    return stop


@pytest.fixture(scope="session")
def needs_program(cannot_run: Callable[[str], NoReturn]) -> Callable[[str], str]:
    """Call it with a program's name: returns its path, or skips the test; with CI=true it fails instead.

    The programs that `make test` installs are listed in tests/programs.sh.
    """

    def path_of(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            cannot_run(f"the program {name} is not installed (see tests/programs.sh)")
        return path

    return path_of
