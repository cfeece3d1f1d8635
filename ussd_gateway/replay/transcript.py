"""A replay for people at a terminal: phone on the left, gateway on the right, what differs below.

    Run -> lines of (text, style) -> colours on a terminal, plain text elsewhere

A run is shown when it is over: a value that a late step finds to be secret has been on an earlier screen.
Meanwhile a terminal has a line that says how far the replay has come; it quotes nothing from the script.
A run that is the only one scrolls by as it goes, as soon as no step to come can find such a value.
"""

import io
from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from ussd_gateway.phone.display import cells, cut, framed, shown
from ussd_gateway.replay.differences import DiffLine, diff_lines
from ussd_gateway.replay.figures import WORDS, counts_line, culprits, in_time, latencies, plural, row_of
from ussd_gateway.replay.story import Teller, numbers
from ussd_gateway.replay.verdict import Happening, Outcome, Run, Verdict

MIN_WIDTH = 64
MAX_WIDTH = 104
PLAIN_WIDTH = 96
GUTTER = 7
"""Columns for the line of the script and the mark of the step."""

Line = list[tuple[str, str]]
"""Pieces of a line and their styles."""

_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "error": ("✗", "bold red"),
          "not_checked": ("?", "yellow")}  # fmt: skip
_FEET = {"ask": "answer?", "end": "end", "notify": "notice", "prompt": "key?"}
_SENT = {"dial": "dials", "send": "sends", "cancel": "hangs up", "call": "calls", "press": "presses"}
_DIFF = {"-": "green", "+": "red", " ": "dim"}


