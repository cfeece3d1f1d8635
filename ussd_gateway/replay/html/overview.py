"""How everything went: counts, a line for each run, how long screens took to come."""

from collections.abc import Iterator, Sequence
from math import log10

from ussd_gateway.replay.figures import (
    WORDS,
    Latencies,
    culprits,
    in_time,
    latencies,
    row_of,
    statuses,
)
from ussd_gateway.replay.html.markup import Markup, joined, tag
from ussd_gateway.replay.verdict import Outcome, Run, Status, Verdict

MARKS: dict[Status, str] = {"passed": "✓", "failed": "✗", "error": "✗", "not_checked": "?"}
SLOWEST = 5

_BARS = 24
_BAR_WIDTH = 26
_CHART_HEIGHT = 110


def run_anchor(index: int) -> str:
    """The anchor of a run, by its place in the verdict from 0."""
    return f"run-{index + 1}"


# ---------------------------------------------------------------- counts and runs


def tiles(verdict: Verdict) -> Markup:
    """The counts, large."""
    found = statuses(verdict.runs)
    steps = sum(len(run.outcomes) for run in verdict.runs)
    unknown = sum(run.not_checked for run in verdict.runs)
    shown: list[tuple[str, int, str]] = [("runs", len(verdict.runs), "")]
    shown += [
        (WORDS[status], found[status], status) for status in MARKS if found[status] or status == "passed"
    ]
    shown.append(("steps", steps, ""))
    if unknown:
        shown.append(("steps not checked", unknown, "not_checked"))
    return tag(
        "ul",
        *(
            tag("li", tag("b", str(count)), tag("span", name), class_=kind or None)
            for name, count, kind in shown
        ),
        class_="tiles",
    )


def overview_section(verdict: Verdict) -> Markup:
    """A line for each run; those that passed can be left out."""
    found = statuses(verdict.runs)
    choice = None
    if found["passed"] and len(found) > 1:
        choice = tag(
            "div",
            tag("input", type="radio", name="show", id="show-all", checked=True),
            tag("label", "all runs", for_="show-all"),
            tag("input", type="radio", name="show", id="show-bad"),
            tag("label", "without those that passed", for_="show-bad"),
            class_="filter",
        )
    head = tag(
        "tr", *(tag("th", name) for name in ("", "script", "data row", "steps", "screens p95", "time"))
    )
    rows = [_run_row(run, index) for index, run in enumerate(verdict.runs)]
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="runs")
    return joined(choice, tag("div", table, class_="scroll"))


def _run_row(run: Run, index: int) -> Markup:
    found = latencies(run.outcomes)
    steps = str(len(run.outcomes)) + (f" ({run.not_checked} not checked)" if run.not_checked else "")
    reasons = (f"{outcome.place}: {outcome.summary}" for outcome in culprits(run))
    return tag(
        "tr",
        tag("td", tag("span", MARKS[run.status], class_="mark", title=WORDS[run.status])),
        tag(
            "td",
            tag("a", run.script, href=f"#{run_anchor(index)}"),
            *(tag("div", reason, class_="reason") for reason in reasons),
        ),
        tag("td", row_of(run), class_="row"),
        tag("td", steps, class_="number"),
        tag("td", in_time(found.p95_ms) if found else "", class_="number"),
        tag("td", in_time(run.took_ms), class_="number"),
        class_=run.status,
    )


# ---------------------------------------------------------------- latency


