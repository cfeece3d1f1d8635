"""A load in figures: what its table, its JSON and its charts are made of."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ussd_gateway.replay.figures import Latencies
from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.histogram import Histogram
from ussd_gateway.replay.load.lean import LeanScript, Line
from ussd_gateway.replay.load.tally import WHOLE, Counts, Failures, Point, Tally

KINDS = (*WHOLE, "expect_sms")
"""Verbs that have a latency, in the order of the tables."""

LATE_MS = 10.0
"""A generator that begins one conversation in a hundred later than this measures itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """Latencies of one step, or of one kind of step over all scripts."""

    script: str
    name: str
    latencies: Latencies


@dataclass(frozen=True, slots=True)
class ScriptFigures:
    """One script of the load."""

    name: str
    file_name: str
    counts: Counts
    failures: list[Failures]
    rows: list[Row]
    left_out: list[tuple[Line, str]]


@dataclass(frozen=True, slots=True)
class Result:
    """A load that is over.

    `spread` are latencies of steps with their counts, `waits` how long conversations waited for their
    beginning, `late` how late the generator was with the others.  `busy` is the share of one core it took.
    `lost` is why the last link went away, None when it did not.
    """

    plan: Plan
    binds: int
    phones: int
    elapsed_s: float
    counts: Counts
    total: Latencies
    dialogue: Latencies
    waits: Latencies
    late: Latencies
    kinds: list[Row]
    scripts: list[ScriptFigures]
    failures: list[Failures]
    points: Sequence[Point]
    spread: list[tuple[float, int]]
    busy: float
    interrupted: bool
    lost: str | None

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and everything was played."""
        return not (self.counts.failed or self.interrupted or self.lost)

    @property
    def dialogues_per_s(self) -> float:
        """Conversations that went well."""
        return self.counts.passed / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def steps_per_s(self) -> float:
        """Answers that came."""
        return self.counts.steps / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def not_checked(self) -> int:
        """Steps of the scripts that were left out."""
        return sum(len(script.left_out) for script in self.scripts)

    @property
    def measures_itself(self) -> bool:
        """Whether the generator was too late for its figures to be the gateway's alone."""
        return self.late.p99_ms > LATE_MS


def result_of(
    tally: Tally,
    scripts: Sequence[LeanScript],
    plan: Plan,
    *,
    binds: int,
    phones: int,
    elapsed_s: float,
    busy: float = 0.0,
    interrupted: bool = False,
    lost: str | None = None,
) -> Result:
    """The figures of what has been counted."""
    failures = sorted(tally.failures.values(), key=lambda each: -each.count)
    return Result(
        plan=plan,
        binds=binds,
        phones=phones,
        elapsed_s=elapsed_s,
        counts=tally.counts,
        total=latencies(tally.steps),
        dialogue=latencies(tally.dialogues),
        waits=latencies(tally.waits),
        late=latencies(tally.late),
        kinds=_kinds(tally),
        scripts=[_script(tally, index, script, failures) for index, script in enumerate(scripts)],
        failures=failures,
        points=tally.points,
        spread=[(value_us / 1000, count) for value_us, count in tally.steps.spread()],
        busy=busy,
        interrupted=interrupted,
        lost=lost,
    )


def latencies(histogram: Histogram) -> Latencies:
    """Percentiles in milliseconds; zeros of nothing."""
    p50, p95, p99 = (histogram.percentile_us(share) / 1000 for share in (0.5, 0.95, 0.99))
    return Latencies(histogram.count, p50, p95, p99, histogram.max_us / 1000)


def reasons(failures: Iterable[Failures]) -> Counter[str]:
    """How many conversations failed for which reason, wherever that was."""
    found: Counter[str] = Counter()
    for each in failures:
        found[each.reason] += each.count
    return found


def _kinds(tally: Tally) -> list[Row]:
    merged: dict[str, Histogram] = {}
    for lines, histograms in zip(tally.lines, tally.by_line, strict=True):
        for line, histogram in zip(lines, histograms, strict=True):
            merged.setdefault(line.verb, Histogram()).merge(histogram)
    return [Row("", verb, latencies(merged[verb])) for verb in KINDS if verb in merged and merged[verb].count]


def _script(tally: Tally, index: int, lean: LeanScript, failures: Sequence[Failures]) -> ScriptFigures:
    script = lean.script
    measured = zip(tally.lines[index], tally.by_line[index], strict=True)
    own = set(lean.lines)
    return ScriptFigures(
        script.name,
        script.file_name,
        tally.by_script[index],
        [each for each in failures if each.line in own],
        [
            Row(script.name, f"{line.place.line}: {line.summary}", latencies(histogram))
            for line, histogram in measured
            if histogram.count
        ],
        lean.left_out,
    )
