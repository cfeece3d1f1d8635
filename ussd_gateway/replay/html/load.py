"""The report of a load: figures, latency and rate over time, how latencies spread, what failed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil, log10

from ussd_gateway.replay.differences import diff_text
from ussd_gateway.replay.figures import Latencies, in_time
from ussd_gateway.replay.html.markup import Markup, joined, tag
from ussd_gateway.replay.html.overview import histogram
from ussd_gateway.replay.html.page import Section, header, page, word
from ussd_gateway.replay.load.figures import Result
from ussd_gateway.replay.load.tally import Failures, Point
from ussd_gateway.replay.load.terminal import remarks

WIDTH = 900
LEFT = 70
HEIGHT = 200
RATE_HEIGHT = 110
MOST_POINTS = 450
"""A longer load is drawn with several seconds a point, the worst of them counts."""

_LINES = (("max", "max_ms"), ("p99", "p99_ms"), ("p50", "p50_ms"))


def load_to_html(result: Result, *, made: str = "") -> str:
    """The whole file as text, to be written as UTF-8; `made` is the time of the load, for people."""
    rate = f"{result.dialogues_per_s:,.1f} dialogues/s"
    parts = [Section("figures", "Latency by step", _figures(result))]
    if result.points and result.total.count:
        points = thinned(result.points)
        charts = joined(
            tag("h3", "Latency of the steps answered in each second"),
            tag("div", latency_chart(points), class_="scroll chart"),
            tag("h3", "Steps answered and dialogues failed in each second"),
            tag("div", rate_chart(points), class_="scroll chart"),
        )
        parts.append(Section("time", "Over time", charts))
    if len(result.spread) > 1:
        chart = tag("div", histogram(result.spread, "steps"), class_="scroll chart")
        parts.append(Section("spread", "How latencies spread", chart))
    if result.failures:
        parts.append(Section("failures", "Failures", _failures(result.failures)))
    left_out = [each for script in result.scripts for each in script.left_out]
    if left_out:
        items = (tag("li", f"{line.place}: {line.summary}: {reason}") for line, reason in left_out)
        parts.append(Section("left-out", "Not checked", tag("ul", *items)))
    facts = [f"{result.plan.rate:g}/s wanted", f"took {in_time(result.elapsed_s * 1000)}", made]
    return page(
        f"{word(result.passed)}: {rate}",
        header("Load", result.passed, facts),
        _tiles(result),
        parts,
        f"ussd-gateway, load over {result.binds} binds",
    )


def _tiles(result: Result) -> Markup:
    counts = result.counts
    shown: list[tuple[str, str, str]] = [
        (f"{result.dialogues_per_s:,.1f}", "dialogues/s", ""),
        (f"{result.steps_per_s:,.1f}", "steps/s", ""),
        (in_time(result.total.p50_ms), "p50", ""),
        (in_time(result.total.p99_ms), "p99", ""),
        (in_time(result.total.max_ms), "max", ""),
        (f"{counts.passed:,}", "passed", "passed"),
    ]
    if counts.failed:
        shown.append((f"{counts.failed:,}", "failed", "failed"))
    if counts.unfinished:
        shown.append((f"{counts.unfinished:,}", "left open", "not_checked"))
    tiles = (
        tag("li", tag("b", value), tag("span", name), class_=kind or None) for value, name, kind in shown
    )
    return tag("ul", *tiles, class_="tiles")


# ---------------------------------------------------------------- tables


def _figures(result: Result) -> Markup:
    rows = []
    for script in result.scripts:
        rows.append(tag("tr", tag("th", script.name), *(tag("td") for _ in range(5))))
        rows += [_row(row.name, row.latencies) for row in script.rows]
    rows += [_row(f"every {kind.name}", kind.latencies) for kind in result.kinds]
    rows.append(_row("every step", result.total, last=True))
    rows.append(_row("whole dialogues", result.dialogue))
    head = tag("tr", *(tag("th", name) for name in ("step", "count", "p50", "p95", "p99", "max")))
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="latencies")
    said = (tag("p", remark, class_="facts") for remark in remarks(result))
    return joined(tag("div", table, class_="scroll"), *said)


def _row(name: str, latencies: Latencies, *, last: bool = False) -> Markup:
    values = (latencies.p50_ms, latencies.p95_ms, latencies.p99_ms, latencies.max_ms)
    return tag(
        "tr",
        tag("td", name),
        tag("td", f"{latencies.count:,}", class_="number"),
        *(tag("td", in_time(value) if latencies.count else "", class_="number") for value in values),
        class_="total" if last else None,
    )


def _failures(failures: Sequence[Failures]) -> Markup:
    items = [
        tag(
            "li",
            tag("b", f"{each.count:,} times "),
            f"{each.line.place}: {each.line.summary}: {each.reason}",
            *(tag("pre", diff_text(difference)) for difference in each.differences),
        )
        for each in failures
    ]
    return tag("ol", *items, class_="slowest")


# ---------------------------------------------------------------- charts


def thinned(points: Sequence[Point]) -> list[Point]:
    """Few enough to be drawn: neighbours become one, which has the sum of their counts and the worst of
    their latencies."""
    each = ceil(len(points) / MOST_POINTS)
    if each == 1:
        return list(points)
    return [_one(points[start : start + each]) for start in range(0, len(points), each)]


def _one(points: Sequence[Point]) -> Point:
    return replace(
        points[-1],
        begun=sum(point.begun for point in points),
        passed=sum(point.passed for point in points),
        failed=sum(point.failed for point in points),
        steps=sum(point.steps for point in points),
        p50_ms=max(point.p50_ms for point in points),
        p99_ms=max(point.p99_ms for point in points),
        max_ms=max(point.max_ms for point in points),
    )


def latency_chart(points: Sequence[Point]) -> Markup:
    """Three lines over time; the scale is logarithmic, so that a stall and the calm both can be read."""
    seen = [point for point in points if point.steps]
    values = [getattr(point, name) for point in seen for _, name in _LINES]
    low = 10 ** int(log10(max(min(values, default=0.1), 0.01)) // 1)
    decades = max(1, ceil(log10(max(*values, low * 10) / low) - 1e-9))
    last_s = max(seen[-1].at_s, 1.0)

    def place(point: Point, name: str) -> tuple[float, float]:
        level = log10(max(getattr(point, name), low) / low) / decades
        return _x(point.at_s, last_s), HEIGHT * (1 - level)

    lines = [_line([place(point, name) for point in seen], f"line {label}") for label, name in _LINES]
    labels = [
        tag("text", label, x=WIDTH - 8 - 40 * index, y=-6, text_anchor="end", class_=f"line {label}")
        for index, (label, _) in enumerate(_LINES)
    ]
    scale = [(HEIGHT * (1 - decade / decades), in_time(low * 10**decade)) for decade in range(decades + 1)]
    return _chart("Latency over time", HEIGHT, [*_scale(scale), *lines, *labels], last_s)


def rate_chart(points: Sequence[Point]) -> Markup:
    """Steps answered each second, and conversations that failed."""
    last_s = max(points[-1].at_s, 1.0)
    rates = []
    before_s = 0.0
    for point in points:
        span_s = max(point.at_s - before_s, 0.05)
        before_s = point.at_s
        rates.append((point.at_s, point.steps / span_s, point.failed / span_s))
    highest = max(1.0, *(max(steps, failed) for _, steps, failed in rates))
    steps = _line([(_x(at, last_s), RATE_HEIGHT * (1 - rate / highest)) for at, rate, _ in rates], "line p50")
    pieces = [*_scale([(0.0, f"{highest:,.0f}/s"), (float(RATE_HEIGHT), "0")]), steps]
    if any(failed for *_, failed in rates):
        failed = [(_x(at, last_s), RATE_HEIGHT * (1 - rate / highest)) for at, _, rate in rates]
        pieces.append(_line(failed, "line bad"))
    return _chart("Steps and failures over time", RATE_HEIGHT, pieces, last_s)


def _x(at_s: float, last_s: float) -> float:
    return LEFT + (WIDTH - LEFT) * at_s / last_s


def _line(places: Sequence[tuple[float, float]], kind: str) -> Markup:
    """A line through these places; one place alone is a dot."""
    if len(places) == 1:
        ((x, y),) = places
        return tag("circle", cx=round(x, 1), cy=round(y, 1), r=3, class_=kind)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return tag("polyline", points=path, class_=kind)


def _scale(levels: Sequence[tuple[float, str]]) -> Iterator[Markup]:
    for y, label in levels:
        yield tag("line", x1=LEFT, y1=y, x2=WIDTH, y2=y, class_="grid")
        yield tag("text", label, x=LEFT - 8, y=y + 4, text_anchor="end")


def _chart(title: str, height: int, pieces: Sequence[Markup], last_s: float) -> Markup:
    return tag(
        "svg",
        tag("title", title),
        *pieces,
        tag("text", "0 s", x=LEFT, y=height + 18),
        tag("text", in_time(last_s * 1000), x=WIDTH, y=height + 18, text_anchor="end"),
        viewBox=f"0 -20 {WIDTH + 4} {height + 44}",
        width=WIDTH + 4,
        height=height + 44,
        role="img",
        class_="over-time",
    )
