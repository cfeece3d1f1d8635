"""A script as load plays it: a flat list of moves of one phone, and what of the script is left out.

    Script -> setup left out -> includes and repetitions laid flat -> moves

A conversation has one phone and sees what a phone sees.  What changes accounts or misbehaves on purpose is
refused, for without it the rest would be another script; what only looks into the gateway is not checked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from ussd_gateway.clock import duration_ms
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.replay.bodies import Body, Cancel, Dial, Expect, ExpectSms, OfPhone, Send, Sms, Wait
from ussd_gateway.replay.fields import compiled, is_open
from ussd_gateway.replay.script import Include, Repeat, Script, Set, Step
from ussd_gateway.replay.summary import summary
from ussd_gateway.replay.verbs.sms import WITHIN
from ussd_gateway.replay.verdict import Place

LONGEST_THINK_S = 600.0
MAX_MOVES = 10_000

PERFORMED = frozenset(["dial", "send", "cancel", "expect", "sms", "expect_sms", "wait", "set"])
LEFT_OUT = frozenset(["assert", "login", "no_sms", "note"])
"""They change nothing: a conversation goes on as if they were not there, and the report tells."""


@dataclass(frozen=True, slots=True)
class Line:
    """A step of the file: what a row of the figures is about."""

    script: str
    place: Place
    verb: str
    summary: str


@dataclass(slots=True)
class Move:
    """One thing to do.  `verb` is that of the step, or `enter` and `leave` for the variables of an include.

    `line` is the place of its step in `LeanScript.lines`.  `quick` looks at a screen before `body` is
    compared in words; None when the body has variables in it.  `seconds` is the time of a wait, or how long
    an expected thing may take; None when the script names none.
    """

    verb: str
    line: int
    step: Step
    body: Body
    quick: "Quick | None" = None
    seconds: float | None = None
    captures: bool = False


@dataclass(frozen=True, slots=True)
class Quick:
    """What is expected of a screen, ready for a fast yes: a no is looked into by `matching`."""

    text: str | None
    contains: tuple[str, ...]
    not_contains: tuple[str, ...]
    regex: re.Pattern[str] | None
    op: str | None
    service_code: str | None
    within_ms: float | None
    rest: bool
    """Whether there is more, which only `matching` knows."""

    def holds(self, text: str, op: str, service_code: str, took_ms: float | None) -> bool:
        """Whether the screen is as expected; a regex is left to whoever wants its groups."""
        if self.rest or (self.op is not None and self.op != op):
            return False
        if self.within_ms is not None and took_ms is not None and took_ms > self.within_ms:
            return False
        if self.text is not None and self.text != text:
            return False
        for part in self.contains:
            if part not in text:
                return False
        for part in self.not_contains:
            if part in text:
                return False
        return self.service_code is None or self.service_code == service_code


@dataclass(slots=True)
class LeanScript:
    """A script ready for load.

    `left_out` are steps that are not performed, with the reason.  `variables` tells whether a conversation
    needs any.
    """

    script: Script
    moves: list[Move] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    left_out: list[tuple[Line, str]] = field(default_factory=list)

    @property
    def variables(self) -> bool:
        return any(
            move.step.uses or move.captures or move.verb in ("set", "enter", "leave") for move in self.moves
        )


def lean(scripts: Sequence[Script]) -> list[LeanScript]:
    """All of them; ConfigError with every step that cannot be part of a load, each at its place."""
    problems: list[Problem] = []
    found = [_Compiler(script, problems).compile() for script in scripts]
    if problems:
        raise ConfigError("these scripts cannot be played as load", problems=problems)
    return found


class _Unfit(Exception):
    """A step that cannot be part of a load; the text is the reason."""


class _Compiler:
    """Lays one script flat."""

    def __init__(self, script: Script, problems: list[Problem]) -> None:
        self._lean = LeanScript(script)
        self._problems = problems
        self._known: dict[int, int] = {}

    def compile(self) -> LeanScript:
        script, lean_script = self._lean.script, self._lean
        for step in script.setup:
            if step.verb == "set":
                self._add([step])
            else:
                lean_script.left_out.append((self._line(step), "a load takes the accounts as they are"))
        self._add(script.steps)
        if not any(move.verb in ("dial", "sms") for move in lean_script.moves):
            self._complain(script.steps[0].place, "a load needs a `dial` or an `sms`")
        return lean_script

    def _add(self, steps: Sequence[Step]) -> None:
        for step in steps:
            try:
                self._lean.moves += self._moves(step)
            except _Unfit as error:
                self._complain(step.place, f"`{step.verb}`: {error}")

    def _moves(self, step: Step) -> Iterator[Move]:
        body = step.body
        if isinstance(body, OfPhone) and body.phone is not None:
            _unfit("a conversation of a load has one phone; leave `phone` out")
        if isinstance(body, Include):
            yield from self._included(step, body)
        elif isinstance(body, Repeat):
            yield from self._repeated(step, body)
        elif step.verb == "note":
            return
        elif step.verb in LEFT_OUT:
            reason = "nobody looks into the gateway" if step.verb != "no_sms" else "nobody waits for nothing"
            self._leave_out(step, reason)
        elif step.verb not in PERFORMED:
            _unfit("has no place in a load, which is only what phones send and see")
        else:
            yield self._move(step, body)

    def _included(self, step: Step, body: Include) -> Iterator[Move]:
        if "msisdn" in body.with_:
            _unfit("a conversation of a load has one phone; leave `msisdn` out")
        number = self._number(step)
        yield Move("enter", number, step, body)
        yield from self._inner(step.steps)
        yield Move("leave", number, step, body)

    def _repeated(self, step: Step, body: Repeat) -> Iterator[Move]:
        if isinstance(body.times, str):
            _unfit("a load must know beforehand how often")
        inner = list(self._inner(step.steps))
        if len(inner) * body.times > MAX_MOVES:
            _unfit(f"more than {MAX_MOVES} steps in one conversation")
        for _ in range(body.times):
            yield from inner

    def _inner(self, steps: Sequence[Step]) -> Iterator[Move]:
        for step in steps:
            try:
                yield from self._moves(step)
            except _Unfit as error:
                self._complain(step.place, f"`{step.verb}`: {error}")

    def _move(self, step: Step, body: Body) -> Move:
        move = Move(step.verb, self._number(step), step, body)
        if isinstance(body, Wait):
            move.seconds = _think_s(body)
        elif isinstance(body, Expect):
            move.seconds = _within_s(body.within)
            if not step.uses:
                move.quick = _quick(body)
            if body.screen is not None:
                self._leave_out(step, "the name of the screen: nobody looks into the gateway")
        elif isinstance(body, ExpectSms):
            move.seconds = _within_s(body.within or WITHIN)
        else:
            assert isinstance(body, Dial | Send | Cancel | Sms | Set)
        move.captures = "(?P<" in (getattr(body, "regex", None) or "")
        return move

    # ------------------------------------------------------------ what is told

    def _number(self, step: Step) -> int:
        """The place of its line; the same for each repetition."""
        found = self._known.get(id(step))
        if found is None:
            found = self._known[id(step)] = len(self._lean.lines)
            self._lean.lines.append(self._line(step))
        return found

    def _line(self, step: Step) -> Line:
        return Line(self._lean.script.name, step.place, step.verb, summary(step.verb, step.body))

    def _leave_out(self, step: Step, reason: str) -> None:
        told = (self._line(step), reason)
        if told not in self._lean.left_out:
            self._lean.left_out.append(told)

    def _complain(self, place: Place, message: str) -> None:
        problem = Problem(place.file_name, place.line, place.column, message)
        if problem not in self._problems:
            self._problems.append(problem)


def _unfit(reason: str) -> NoReturn:
    raise _Unfit(reason)


def _quick(body: Expect) -> Quick:
    return Quick(
        text=body.text,
        contains=tuple(body.contains),
        not_contains=tuple(body.not_contains),
        regex=None if body.regex is None else compiled(body.regex),
        op=body.op,
        service_code=body.service_code,
        within_ms=None if body.within is None else duration_ms(body.within),
        rest=body.fits is not None,
    )


def _within_s(within: str | None) -> float | None:
    if within is None or is_open(within):
        return None
    return duration_ms(within) / 1000


def _think_s(body: Wait) -> float:
    if body.time is None or is_open(body.time):
        _unfit("in a load time is real: give it as a plain duration")
    seconds = duration_ms(body.time) / 1000
    if seconds > LONGEST_THINK_S:
        _unfit(f"in a load time is real, and nobody thinks longer than {LONGEST_THINK_S:g} s")
    return seconds