def latency_section(verdict: Verdict) -> Markup | None:
    """Percentiles by script, how they spread, the slowest; None when no step waited for a screen."""
    outcomes = [outcome for run in verdict.runs for outcome in run.outcomes]
    total = latencies(outcomes)
    if total is None:
        return None
    by_script: dict[str, list[Outcome]] = {}
    for run in verdict.runs:
        by_script.setdefault(run.script, []).extend(run.outcomes)
    found = [(script, latencies(those)) for script, those in by_script.items()]
    rows = [_latency_row(script, figures) for script, figures in found if figures is not None]
    if len(rows) > 1:
        rows.append(_latency_row("all", total, last=True))
    head = tag("tr", *(tag("th", name) for name in ("script", "screens", "p50", "p95", "p99", "max")))
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="latencies")
    values = [each.latency_ms for each in outcomes if each.latency_ms is not None]
    return joined(
        tag("div", table, class_="scroll"),
        tag("div", histogram([(value, 1) for value in values]), class_="scroll chart")
        if len(values) > 2
        else None,
        _slowest(verdict),
    )


def _latency_row(name: str, figures: Latencies, *, last: bool = False) -> Markup:
    values = (figures.p50_ms, figures.p95_ms, figures.p99_ms, figures.max_ms)
    return tag(
        "tr",
        tag("td", name),
        tag("td", str(figures.count), class_="number"),
        *(tag("td", in_time(value), class_="number") for value in values),
        class_="total" if last else None,
    )


def _slowest(verdict: Verdict) -> Markup:
    waited = [
        (outcome.latency_ms, index, outcome)
        for index, run in enumerate(verdict.runs)
        for outcome in run.outcomes
        if outcome.latency_ms is not None
    ]
    waited.sort(key=lambda each: -each[0])
    items = [
        tag(
            "li",
            tag("b", in_time(latency_ms)),
            " ",
            tag("a", str(outcome.place), href=f"#{run_anchor(index)}"),
            f" {outcome.summary}",
        )
        for latency_ms, index, outcome in waited[:SLOWEST]
    ]
    return joined(tag("h3", "The slowest"), tag("ol", *items, class_="slowest"))


def histogram(seen: Sequence[tuple[float, int]], what: str = "screens") -> Markup:
    """How many came in which time, from times in ms and their counts; each bar is so many times as wide in
    time as the one before."""
    low = max(min(value for value, _ in seen), 0.01)
    high = max(0.02, *(value for value, _ in seen))
    span = max(log10(high / low), 0.1)
    counts = [0] * _BARS
    for value, count in seen:
        place = log10(max(value, low) / low) / span
        counts[min(int(place * _BARS), _BARS - 1)] += count
    width = _BARS * _BAR_WIDTH
    return tag(
        "svg",
        tag("title", f"How many {what} came within which time"),
        *_bars(counts),
        tag("line", x1=0, y1=_CHART_HEIGHT, x2=width, y2=_CHART_HEIGHT, class_="axis"),
        *_ticks(low, span),
        viewBox=f"0 -16 {width} {_CHART_HEIGHT + 40}",
        width=width,
        height=_CHART_HEIGHT + 40,
        role="img",
        class_="histogram",
    )


def _bars(counts: Sequence[int]) -> Iterator[Markup]:
    tallest = max(counts)
    for index, count in enumerate(counts):
        if not count:
            continue
        height = max(2.0, count / tallest * _CHART_HEIGHT)
        x, y = index * _BAR_WIDTH, _CHART_HEIGHT - height
        yield tag("rect", x=x + 2, y=round(y, 1), width=_BAR_WIDTH - 4, height=round(height, 1), rx=2)
        yield tag("text", str(count), x=x + _BAR_WIDTH / 2, y=round(y - 4, 1), text_anchor="middle")


def _ticks(low: float, span: float) -> Iterator[Markup]:
    for index in range(0, _BARS + 1, 6):
        anchor = "start" if index == 0 else "end" if index == _BARS else "middle"
        label = in_time(low * 10 ** (span * index / _BARS))
        x = index * _BAR_WIDTH
        yield tag("line", x1=x, y1=_CHART_HEIGHT, x2=x, y2=_CHART_HEIGHT + 5, class_="axis")
        yield tag("text", label, x=x, y=_CHART_HEIGHT + 19, text_anchor=anchor)
