"""A load at the terminal: one line while it runs, tables when it is over."""

from collections.abc import Iterator

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ussd_gateway.phone.display import shown
from ussd_gateway.replay.differences import diff_text
from ussd_gateway.replay.figures import Latencies, in_time
from ussd_gateway.replay.load.figures import Result
from ussd_gateway.replay.load.tally import Failures, Point, Tally

MOST_REASONS = 10


class LiveLine:
    """The line; elsewhere than on a terminal there is none."""

    def __init__(self, console: Console) -> None:
        self._live = Live(Text("begins"), console=console, refresh_per_second=4, transient=True)
        self._shows = console.is_terminal

    def __enter__(self) -> "LiveLine":
        if self._shows:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shows:
            self._live.stop()

    def told(self, point: Point, tally: Tally) -> None:
        """A second is over."""
        if self._shows:
            self._live.update(line_of(point, tally))


def line_of(point: Point, tally: Tally) -> Text:
    """How far it has come, and the last second."""
    counts = tally.counts
    text = Text.assemble(
        (f"{point.at_s:.0f} s", "bold"),
        f"  {counts.passed + counts.failed} done, {point.open} open, {point.waiting} waiting",
        f"  {point.passed + point.failed}/s, {point.steps} steps/s",
        f"  p50 {in_time(point.p50_ms)}, p99 {in_time(point.p99_ms)}, max {in_time(point.max_ms)}",
    )
    if counts.failed:
        text.append(f"  {counts.failed} failed", "bold red")
    return text


def show(console: Console, result: Result) -> None:
    """The tables."""
    for script in result.scripts:
        for line, reason in script.left_out:
            console.print(Text(f"not checked  {line.place}: {shown(line.summary)}: {reason}", "yellow"))
    console.print(_table(result))
    for failures in result.failures[:MOST_REASONS]:
        console.print(_failures(failures))
    if len(result.failures) > MOST_REASONS:
        console.print(Text(f"and {len(result.failures) - MOST_REASONS} reasons more", "dim"))
    for remark in remarks(result):
        console.print(Text(remark, "dim"))
    console.print(_last_line(result))


def remarks(result: Result) -> Iterator[str]:
    """What must be known to read the figures."""
    counts = result.counts
    yield (
        f"{result.plan.arrival} arrivals, {result.plan.rate:g}/s wanted, at most {result.plan.limit} open, "
        f"{result.phones} phones over {result.binds} binds; the generator took {result.busy:.0%} of a core"
    )
    if counts.waited:
        waits = result.waits
        yield (
            f"{counts.waited} had to wait for their beginning (p50 {in_time(waits.p50_ms)}, "
            f"max {in_time(waits.max_ms)}): their first answer is measured from when they were due"
        )
    if counts.strays:
        yield f"{counts.strays} screens or messages came for phones that expected nothing"
    if result.measures_itself:
        yield (
            f"the generator itself was late (p99 {in_time(result.late.p99_ms)}): "
            "part of these latencies is its own"
        )


def _table(result: Result) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", overflow="fold")
    for name in ("count", "p50", "p95", "p99", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    for script in result.scripts:
        table.add_row(Text(shown(script.name), "bold"))
        for row in script.rows:
            _add(table, f"  {row.name}", row.latencies)
    table.add_row()
    for kind in result.kinds:
        _add(table, f"every {kind.name}", kind.latencies)
    _add(table, "every step", result.total, style="bold")
    _add(table, "whole dialogues", result.dialogue)
    return table


def _add(table: Table, name: str, latencies: Latencies, style: str = "") -> None:
    values = (latencies.p50_ms, latencies.p95_ms, latencies.p99_ms, latencies.max_ms)
    cells = [in_time(value) for value in values] if latencies.count else [""] * 4
    table.add_row(Text(shown(name), style), str(latencies.count), *cells, style=style)


def _failures(failures: Failures) -> Text:
    line = failures.line
    text = Text.assemble(
        (f"{failures.count} failed", "bold red"),
        f"  {line.place}: {shown(line.summary)}: {shown(failures.reason)}",
    )
    for each in failures.differences:
        text.append("\n" + shown(diff_text(each)), "dim")
    return text


def _last_line(result: Result) -> Text:
    counts = result.counts
    words = [f"{counts.passed} passed", f"{counts.failed} failed"]
    if counts.unfinished:
        words.append(f"{counts.unfinished} left open")
    text = Text.assemble(
        (f"{result.dialogues_per_s:,.1f} dialogues/s, {result.steps_per_s:,.1f} steps/s", "bold"),
        f" in {in_time(result.elapsed_s * 1000)}: ",
        (", ".join(words), "green" if result.passed else "bold red"),
    )
    if result.lost is not None:
        text.append(f"; the connection was lost: {shown(result.lost)}", "bold red")
    elif result.interrupted:
        text.append("; interrupted", "yellow")
    return text
