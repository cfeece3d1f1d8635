"""Walks a menu in one situation, breadth first, and keeps the paths on which something is exercised.

Only where something not yet exercised may lie ahead is gone on: what lies ahead is known from the compiled
menu, what really comes, from the gateway.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import product

from ussd_gateway.flow.inputs import Acceptor
from ussd_gateway.flow.model import ActionScreen, InputScreen
from ussd_gateway.menu.model import START, AppScreen, ChoiceScreen, Menu, parameter_screen
from ussd_gateway.menu.rulebook import begin_event
from ussd_gateway.replay.coverage.plan import Plan
from ussd_gateway.replay.explore.session import OpenBench, Session, Told, opened
from ussd_gateway.replay.explore.situations import Situation, Situations
from ussd_gateway.replay.fields import REFERENCE
from ussd_gateway.replay.script import Script
from ussd_gateway.watch import Move

MAX_PATHS = 4000
"""Paths tried in one situation."""
ROWS = 9
_LINE = re.compile(r"^([0-9]{1,2})\b", re.MULTILINE)
"""What the screen of a web application offers, by the looks of it."""


@dataclass(frozen=True, slots=True)
class Path:
    """What is dialled and answered; `free` are the answers that no key stands for."""

    situation: str
    dialled: str
    inputs: tuple[str, ...] = ()
    free: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Walked:
    """A path and what was exercised on it."""

    path: Path
    moves: frozenset[Move]
    actions: tuple[tuple[str, str], ...]
    """(name, outcome) of those on it."""


class Ahead:
    """What may be exercised beyond each screen, by the compiled menu."""

    def __init__(self, plan: Plan) -> None:
        self._ways: dict[str, set[Move]] = {}
        for move in plan.moves:
            self._ways.setdefault(move[0], set()).add(move)
        self._beyond = {screen: self._closure(screen) for screen in plan.kinds}

    def _closure(self, screen: str) -> frozenset[Move]:
        found: set[Move] = set()
        waiting, known = [screen], {screen}
        while waiting:
            for move in self._ways.get(waiting.pop(), ()):
                found.add(move)
                if move[2] not in known:
                    known.add(move[2])
                    waiting.append(move[2])
        return frozenset(found)

    def of(self, screen: str, event: str) -> set[Move]:
        """Everything an event at a screen may lead to."""
        found: set[Move] = set()
        for move in self._ways.get(screen, ()):
            if move[1] == event:
                found |= {move} | self._beyond[move[2]]
        return found

    def beyond(self, screen: str) -> frozenset[Move]:
        """Everything that may follow a screen."""
        return self._beyond.get(screen, frozenset())


class Search:
    """The search through one menu in all situations; `missing` is what nobody has exercised yet."""

    def __init__(self, menu: Menu, plan: Plan, situations: Situations, open_bench: OpenBench) -> None:
        self._menu = menu
        self._situations = situations
        self._numbers: Mapping[str, str] = {}
        self._open_bench = open_bench
        self._ahead = Ahead(plan)
        self._counted = frozenset(plan.moves)
        self.missing: set[Move] = set(plan.moves)
        self.walked: list[Walked] = []
        self.tried = 0

    async def walk(self, situation: Situation, script: Script) -> None:
        """Everything of use in this situation; raises NoSetup."""
        self._numbers = {**script.phones, "msisdn": script.msisdn}
        known: set[tuple[str, tuple[str, ...]]] = set()
        waiting: deque[Path] = deque(self._beginnings(situation))
        left = MAX_PATHS
        async with _Fresh(self._open_bench, script, situation.codes) as fresh:
            while waiting and left:
                path = waiting.popleft()
                told = await fresh.play(path)
                left -= 1
                self.tried += 1
                if told is None:
                    continue
                self._keep(path, told)
                last = told.last
                if last.op != "ask" or last.menu != self._menu.name or _refused(told):
                    continue
                place = (last.screen, path.free)
                if isinstance(self._menu.screens[last.screen], AppScreen):
                    place = (last.screen, (last.shown,))  # it has many screens, and we know their texts only
                if place not in known:
                    known.add(place)
                    waiting.extend(self._onward(situation, path, last.screen, last.shown))

    def _keep(self, path: Path, told: Told) -> None:
        moves = (
            frozenset(move for step in told.steps if step.menu == self._menu.name for move in step.moves)
            & self._counted
        )
        if moves:
            actions = tuple(action for step in told.steps for action in step.actions)
            self.walked.append(Walked(path, moves, actions))
            self.missing -= moves

    # ------------------------------------------------------------ where to go

    def _beginnings(self, situation: Situation) -> Iterator[Path]:
        menu = self._menu
        for direct, codes in ((False, menu.codes), (True, menu.direct)):
            for code, target in codes.items():
                names = menu.parameters.get(code, {}) if direct else {}
                if names:
                    yield from self._with_parameters(situation, code, names)
                    continue
                event = begin_event(code, direct)
                ahead = {(START, event, case.screen) for case in target}
                for case in target:
                    ahead |= self._ahead.beyond(case.screen)
                if ahead & self.missing:
                    yield Path(situation.name, code)

    def _with_parameters(
        self, situation: Situation, code: str, names: Mapping[str, Acceptor]
    ) -> Iterator[Path]:
        """A code with something dialled for each of its parameters."""
        last = parameter_screen(code, list(names)[-1])
        ahead = {move for move in self._counted if move[0] == last}
        for move in tuple(ahead):
            ahead |= self._ahead.beyond(move[2])
        if not ahead & self.missing:
            return
        choices = [self._answers(situation, name, accept) for name, accept in names.items()]
        for values in product(*choices):
            dialled = code
            for name, value in zip(names, values, strict=True):
                dialled = dialled.replace(f"{{{name}}}", value)
            yield Path(situation.name, dialled, free=values)

    def _onward(self, situation: Situation, path: Path, name: str, shown: str) -> Iterator[Path]:
        screen = self._menu.screens[name]
        if isinstance(screen, AppScreen):
            if self._ahead.of(name, "done") & self.missing:
                own = situation.answers.get(name, ())
                answers = own or _LINE.findall(shown) or self._situations.answers[: self._situations.at_most]
                yield from (_longer(path, answer, free=True) for answer in answers)
        elif isinstance(screen, InputScreen):
            if self._ahead.of(name, "text") & self.missing:
                for answer in self._answers(situation, screen.variable, screen.accept):
                    yield _longer(path, answer, free=True)
        elif isinstance(screen, ChoiceScreen):
            for choice in screen.choices:
                if choice.target is not None and self._ahead.of(name, choice.event) & self.missing:
                    yield _longer(path, choice.key)
            if screen.rows is not None and self._ahead.of(name, "text") & self.missing:
                for row in range(1, min(ROWS, screen.rows.limit) + 1):
                    yield _longer(path, str(row), free=True)

    def _answers(self, situation: Situation, variable: str, accept: Acceptor) -> list[str]:
        """What to try: the situation's own answers, then whatever fits, each value once."""
        own = situation.answers.get(variable, ())
        found: dict[object, str] = {}
        for answer in (*own, *self._situations.answers):
            filled = REFERENCE.sub(lambda name: self._numbers.get(name[1].strip(), name[0]), answer)
            if "{{" in filled and answer in own:
                found.setdefault(answer, answer)  # a code that comes by then
            elif (value := accept(filled)) is not None:
                found.setdefault(value, answer)
        return list(found.values())[: max(self._situations.at_most, len(own))]

    # ------------------------------------------------------------ what is needed

    def needed(self) -> set[str]:
        """Facts, lists and actions that decide what is still missing."""
        names: set[str] = set()
        for source, event, _ in self.missing:
            screen = self._menu.screens.get(source)
            if isinstance(screen, ActionScreen):
                names.add(screen.action)
            if isinstance(screen, ChoiceScreen) and screen.rows is not None:
                names.add(screen.rows.lines.source)
            for way in screen.ways() if screen is not None else ():
                if way.event != event:
                    continue
                conditions = [way.when, *(case.when for case in way.branch.target)]
                names.update(fact for each in conditions if each is not None for fact, _ in each.demands)
        for name in {target for _, _, target in self.missing}:
            rows = getattr(self._menu.screens[name], "lines", None)
            if rows is not None:
                names.add(rows.source)
        for case in self._menu.entries:
            if case.when is not None:
                names.update(fact for fact, _ in case.when.demands)
        return names


def _refused(told: Told) -> bool:
    """Whether the last answer meant nothing there."""
    return any(event == "wrong" for _, event, _ in told.last.moves)


def _longer(path: Path, answer: str, *, free: bool = False) -> Path:
    values = (*path.free, answer) if free else path.free
    return Path(path.situation, path.dialled, (*path.inputs, answer), values)


class _Fresh:
    """Sessions in one situation: a new one after every dialogue that may have changed something."""

    def __init__(self, open_bench: OpenBench, script: Script, codes: Mapping[str, str]) -> None:
        self._open_bench = open_bench
        self._script = script
        self._codes = codes
        self._stack = AsyncExitStack()
        self._session: Session | None = None

    async def __aenter__(self) -> "_Fresh":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def play(self, path: Path) -> Told | None:
        """One path, as if nobody had been there before."""
        if self._session is None:
            opening = opened(self._open_bench, self._script, self._codes)
            self._session = await self._stack.enter_async_context(opening)
        told = await self._session.dialogue(path.dialled, path.inputs)
        if told is None or told.acted:
            await self._stack.aclose()
            self._session = None
        return told
