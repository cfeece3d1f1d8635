"""A compiled menu as a table of transitions: one `transitions` machine per menu version, shared by all.

The machine holds no dialogue.  A position is the model of one call: `machine.events[name].trigger(position)`
moves its `state`.  (`add_model` would cost 63 KiB and 1.2 ms a dialogue; this costs 2 us a move.)  Events
are generic: `begin`, `code:CODE`, `direct:CODE`, `key:K`, `text`, `empty`, `back`, `next`, `previous`,
`wrong`, `pass`, `done`, `denied`, `error`, `failed`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ussd_gateway.flow.conditions import Condition
from ussd_gateway.flow.model import ActionScreen, Branch, Case, EndScreen, SmsText
from ussd_gateway.flow.steps import Move, Scope, Sms, sms_of
from ussd_gateway.menu.machine import EventData, MenuMachine, State
from ussd_gateway.menu.model import BYE, START, WRONG, AppScreen, Crossing, ListEnd, Menu
from ussd_gateway.menu.render import fill_rows
from ussd_gateway.menu.steps import Position
from ussd_gateway.vocabulary import Facts, Value

Callback = Callable[..., bool | None]
"""A test (its answer decides) or an effect (it has none) on the event of a move."""


class Run:
    """One request's passage through a menu: what conditions read and effects write.

    `moves`, where there is such a list, gets every move that was made.
    """

    __slots__ = ("facts", "language", "messages", "moves", "notice", "position", "scope")

    def __init__(
        self, position: Position, facts: Facts, language: str, moves: list[Move] | None = None
    ) -> None:
        self.position = position
        self.facts = facts
        self.language = language
        self.scope = Scope(position.variables, facts)
        self.messages: list[Sms] = []
        self.moves = moves
        self.notice = ""


class Rulebook:
    """The moves of one menu version."""

    def __init__(self, menu: Menu) -> None:
        """`menu` must have passed the linter: unknown screens are not noticed here."""
        self.menu = menu
        self.pages: dict[tuple[str, ...], list[str]] = {}
        """Rendered screens that say the same to everybody; kept by the engine."""
        self._machine = MenuMachine(
            model=None,
            states=[START, *(_state(screen) for screen in menu.screens.values())],
            initial=START,
            auto_transitions=False,
            send_event=True,
        )
        self._add_entries()
        for screen in menu.screens.values():
            for way in screen.ways():
                self._add_branch(way.event, screen.name, way.branch, way.when)
            if not isinstance(screen, ActionScreen | AppScreen | Crossing):
                self._add_common(screen.name)

    def fire(self, event: str, run: Run) -> bool:
        """Move the run's position; False when every condition forbids it.

        An event the present screen does not know is a bug of the caller (MachineError, KeyError).
        """
        left = run.position.state
        moved: bool = self._machine.events[event].trigger(run.position, run)
        if run.moves is not None and moved:
            run.moves.append((left, event, run.position.state))
        return moved

    def _add_entries(self) -> None:
        self._add_branch(begin_event(None, False), START, Branch(self.menu.start, None, ()))
        for direct, codes in ((False, self.menu.codes), (True, self.menu.direct)):
            for code, target in codes.items():
                self._add_branch(begin_event(code, direct), START, Branch(target, None, ()))

    def _add_branch(
        self, event: str, source: str, branch: Branch, shown_when: Condition | None = None
    ) -> None:
        # A choice that is not shown to this subscriber cannot be chosen either.
        effects: list[Any] | None = [_send(branch.sms)] if branch.sms is not None else None
        for case in branch.target:
            self._machine.add_transition(
                event,
                source,
                case.screen,
                conditions=_tests(case, shown_when),
                before=_set(case.sets) if case.sets else None,
                after=effects,
            )

    def _add_common(self, screen: str) -> None:
        """What every screen that waits for an answer can do."""
        add = self._machine.add_transition
        add("back", screen, None, conditions=_has_history, after=_step_back)
        if screen in {case.screen for case in self.menu.start}:
            add("back", screen, BYE)
        else:
            # A direct code led here: the way back is the menu's start.
            self._add_branch("back", screen, Branch(self.menu.start, None, ()))
        add("next", screen, None, after=_turn_page(+1))
        add("previous", screen, None, after=_turn_page(-1))
        add("wrong", screen, None, conditions=self._may_repeat, after=_count_wrong)
        add("wrong", screen, WRONG)

    def _may_repeat(self, event: EventData) -> bool:
        return _run(event).position.wrong < self.menu.repeat_wrong


def _run(event: EventData) -> Run:
    arguments: Any = event.args
    run: Run = arguments[0]
    return run


def _state(screen: Any) -> State:
    if isinstance(screen, ListEnd) and screen.sms is not None:
        return State(screen.name, on_enter=_send_rows(screen, screen.sms), final=True)
    if isinstance(screen, EndScreen):
        return State(screen.name, on_enter=_send(screen.sms) if screen.sms else None, final=True)
    return State(screen.name)


def _tests(case: Case, shown_when: Condition | None) -> list[Any]:
    return [_test(condition) for condition in (shown_when, case.when) if condition is not None]


def _test(condition: Condition) -> Callback:
    def holds(event: EventData) -> bool:
        return condition.holds(_run(event).scope)

    return holds


def begin_event(code: str | None, direct: bool) -> str:
    """The event that begins a dialogue: by its code, or by none at the menu's start."""
    if code is None:
        return "begin"
    return f"direct:{code}" if direct else f"code:{code}"


def _set(values: Mapping[str, Value]) -> Callback:
    def put(event: EventData) -> None:
        _run(event).position.variables.update(values)

    return put


def _send(sms: SmsText) -> Callback:
    def send(event: EventData) -> None:
        run = _run(event)
        run.messages.append(sms_of(sms, run.scope, run.language))

    return send


def _send_rows(screen: ListEnd, sms: SmsText) -> Callback:
    def send(event: EventData) -> None:
        run = _run(event)
        if fill_rows(screen, run.scope, run.language):
            run.messages.append(sms_of(sms, run.scope, run.language))

    return send


def _has_history(event: EventData) -> bool:
    position = _run(event).position
    return bool(position.history)


def _step_back(event: EventData) -> None:
    position = _run(event).position
    position.state = position.history[-1]
    position.history = position.history[:-1]


def _turn_page(step: int) -> Callback:
    def turn(event: EventData) -> None:
        position = _run(event).position
        position.page += step

    return turn


def _count_wrong(event: EventData) -> None:
    position = _run(event).position
    position.wrong += 1