class Transcript:
    """`reporter.Reporter` on a console.

    `every` shows all runs step by step; otherwise those that did not pass, and a line for each that did.
    """

    def __init__(self, console: Console, *, every: bool = False) -> None:
        self._console = console
        self._every = every
        self._steps = 0
        self._bar: Progress | None = None
        self._live: RunLines | None = None

    def run_started(self, run: Run, number: int, of: int) -> None:
        self._steps = 0
        if number == 1:
            self._every = self._every or of == 1
            self._start_bar(of)
            if of == 1 and self._console.is_terminal:
                self._live = RunLines(run, self._width)
        self._advance(run.script, done=number - 1)

    def outcome(self, run: Run, outcome: Outcome) -> None:
        self._steps += 1
        self._advance(f"{run.script}: {plural(self._steps, 'step')}, line {outcome.place.line}")
        if self._live is not None and run.settled:
            self._print(self._live.fresh())

    def run_finished(self, run: Run) -> None:
        if self._live is not None:
            self._print([*self._live.fresh(), *self._live.end()])
            return
        detailed = self._every or run.status in ("failed", "error")
        self._print(run_lines(run, self._width) if detailed else [brief(run)])

    def finished(self, verdict: Verdict) -> None:
        self.close()
        self._print(summary_lines(verdict))

    def close(self) -> None:
        """Take the progress bar away; a replay that ends before its verdict needs it."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    # ------------------------------------------------------------ the console

    @property
    def _width(self) -> int:
        if not self._console.is_terminal:
            return PLAIN_WIDTH
        return max(MIN_WIDTH, min(self._console.width, MAX_WIDTH))

    def _print(self, lines: Iterable[Line]) -> None:
        """All at once: a progress bar below is drawn again each time."""
        texts = [Text.assemble(*line) for line in lines]
        if not texts:
            return
        for text in texts:
            text.rstrip()
        self._console.print(Text("\n").join(texts), soft_wrap=True, highlight=False)

    def _start_bar(self, of: int) -> None:
        if not self._console.is_terminal or self._console.is_dumb_terminal:
            return
        columns = (BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
        told = TextColumn("{task.description}", markup=False)
        self._bar = Progress(*columns, told, console=self._console, transient=True)
        self._bar.add_task("", total=of)
        self._bar.start()

    def _advance(self, description: str, done: int | None = None) -> None:
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, description=shown(description).replace("\n", " "), completed=done)


def plain(run: Run) -> str:
    """The transcript of one run as plain text."""
    out = io.StringIO()
    for line in run_lines(run, PLAIN_WIDTH):
        out.write("".join(text for text, _ in line).rstrip() + "\n")
    return out.getvalue()


# ---------------------------------------------------------------- lines


def run_lines(run: Run, width: int) -> Iterator[Line]:
    """One run, step by step."""
    lines = RunLines(run, width)
    yield from lines.fresh()
    yield from lines.end()


class RunLines:
    """The lines of one run that is going on, or over."""

    def __init__(self, run: Run, width: int) -> None:
        self._run = run
        self._width = width
        self._teller = Teller()
        self._told = 0
        self._begun = False

    def fresh(self) -> Iterator[Line]:
        """Those of the steps that have been performed since this was asked last."""
        run = self._run
        if not self._begun:
            self._begun = True
            yield from self._head()
        phones = {*numbers(run), *run.phones}
        names = {each: run.phones.get(each, each) for each in phones} if len(phones) > 1 else {}
        for outcome in run.outcomes[self._told :]:
            yield from _StepLines(outcome, self._teller.fresh(outcome), self._width, names).lines()
        self._told = len(run.outcomes)

    def end(self) -> Iterator[Line]:
        """Those below the last step."""
        yield [("─" * self._width, "dim")]
        yield brief(self._run)

    def _head(self) -> Iterator[Line]:
        run, width = self._run, self._width
        row = row_of(run)
        yield []
        told = f"  row {run.row}: {shown(row)}" if row else ""
        yield [(shown(run.script), "bold"), (f"{told}  {shown(run.file_name)}", "dim")]
        middle = GUTTER + (width - GUTTER) // 2
        yield [(" " * GUTTER + f"{'phone':<{middle - GUTTER}}gateway", "dim")]
        yield [("─" * width, "dim")]


def brief(run: Run) -> Line:
    """How one run ended, in one line."""
    mark, style = _MARKS[run.status]
    row = row_of(run)
    facts = [plural(len(run.outcomes), "step"), in_time(run.took_ms)]
    if run.not_checked:
        facts.insert(1, f"{run.not_checked} not checked")
    found = latencies(run.outcomes)
    if found is not None:
        facts.append(f"screens p50 {in_time(found.p50_ms)}, max {in_time(found.max_ms)}")
    named = f" ({shown(row)})" if row else ""
    return [
        (f"{mark} {WORDS[run.status]}", style),
        (f"  {shown(run.script)}{named}", ""),
        (f"  {', '.join(facts)}", "dim"),
    ]


def summary_lines(verdict: Verdict) -> Iterator[Line]:
    """The places of all that went wrong, where it is easily scrolled away, and the counts."""
    bad = [(run, outcome) for run in verdict.runs for outcome in culprits(run)]
    if bad:
        yield []
    for run, outcome in bad:
        row = row_of(run)
        yield [
            (f"{outcome.place}: ", "bold"),
            (f"{WORDS[outcome.status]}: ", "red"),
            (f"{shown(outcome.summary)}{f' ({shown(row)})' if row else ''}", ""),
        ]
    yield []
    took = in_time(sum(run.took_ms for run in verdict.runs))
    style = "bold green" if verdict.passed else "bold red"
    yield [(counts_line(verdict), style), (f"  via {verdict.via}, {took}", "dim")]


class _StepLines:
    """The lines of one step."""

    def __init__(
        self, outcome: Outcome, happenings: list[Happening], width: int, names: Mapping[str, str]
    ) -> None:
        """`names` of the numbers, where several phones are to be told apart."""
        self._outcome = outcome
        self._happenings = happenings
        self._names = names
        self._width = width
        self._half = (width - GUTTER) // 2
        self._inside = GUTTER + 2 * min(outcome.depth, 4)

    def lines(self) -> Iterator[Line]:
        """What happened, how it was judged, what differs."""
        outcome = self._outcome
        if outcome.verb == "note" and outcome.happenings:
            yield []
            yield [(f"{outcome.place.line:>4}   ", "dim"), (shown(outcome.happenings[0].text), "bold")]
            return
        numbered = self._is_only_sent
        for happening in self._happenings:
            if happening.side == "script":
                continue  # the line of the step itself says it
            sent = happening.side == "phone"
            for line in self._sent(happening) if sent else self._seen(happening):
                gutter = f"{outcome.place.line:>4} · " if sent and numbered else " " * GUTTER
                numbered = numbered and not sent
                yield [(gutter, "dim"), *line]
        if not self._is_only_sent:
            yield from self._judged()
        for difference in outcome.differences:
            yield [(f"{' ' * self._inside}  {difference.what}", "bold"), ("  - expected  + seen", "dim")]
            for diff in diff_lines(difference):
                yield from self._diff(diff)

    @property
    def _is_only_sent(self) -> bool:
        """A step that consists in what the phone sent needs no words besides."""
        outcome = self._outcome
        return outcome.status == "passed" and any(each.side == "phone" for each in self._happenings)

    def _judged(self) -> Iterator[Line]:
        outcome = self._outcome
        mark, style = _MARKS[outcome.status]
        gutter = [(f"{outcome.place.line:>4} ", "dim"), (f"{mark} ", style)]
        indent = " " * (self._inside - GUTTER)
        bad = outcome.status in ("failed", "error")
        summary = shown(outcome.summary)
        took = in_time(outcome.latency_ms) if outcome.latency_ms is not None else ""
        for index, piece in enumerate(cut(summary, self._width - self._inside - 10)):
            told: Line = [(indent + piece, "bold red" if bad else "dim")]
            if index == 0 and took:
                room = self._width - self._inside - cells(piece) - cells(took)
                told.append((" " * max(2, room) + took, "dim"))
            yield [*gutter, *told] if index == 0 else [(" " * GUTTER, ""), *told]
        if bad:
            yield [(f"{' ' * self._inside}  {outcome.place}", "bold")]
        if outcome.message:
            for piece in cut(shown(outcome.message).replace("\n", " "), self._width - self._inside - 2):
                yield [(f"{' ' * self._inside}  {piece}", "yellow" if not bad else "red")]

    def _sent(self, happening: Happening) -> Iterator[Line]:
        """What the phone did, with an arrow to the other side."""
        if happening.kind == "sms":
            title = f"SMS to {happening.peer}"
            yield from self._labelled(happening)
            for line in framed(title, happening.text, min_width=20, max_width=self._half - 6):
                yield [(line, "cyan")]
            return
        verb = _SENT.get(happening.kind, happening.kind)
        told = " ".join(part for part in (self._who(happening), verb, shown(happening.text)) if part)
        pieces = cut(told.replace("\n", " "), self._half - 4)
        for piece in pieces[:-1]:
            yield [(piece, "bold cyan")]
        arrow = "─" * (self._half - cells(pieces[-1]) - 3) + "▶"
        yield [(pieces[-1], "bold cyan"), (f" {arrow}", "dim")]

    def _seen(self, happening: Happening) -> Iterator[Line]:
        """What the phone was shown, framed."""
        left = " " * self._half
        if happening.kind == "failure":
            told = " ".join(part for part in (self._who(happening), "refused:", happening.text) if part)
            for piece in cut(shown(told).replace("\n", " "), self._half):
                yield [(left, ""), (piece, "red")]
            return
        title = {"sms": f"SMS from {happening.peer}", "voice": "voice"}.get(happening.kind, happening.peer)
        foot = _FEET.get(happening.op, "")
        if happening.kind == "voice" and happening.op == "end":
            foot = "hangs up"
        if happening.kind == "sms" and happening.parts > 1:
            foot = plural(happening.parts, "part")
        yield from ([(left, ""), *line] for line in self._labelled(happening))
        style = "magenta" if happening.kind == "sms" else ""
        room = self._half - 4
        for line in framed(title, happening.text, foot, min_width=min(28, room), max_width=room):
            yield [(left, ""), (line, style)]

    def _labelled(self, happening: Happening) -> Iterator[Line]:
        if who := self._who(happening):
            yield [(who, "dim")]

    def _who(self, happening: Happening) -> str:
        return shown(self._names.get(happening.msisdn, ""))

    def _diff(self, line: DiffLine) -> Iterator[Line]:
        style = _DIFF[line.sign]
        marked = [(shown(text), f"{style} reverse" if differs else style) for text, differs in line.pieces]
        yield [(f"{' ' * self._inside}    {line.sign} ", style), *marked]
