"""Counts and latencies of a verdict: what the last line of a transcript and the head of a report say."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from ussd_gateway.replay.verdict import Outcome, Run, Status, Verdict

WORDS = {"passed": "passed", "failed": "failed", "error": "error", "not_checked": "not checked"}
"""A status in words."""

_ORDER: tuple[Status, ...] = ("passed", "failed", "error", "not_checked")


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of answered steps, milliseconds from what the phone sent to the screen that came."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


def statuses(runs: Iterable[Run]) -> Counter[Status]:
    """How many runs ended with which status."""
    return Counter(run.status for run in runs)


def counts_line(verdict: Verdict) -> str:
    """`12 runs: 10 passed, 2 failed; 240 steps, 3 not checked`."""
    found = statuses(verdict.runs)
    told = ", ".join(f"{found[status]} {WORDS[status]}" for status in _ORDER if found[status])
    steps = sum(len(run.outcomes) for run in verdict.runs)
    line = f"{plural(len(verdict.runs), 'run')}: {told or 'nothing'}; {plural(steps, 'step')}"
    unknown = sum(run.not_checked for run in verdict.runs)
    return f"{line}, {unknown} not checked" if unknown else line


def plural(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def in_time(took_ms: float) -> str:
    """A time for people: `12 ms`, `3.4 s`, `2 min 5 s`."""
    if took_ms < 999.5:
        return f"{took_ms:.1f} ms" if took_ms < 9.95 else f"{took_ms:.0f} ms"
    seconds = took_ms / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def row_of(run: Run) -> str:
    """The data row in one line: `msisdn 79261234567, sum 100`."""
    return ", ".join(f"{name} {value}" for name, value in run.variables.items())


def culprits(run: Run) -> list[Outcome]:
    """The steps for which a run did not pass; several when phones did something at once."""
    return [outcome for outcome in run.outcomes if outcome.status in ("failed", "error")]


def latencies(outcomes: Iterable[Outcome]) -> Latencies | None:
    """None when no step waited for a screen."""
    values = sorted(each.latency_ms for each in outcomes if each.latency_ms is not None)
    if not values:
        return None
    p50, p95, p99 = (percentile(values, share) for share in (0.5, 0.95, 0.99))
    return Latencies(len(values), p50, p95, p99, values[-1])


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that this share of all values does not exceed."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
