"""The voice engine: position + key, or silence -> a step, synchronously and without side effects.

A step is something to say, silence while an input goes on, a last word, or an action to perform; the
caller of this module performs it and comes back with its outcome.  Keys come one at a time, as a phone
sends them, so a caller who knows the way may press ahead.  Whoever wants to know the moves hands in a list
for them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ussd_gateway.flow.model import ActionScreen, Choice, EndScreen, InputScreen, SmsText, Target, to
from ussd_gateway.flow.steps import (
    ActionNeeded,
    Move,
    Scope,
    Sms,
    action_needed,
    sms_of,
    take_answer,
    take_outcome,
)
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import Facts, Outcome, Value
from ussd_gateway.voice.model import (
    AGENT_KEY,
    ENTER_KEY,
    RINGING,
    SILENT,
    WRONG,
    OfferScreen,
    PromptScreen,
    SayScreen,
    VoiceMenu,
    Waiting,
    empty_end,
)
from ussd_gateway.voice.steps import CallPosition, HangUp, Heard, Listen, Speak, Step

__all__ = ["ActionNeeded", "CallPosition", "Engine", "HangUp", "Heard", "Listen", "Speak", "Step"]

MAX_DIGITS = 40
"""Keys one input keeps; nothing anybody enters by hand is longer, and no caller may fill the memory."""


class _Run(NamedTuple):
    """One key's passage through the menu."""

    position: CallPosition
    facts: Facts
    language: str
    scope: Scope
    messages: list[Sms]
    moves: list[Move] | None

    def note(self, left: str, event: str) -> None:
        """A move was made."""
        if self.moves is not None:
            self.moves.append((left, event, self.position.state))


