"""What of a menu can be exercised: its screens, and every way between them that some subscriber can take.

A way is a move as the gateway tells it, (screen, event, next screen), so that each case of a choice counts
by itself.  Not counted are the moves that every menu has: back, paging, wrong answers, silence.  What no
phone can bring about is left out with the reason, never in silence.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ussd_gateway.flow.conditions import Condition
from ussd_gateway.flow.model import ActionScreen, InputScreen, Screen, Target, Way
from ussd_gateway.menu.model import START, AppScreen, ChoiceScreen, Menu, parameter_screen
from ussd_gateway.menu.rulebook import begin_event
from ussd_gateway.voice.model import RINGING, VoiceMenu
from ussd_gateway.watch import Move

Group = Literal["codes", "choices", "outcomes", "branches"]
GROUPS: tuple[Group, ...] = ("codes", "choices", "outcomes", "branches")
"""Codes or numbers that are dialled; keys, rows and answers; ends of actions; ways that nobody chooses."""

Channel = Literal["ussd", "voice"]

OUTCOMES = ("done", "denied", "error", "failed")
_TAKEN = ("text", "take")

ERROR = "happens only while the store is lost"
FAILED = "happens only while the web application fails"
NO_WAY = "nothing else leads there"
FILLED = "the catalogue always has rows for it"
HOLLOW = "the catalogue has no rows for it"
SETTINGS = "the operator's settings decide it"


@dataclass(frozen=True, slots=True)
class World:
    """What the catalogue settles for every subscriber.

    `facts` that are settings, with their values; `rows`: lists that are the same for all -> whether they have
    any; `exceptions`: (menu, screen, event) -> why nobody ever gets there (`unreachable.yaml`).
    """

    facts: Mapping[str, object] = field(default_factory=dict)
    rows: Mapping[str, bool] = field(default_factory=dict)
    exceptions: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def settles(self, condition: Condition | None) -> bool | None:
        """Whether a condition holds, where settings alone decide that; else None."""
        if condition is None or not all(name in self.facts for name, _ in condition.demands):
            return None
        return condition.holds(self.facts)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A way that cannot be taken, and why."""

    move: Move
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One menu; `version` is empty for a voice menu."""

    channel: Channel
    name: str
    about: str
    version: str
    screens: tuple[str, ...]
    moves: tuple[Move, ...]
    left_out: tuple[LeftOut, ...]
    kinds: Mapping[str, Screen]
    """Every screen by name."""
    codes: Mapping[str, str]
    """Screen or event that begins a move of the group `codes` -> the code."""

    def group(self, move: Move) -> Group:
        """Which kind of thing a move is."""
        source, event, _ = move
        if self.code_of(move) is not None:
            return "codes"
        if event in OUTCOMES and isinstance(self.kinds.get(source), ActionScreen | AppScreen):
            return "outcomes"
        return "choices" if event.startswith("key:") or event in _TAKEN else "branches"

    def code_of(self, move: Move) -> str | None:
        """The code that is dialled, when the move is what comes of it."""
        source, event, _ = move
        return self.codes.get(event if source in (START, RINGING) else source)

    def of_group(self, group: Group) -> list[Move]:
        """The moves of one kind, in the order of the file."""
        return [move for move in self.moves if self.group(move) == group]

    def on(self, move: Move) -> str:
        """What happens, in words: `4 Payments`, `denied`."""
        source, event, _ = move
        screen = self.kinds.get(source)
        if self.code_of(move) is not None:
            return ""
        if event.startswith("key:"):
            key = event.removeprefix("key:")
            choice = getattr(screen, "by_key", {}).get(key)
            label = choice.label.template("ru").source if choice is not None else ""
            return f"{key} {label}".strip() if len(label) <= 40 else key
        if isinstance(screen, InputScreen):
            return f"{{{screen.variable}}}"
        return {"text": "a row", "pass": ""}.get(event, event)


def plan_of(menu: Menu | VoiceMenu, world: World) -> Plan:
    """What can be exercised of a menu."""
    survey = _Survey(menu, world)
    survey.walk()
    voice = isinstance(menu, VoiceMenu)
    return Plan(
        channel="voice" if voice else "ussd",
        name=menu.name,
        about=menu.about,
        version="" if isinstance(menu, VoiceMenu) else menu.version,
        screens=tuple(survey.screens),
        moves=tuple(survey.moves),
        left_out=tuple(survey.left_out),
        kinds=menu.screens,
        codes=survey.codes,
    )


class _Survey:
    """A walk over the compiled menu, from its codes, breadth first."""

    def __init__(self, menu: Menu | VoiceMenu, world: World) -> None:
        self._menu = menu
        self._world = world
        self._unseen = frozenset(_parameter_screens(menu)) if isinstance(menu, Menu) else frozenset()
        self.screens: dict[str, None] = {}
        self.moves: dict[Move, None] = {}
        self.left_out: list[LeftOut] = []
        self.codes: dict[str, str] = {}

    def walk(self) -> None:
        """Everything that codes lead to; then what is only led to by ways that are left out."""
        waiting = [move[2] for move, reason in self._beginnings() if self._note(move, reason)]
        if isinstance(self._menu, VoiceMenu) and self._menu.agent is not None:
            waiting.append(self._menu.agent)  # a key that every prompt has, so the way there is not counted
        known: set[str] = set()
        while waiting:
            name = waiting.pop(0)
            if name in known:
                continue
            known.add(name)
            if name not in self._unseen:
                self.screens[name] = None
            for move, reason in self._onward(name):
                if self._note(move, reason):
                    waiting.append(move[2])
        self._put_in_order(known)

    def _put_in_order(self, known: set[str]) -> None:
        """The order of the file; and tell of the screens that cannot be reached."""
        self.screens = {name: None for name in self._menu.screens if name in self.screens}
        rank = {name: index for index, name in enumerate(self._menu.screens)}
        self.moves = dict.fromkeys(sorted(self.moves, key=lambda move: rank.get(move[0], -1)))
        lost = {out.move[2] for out in self.left_out} - known
        while lost:
            name = min(lost, key=lambda each: rank[each])
            lost.discard(name)
            known.add(name)
            for move, _ in self._onward(name):
                self.left_out.append(LeftOut(move, NO_WAY))
                lost |= {move[2]} - known

    def _note(self, move: Move, reason: str | None) -> bool:
        """Put a move where it belongs; whether the walk goes on there."""
        if reason is not None:
            self.left_out.append(LeftOut(move, reason))
            return False
        if move[2] not in self._unseen:
            self.moves[move] = None
        return True

    # ------------------------------------------------------------ ways

    def _beginnings(self) -> Iterator[tuple[Move, str | None]]:
        menu = self._menu
        if isinstance(menu, VoiceMenu):
            for number, target in menu.numbers.items():
                self.codes[f"number:{number}"] = number
                yield from self._cases(RINGING, f"number:{number}", target)
            return
        for direct, codes in ((False, menu.codes), (True, menu.direct)):
            for code, target in codes.items():
                event = begin_event(code, direct)
                self.codes[event] = code
                yield from self._cases(START, event, target)
                for name in menu.parameters.get(code, {}):
                    self.codes[parameter_screen(code, name)] = code

    def _onward(self, name: str) -> Iterator[tuple[Move, str | None]]:
        screen: Screen = self._menu.screens[name]
        for way in screen.ways():
            if isinstance(screen, ActionScreen) and way.event not in screen.declared:
                if way.event == "error":
                    for move, _ in self._cases(name, way.event, way.branch.target):
                        self.left_out.append(LeftOut(move, ERROR))
                continue
            reason = self._why_never(screen, way)
            for move, of_case in self._cases(name, way.event, way.branch.target):
                yield move, reason or of_case

    def _cases(self, source: str, event: str, target: Target) -> Iterator[tuple[Move, str | None]]:
        """A move for each case; what settings forbid, or another case forestalls, never is taken."""
        settled = False
        for case in target:
            holds = self._world.settles(case.when)
            yield (source, event, case.screen), SETTINGS if settled or holds is False else None
            settled = settled or holds is True

    def _why_never(self, screen: Screen, way: Way) -> str | None:
        if way.event in ("error", "failed"):
            return ERROR if way.event == "error" else FAILED
        exception = self._world.exceptions.get((self._menu.name, screen.name, way.event))
        if exception is not None:
            return exception
        if self._world.settles(way.when) is False:
            return SETTINGS
        source = _source_of(screen)
        filled = self._world.rows.get(source) if source is not None else None
        if way.event == "empty" and filled:
            return FILLED
        if way.row_of is not None and filled is False:
            return HOLLOW
        return None


def _source_of(screen: Screen) -> str | None:
    """The list a screen shows."""
    if isinstance(screen, ChoiceScreen):
        return screen.rows.lines.source if screen.rows is not None else None
    return getattr(screen, "source", None)


def _parameter_screens(menu: Menu) -> Iterator[str]:
    """The unseen inputs that take what is dialled."""
    for code, names in menu.parameters.items():
        for name in names:
            yield parameter_screen(code, name)


def plans_of(menus: Iterable[Menu | VoiceMenu], world: World) -> list[Plan]:
    """Of several menus."""
    return [plan_of(menu, world) for menu in menus]
