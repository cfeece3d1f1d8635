"""What a load has seen so far, counted while it runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ussd_gateway.replay.load.histogram import Histogram
from ussd_gateway.replay.load.lean import Line
from ussd_gateway.replay.verdict import Difference

WHOLE = ("dial", "send", "sms", "cancel")
"""Verbs whose latency is that of a step: from what the phone did to the answer."""


@dataclass(slots=True)
class Failures:
    """Conversations that failed at one step for one reason; `differences` are those of the first."""

    line: Line
    reason: str
    count: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Point:
    """One second of the load: what happened since the point before, latencies of its answers."""

    at_s: float
    begun: int
    passed: int
    failed: int
    steps: int
    open: int
    waiting: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(slots=True)
class Counts:
    """Conversations and steps.

    `waited` had to, because as many as may be open were, or no phone was free; `steps` are answers that came;
    `strays`, what came for a phone that expected nothing.
    """

    begun: int = 0
    passed: int = 0
    failed: int = 0
    unfinished: int = 0
    waited: int = 0
    steps: int = 0
    strays: int = 0


class Tally:
    """Everything that is counted.

    `by_line` are latencies by script and line; `waits` how long conversations waited for their beginning,
    `late` how late the generator itself was with those that need not wait; `dialogues` from when one ought to
    have begun to its end.
    """

    def __init__(self, lines: Sequence[Sequence[Line]]) -> None:
        self.lines = lines
        self.by_line = [[Histogram() for _ in each] for each in lines]
        self.counts = Counts()
        self.by_script = [Counts() for _ in lines]
        self.dialogues = Histogram()
        self.waits = Histogram()
        self.late = Histogram()
        self.steps = Histogram()
        self.failures: dict[tuple[Line, str], Failures] = {}
        self.points: list[Point] = []
        self._second = Histogram()
        self._before = Counts()

    def answered(self, script: int, line: int, took_s: float) -> None:
        """A step has got its answer."""
        took_us = int(took_s * 1e6)
        self.by_line[script][line].add(took_us)
        self._second.add(took_us)
        self.counts.steps += 1

    def arrived(self, script: int, line: int, took_s: float) -> None:
        """An expected message has come; no step's latency: the gateway may mean to take its time."""
        self.by_line[script][line].add(int(took_s * 1e6))

    def failed(self, script: int, line: Line, reason: str, differences: list[Difference]) -> None:
        """A conversation has failed."""
        self.counts.failed += 1
        self.by_script[script].failed += 1
        failures = self.failures.get((line, reason))
        if failures is None:
            failures = self.failures[line, reason] = Failures(line, reason, differences=differences)
        failures.count += 1

    def mark(self, at_s: float, *, open_now: int, waiting: int) -> Point:
        """End a second: what happened in it."""
        now, before, second = self.counts, self._before, self._second
        point = Point(
            at_s,
            now.begun - before.begun,
            now.passed - before.passed,
            now.failed - before.failed,
            now.steps - before.steps,
            open_now,
            waiting,
            second.percentile_us(0.5) / 1000,
            second.percentile_us(0.99) / 1000,
            second.max_us / 1000,
        )
        self.points.append(point)
        self.steps.merge(second)
        self._second = Histogram()
        self._before = Counts(now.begun, now.passed, now.failed, now.unfinished, now.waited, now.steps)
        return point