class Engine:
    """Runs the calls of one voice menu."""

    def __init__(self, menu: VoiceMenu, texts: Texts) -> None:
        """`menu` must have passed the linter: unknown screens are not noticed here."""
        self.menu = menu
        self._texts = texts

    def at_rest(self) -> CallPosition:
        """The position of a call that nobody has picked up yet."""
        return CallPosition(RINGING, dict(self.menu.profile))

    def answer(
        self,
        position: CallPosition,
        number: str,
        facts: Facts,
        language: str,
        moves: list[Move] | None = None,
    ) -> Step:
        """Pick up at this number of the menu: the first thing the caller hears."""
        run = _run(position, facts, language, moves)
        self._go(run, self.menu.numbers[number], f"number:{number}")
        return self._settle(run)

    def press(
        self, position: CallPosition, key: str, facts: Facts, language: str, moves: list[Move] | None = None
    ) -> Step:
        """Take one key; moves `position`."""
        run = _run(position, facts, language, moves)
        match self.menu.screens[position.state]:
            case InputScreen() as screen:
                return self._press_input(run, screen, key)
            case PromptScreen() as screen:
                choice = screen.by_key.get(key)
                if choice is not None and _offered(choice, run):
                    if choice.target is None:
                        return self._back(run)
                    return self._leave(run, choice.target, choice.event)
            case OfferScreen() as screen:
                if key == screen.take:
                    position.variables.update(position.offer)
                    return self._leave(run, screen.target, "take")
                if key == screen.next:
                    return self._next_offer(run)
            case screen:
                raise ValueError(f"{screen.name} waits for no key")
        if key == AGENT_KEY and self.menu.agent is not None:
            return self._leave(run, to(self.menu.agent), "agent")
        return self._back(run) if key == self.menu.back else self._refuse(run, self.menu.bad_key)

    def silence(
        self, position: CallPosition, facts: Facts, language: str, moves: list[Move] | None = None
    ) -> Step:
        """Nothing was pressed for `silence_ms`: the prompt again, or the end; a begun input starts anew."""
        run, left = _run(position, facts, language, moves), position.state
        position.digits = ""
        position.silences += 1
        if position.silences > self.menu.repeat_silence:
            position.state = SILENT
        run.note(left, "silence")
        return self._settle(run)

    def resume(
        self,
        position: CallPosition,
        outcome: Outcome,
        facts: Facts,
        language: str,
        moves: list[Move] | None = None,
    ) -> Step:
        """Go on after the action asked for last; its results become variables."""
        run = _run(position, facts, language, moves)
        screen = self.menu.screens[position.state]
        assert isinstance(screen, ActionScreen), f"{position.state} waits for no outcome"
        take_outcome(outcome, run.scope, language, self._texts)
        branch = screen.branches[outcome.name]
        self._send(run, branch.sms)
        self._go(run, branch.target, outcome.name)
        return self._settle(run)

    def is_secret(self, state: str) -> bool:
        """Whether what is keyed at this screen must not be told."""
        return bool(getattr(self.menu.screens.get(state), "secret", False))

    # ------------------------------------------------------------ one key

    def _next_offer(self, run: _Run) -> Step:
        """Read the next row."""
        position = run.position
        position.row += 1
        position.wrong = position.silences = 0
        run.note(position.state, "next")
        return self._settle(run)

    def _press_input(self, run: _Run, screen: InputScreen, key: str) -> Step:
        position = run.position
        if key == self.menu.back:
            return self._back(run)
        if key != ENTER_KEY:
            position.digits = (position.digits + key)[:MAX_DIGITS]
            position.silences = 0
            return Listen(run.messages)
        value = screen.accept(position.digits)
        position.digits = ""
        if value is None or not take_answer(screen, value, run.scope):
            return self._refuse(run, screen.error)
        return self._leave(run, screen.target, "text")

    def _refuse(self, run: _Run, notice: LocalText) -> Step:
        """A wrong key or input: what was wrong and the prompt again, or the end."""
        position, left = run.position, run.position.state
        position.wrong += 1
        position.silences = 0
        if position.wrong > self.menu.repeat_wrong:
            position.state = WRONG
        else:
            position.said.append(notice.render(run.language, run.scope))
        run.note(left, "wrong")
        return self._settle(run)

    # ------------------------------------------------------------ from prompt to prompt

    def _leave(self, run: _Run, target: Target, event: str) -> Step:
        """Forward from a prompt, which can be gone back to."""
        run.position.history.append(run.position.state)
        self._go(run, target, event)
        return self._settle(run)

    def _back(self, run: _Run) -> Step:
        """To the prompt before; the first one is simply said again."""
        self._step_back(run, "back")
        return self._settle(run)

    def _step_back(self, run: _Run, event: str) -> None:
        position, left = run.position, run.position.state
        position.digits = ""
        position.row = position.wrong = position.silences = 0
        if position.history:
            position.state = position.history.pop()
        run.note(left, event)

    def _go(self, run: _Run, target: Target, event: str) -> None:
        position, left = run.position, run.position.state
        position.row = position.wrong = position.silences = 0
        taken = next(case for case in target if case.when is None or case.when.holds(run.scope))
        position.variables.update(taken.sets)
        position.state = taken.screen
        run.note(left, event)

    def _settle(self, run: _Run) -> Step:
        """Say announcements until the call needs a key or an action, or ends."""
        position = run.position
        while True:
            screen = self.menu.screens[position.state]
            match screen:
                case ActionScreen():
                    return action_needed(screen, run.scope, run.language, run.messages)
                case EndScreen():
                    self._send(run, screen.sms)
                    return HangUp(*self._spoken(run, screen), run.messages)
                case SayScreen():
                    said = screen.text.render(run.language, run.scope)
                    position.said += [said] if said else []
                    position.secret |= screen.secret
                    if screen.target is not None:
                        self._go(run, screen.target, "said")
                    elif position.history:
                        self._step_back(run, "said")
                    else:
                        return HangUp(*self._spoken(run, None), run.messages)
                case OfferScreen() if not self._rows(run, screen):
                    position.state = empty_end(screen.name)
                    run.note(screen.name, "empty")
                case _:
                    if screen.name in position.history:
                        # Announcements lead back up: what was below is behind no longer.
                        del position.history[position.history.index(screen.name) :]
                    return Speak(*self._spoken(run, screen), run.messages)

    # ------------------------------------------------------------ what is said

    def _spoken(self, run: _Run, screen: Waiting | EndScreen | None) -> tuple[str, str, bool]:
        """All there is to say now, the screen's name, and whether it is a secret."""
        position = run.position
        said, secret = position.said, position.secret
        position.said, position.secret = [], False
        if screen is not None:
            said = [*said, self._text(run, screen)]
            secret |= not isinstance(screen, OfferScreen) and screen.secret
        return "\n".join(said), position.state, secret

    def _text(self, run: _Run, screen: Waiting | EndScreen) -> str:
        if isinstance(screen, OfferScreen):
            rows = self._rows(run, screen)
            position = run.position
            position.row %= len(rows)  # after the last comes the first
            position.offer = rows[position.row]
            columns = Scope({**position.variables, **position.offer}, run.facts)
            return screen.text.render(run.language, columns)
        if isinstance(screen, PromptScreen):
            offered = [choice for choice in screen.choices if _offered(choice, run)]
            run.scope.choices = ". ".join(
                f"{choice.label.render(run.language, run.scope)} - {choice.key}" for choice in offered
            )
        return screen.text.render(run.language, run.scope)

    def _rows(self, run: _Run, screen: OfferScreen) -> Sequence[Mapping[str, Value]]:
        return run.facts.rows(screen.source)

    def _send(self, run: _Run, sms: SmsText | None) -> None:
        if sms is not None:
            run.messages.append(sms_of(sms, run.scope, run.language))


def _run(position: CallPosition, facts: Facts, language: str, moves: list[Move] | None) -> _Run:
    return _Run(position, facts, language, Scope(position.variables, facts), [], moves)


def _offered(choice: Choice, run: _Run) -> bool:
    return choice.when is None or choice.when.holds(run.scope)
