"""A missing external program is a reason to skip on a developer's machine and a failure in CI."""

from collections.abc import Callable

import pytest

NeedsProgram = Callable[[str], str]


def test_a_program_that_is_there_gives_its_path(needs_program: NeedsProgram) -> None:
    assert needs_program("sh").endswith("/sh")


@pytest.mark.parametrize("ci, outcome", [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_program(
    ci: str, outcome: type[BaseException], needs_program: NeedsProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no-such-program"):
        needs_program("no-such-program")
