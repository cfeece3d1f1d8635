"""A call to a voice menu: one key of the phone, or its silence -> what the caller hears.

    find the call . press the key . do the action . commit . speak

A call lives in the process that answered it, as long as its line does: a restart hangs up, and nothing is
lost by that, since whatever a key caused was committed before the caller heard of it.  What is heard waits
in the call until the phone fetches it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import structlog

from ussd_gateway import disguise
from ussd_gateway.actions import SubscriberFacts
from ussd_gateway.billing.draft import Draft
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.flow.steps import ActionNeeded, Move
from ussd_gateway.gateway import Gateway, UnknownSubscriber
from ussd_gateway.msisdn import mask
from ussd_gateway.ports import Ids
from ussd_gateway.service import Service
from ussd_gateway.templates import DEFAULT_LANGUAGE
from ussd_gateway.ussd.store import Deadlines
from ussd_gateway.vocabulary import Facts
from ussd_gateway.voice.engine import CallPosition, Engine, HangUp, Heard, Listen, Step
from ussd_gateway.voice.loader import Line
from ussd_gateway.watch import Asked, StepTaken, Trail

log = structlog.get_logger(__name__)

MAX_KEYS = 100
"""Keys taken in one go."""

FORGET_MS = 60_000
"""How long a call that ended by silence is remembered, so that its phone can still hear the end."""

_KEYS = re.compile(r"[0-9*# ]*")

Advance = Callable[[CallPosition, Facts, str, list[Move] | None], Step]
"""(position, which it moves, facts, language, where to note the moves) -> the step."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said: `prompt` when a key is waited for, `end` when the line is dead afterwards.

    With `secret` the text must not be logged or recorded.
    """

    text: str
    state: Literal["prompt", "end"]
    secret: bool = False


@dataclass(frozen=True, slots=True)
class CallRefused:
    """Nobody picked up.

    `reason`: `no_service` (no voice menu has this number), `no_subscriber` (the caller), `busy` (all
    lines are), `unavailable` (the store is lost).
    """

    reason: str


@dataclass(slots=True)
class Call:
    """A call in progress, or one that has ended and not been forgotten yet (`over`)."""

    id: str
    msisdn: str
    number: str
    engine: Engine
    position: CallPosition
    started_ms: int
    on_heard: Callable[[], None]
    step: int = 0
    busy: bool = False
    over: bool = False
    heard: list[Utterance] = field(default_factory=list)
    due_ms: int = 0
    secret_keys: str = ""
    """Keys of a secret that is still being pressed, while somebody watches."""

    def fetch(self) -> list[Utterance]:
        """What was said since this was asked last."""
        heard, self.heard = self.heard, []
        return heard


class Calls:
    """All calls of this process."""

    def __init__(self, gateway: Gateway, ids: Ids, clock: Clock, *, max_calls: int = 100_000) -> None:
        self._gateway = gateway
        self._ids = ids
        self._clock = clock
        self._max_calls = max_calls
        self._calls: dict[str, Call] = {}
        self._of_phone: dict[str, str] = {}
        self._deadlines = Deadlines(self._calls.keys, self._deadline_ms)

    async def dial(
        self, msisdn: str, number: str, on_heard: Callable[[], None] = lambda: None
    ) -> Call | CallRefused:
        """Call a number.  `on_heard` is told whenever there is something to fetch.

        A phone has one line: a call it had open is hung up.
        """
        line = self._gateway.service.voice.find(number)
        if line is None:
            return CallRefused("no_service")
        previous = self._of_phone.get(msisdn)
        if previous is not None:
            self.hang_up(previous)
        elif len(self._calls) >= self._max_calls:
            return CallRefused("busy")
        call = self._open(msisdn, number, line, on_heard)
        try:
            await self._step(call, partial(_answer, line), "dial")
        except UnknownSubscriber:
            self._forget(call)
            return CallRefused("no_subscriber")
        except StoreUnavailable as error:
            log.error("store unavailable", msisdn=mask(msisdn), error=str(error))
            self._forget(call)
            return CallRefused("unavailable")
        except Exception:
            self._forget(call)  # a bug, and the caller's to report; the line must be free again
            raise
        return call

    def call(self, call_id: str) -> Call | None:
        """A call that has not been forgotten."""
        return self._calls.get(call_id)

    def of_phone(self, msisdn: str) -> str | None:
        """The call that a phone has open."""
        return self._of_phone.get(msisdn)

    async def press(self, call: Call, keys: str) -> str:
        """Press keys one after another; returns those left over because the call ended before them."""
        keys = keys.replace(" ", "")
        for number, key in enumerate(keys):
            if call.over:
                return keys[number:]
            await self._safely(call, partial(_press, call.engine, key), "answer", key)
        return ""

    async def be_silent(self, call: Call) -> None:
        """Let the time pass in which nobody presses a key."""
        if not call.over:
            await self._safely(call, call.engine.silence, "silence")

    def hang_up(self, call_id: str) -> bool:
        """Put the receiver down; False when there was no such call."""
        call = self._calls.get(call_id)
        if call is None:
            return False
        if self._gateway.watch.active and not call.over:
            self._tell(call, "hang_up")
        self._end(call, "hung up")
        self._forget(call)
        return True

    # ------------------------------------------------------------ silence

    def due(self, now_ms: int, limit: int) -> list[Call]:
        """Calls whose callers have been silent too long, and ended ones nobody asks about any more."""
        found = (self._calls.get(call_id) for call_id in self._deadlines.due(now_ms, limit))
        return [call for call in found if call is not None]

    async def expire(self, call: Call) -> None:
        """Say the prompt again, end the call, or forget one that has ended."""
        if call.over:
            self._forget(call)
        elif call.busy:
            self._watch(call)
        else:
            await self.be_silent(call)

    # ------------------------------------------------------------ one step

    def _open(self, msisdn: str, number: str, line: Line, on_heard: Callable[[], None]) -> Call:
        engine = line.engine
        call = Call(
            self._ids.dialogue_id(),
            msisdn,
            number,
            engine,
            engine.at_rest(),
            self._clock.now_ms(),
            on_heard,
        )
        self._calls[call.id] = call
        self._of_phone[msisdn] = call.id
        return call

    async def _safely(self, call: Call, advance: Advance, asked: Asked, key: str = "") -> None:
        """One step; whatever goes wrong, the caller hears something and the line is free again."""
        try:
            await self._step(call, advance, asked, key)
        except StoreUnavailable as error:
            log.error("store unavailable", msisdn=mask(call.msisdn), error=str(error))
            self._give_up(call, "generic.ack" if error.outcome_unknown else "billing.down")
        except UnknownSubscriber:
            self._give_up(call, "subscriber.unknown")
        except Exception:
            log.exception("call failed", msisdn=mask(call.msisdn))
            self._give_up(call, "billing.down")

    async def _step(self, call: Call, advance: Advance, asked: Asked, key: str = "") -> None:
        """Move the menu on, commit what that changed, speak."""
        watch = self._gateway.watch
        trail = watch.trail() if watch.active else None
        moves = trail.moves if trail is not None else None

        async def work(service: Service, draft: Draft) -> tuple[CallPosition, Heard]:
            if trail is not None:
                trail.begin_again()
            position = call.position.copy()
            language = _spoken(call.engine, draft.account.language)
            facts = SubscriberFacts(draft.account, service.catalogue, draft.now_ms)
            step = advance(position, facts, language, moves)
            messages = step.messages
            while isinstance(step, ActionNeeded):
                outcome = await service.actions.perform(draft, step.action, step.args)
                if trail is not None:
                    trail.actions.append((step.action, outcome.name))
                facts = SubscriberFacts(draft.account, service.catalogue, draft.now_ms)
                language = _spoken(call.engine, draft.account.language)
                step = call.engine.resume(position, outcome, facts, language, moves)
                messages = [*messages, *step.messages]
            for sms in messages:
                draft.send(sms.text, sms.sender or service.sms_sender, secret=sms.secret)
            return position, step

        call.busy, left = True, call.position.state
        try:
            call.position, step = await self._gateway.carry_out(
                call.msisdn, key=f"call:{call.id}:{call.step}", request=call.number, work=work
            )
        finally:
            call.busy = False
        call.step += 1
        self._watch(call)
        if isinstance(step, HangUp):
            self._end(call, "ended")
            self._say(call, Utterance(step.text, "end", step.secret))
        elif not isinstance(step, Listen):
            self._say(call, Utterance(step.text, "prompt", step.secret))
        if trail is not None:
            secret_key = call.engine.is_secret(left)
            call.secret_keys += key if secret_key else ""
            self._tell(call, asked, "" if secret_key else key, step, trail, secret_key)

    def _tell(
        self,
        call: Call,
        asked: Asked,
        key: str = "",
        step: Heard | None = None,
        trail: Trail | None = None,
        secret_key: bool = False,
    ) -> None:
        """Tell whoever watches of one step."""
        secret = secret_key
        op = shown = shown_like = text_like = ""
        cloak = self._gateway.watch.disguise
        if step is not None and not isinstance(step, Listen):
            op, secret = "end" if isinstance(step, HangUp) else "prompt", secret or step.secret
            shown = "" if step.secret else step.text
            shown_like = cloak.over(step.text, disguise.shown) if step.secret else ""
            text_like, call.secret_keys = cloak.over(call.secret_keys, disguise.pressed), ""
        self._gateway.watch.tell(
            StepTaken(
                self._clock.now_ms(),
                call.msisdn,
                "voice",
                "voice",
                call.id,
                call.number,
                asked,
                text=key,
                menu=call.engine.menu.name,
                moves=tuple(trail.moves) if trail is not None else (),
                actions=tuple(trail.actions) if trail is not None else (),
                screen=call.position.state,
                op=op,
                shown=shown,
                secret=secret,
                text_like=text_like,
                shown_like=shown_like,
            )
        )

    def _say(self, call: Call, utterance: Utterance) -> None:
        call.heard.append(utterance)
        call.on_heard()

    def _give_up(self, call: Call, text_key: str) -> None:
        text = self._gateway.service.text(text_key, DEFAULT_LANGUAGE)
        self._end(call, text_key)
        self._say(call, Utterance(text, "end"))

    def _watch(self, call: Call) -> None:
        self._wake(call, self._clock.now_ms() + call.engine.menu.silence_ms)

    def _wake(self, call: Call, at_ms: int) -> None:
        call.due_ms = at_ms
        self._deadlines.watch(call.id, at_ms)

    def _deadline_ms(self, call_id: str) -> int | None:
        call = self._calls.get(call_id)
        return None if call is None else call.due_ms

    def _end(self, call: Call, how: str) -> None:
        if call.over:
            return
        call.over = True
        now_ms = self._clock.now_ms()
        self._wake(call, now_ms + FORGET_MS)
        if self._of_phone.get(call.msisdn) == call.id:
            del self._of_phone[call.msisdn]
        log.info(
            "call",
            end=how,
            call=call.id,
            msisdn=mask(call.msisdn),
            number=call.number,
            steps=call.step,
            lasted_ms=now_ms - call.started_ms,
        )

    def _forget(self, call: Call) -> None:
        self._calls.pop(call.id, None)
        if self._of_phone.get(call.msisdn) == call.id:
            del self._of_phone[call.msisdn]


def keys_problem(keys: str) -> str | None:
    """Why these cannot be pressed, or None."""
    if not _KEYS.fullmatch(keys):
        return "a phone has the keys 0-9, * and #"
    if len(keys) > MAX_KEYS:
        return f"more than {MAX_KEYS} keys at once"
    return None


def _answer(
    line: Line, position: CallPosition, facts: Facts, language: str, moves: list[Move] | None
) -> Step:
    return line.engine.answer(position, line.number, facts, language, moves)


def _press(
    engine: Engine, key: str, position: CallPosition, facts: Facts, language: str, moves: list[Move] | None
) -> Step:
    return engine.press(position, key, facts, language, moves)


def _spoken(engine: Engine, language: str) -> str:
    """The subscriber's language if the menu speaks it; letters made for the eye are not spoken."""
    languages = engine.menu.languages
    return language if language in languages else languages[0]
