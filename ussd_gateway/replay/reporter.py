"""Whoever is told of a replay while it goes on: a transcript, JSON lines, a progress bar."""

from collections.abc import Sequence
from typing import Protocol

from ussd_gateway.replay.verdict import Outcome, Run, Verdict


class Reporter(Protocol):
    """Told of everything in the order in which it happens; secrets are masked already."""

    def run_started(self, run: Run, number: int, of: int) -> None:
        """Run `number` (from 1) `of` so many begins; it has no outcomes yet."""
        ...

    def outcome(self, run: Run, outcome: Outcome) -> None:
        """A step has been performed.  Those of several phones at once come as they end."""
        ...

    def run_finished(self, run: Run) -> None:
        """The run is complete."""
        ...

    def finished(self, verdict: Verdict) -> None:
        """Everything has been played."""
        ...


class Reporters:
    """Several as one."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self._reporters = tuple(reporters)

    def run_started(self, run: Run, number: int, of: int) -> None:
        for reporter in self._reporters:
            reporter.run_started(run, number, of)

    def outcome(self, run: Run, outcome: Outcome) -> None:
        for reporter in self._reporters:
            reporter.outcome(run, outcome)

    def run_finished(self, run: Run) -> None:
        for reporter in self._reporters:
            reporter.run_finished(run)

    def finished(self, verdict: Verdict) -> None:
        for reporter in self._reporters:
            reporter.finished(verdict)
