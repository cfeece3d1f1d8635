"""Screens of the network's own: a notification (USSN) that a phone shows, a question (USSR) it answers.

    send -> the phone is free: shown -> confirmed | answered
                        busy: refused, or queued until it is free

A phone takes part in one dialogue at a time and refuses what the network begins meanwhile (3GPP TS 24.090
§5.1.1, §6), so this decides before anything is sent.  A question is a dialogue like any other: its timers
run, the subscriber may hang up or dial something else; whoever asked is told how it ended.  Nothing of this
is durable, as dialogues are not.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ussd_gateway.clock import Clock
from ussd_gateway.ports import Ids, Outlet, Serving
from ussd_gateway.ussd.dialogue import Dialogue, DialogueTimers, open_dialogue
from ussd_gateway.ussd.primitives import Ask, Notify
from ussd_gateway.ussd.store import DialogueStore
from ussd_gateway.watch import StepTaken, Watch

PushState = Literal["queued", "shown", "answered", "confirmed", "failed"]
"""`queued`: waits for the phone to be free; `shown`: waits for the answer, or the phone's confirmation."""

MAX_KEPT = 10_000
"""Pushes remembered, for those who ask later."""
MAX_QUEUED = 20
"""Pushes that may wait for one phone."""

Run = Callable[[str, Coroutine[Any, Any, None]], None]


@dataclass(slots=True)
class Push:
    """One push; its id is also that of its dialogue.

    `reason` of a failure: `absent`, `busy`, `timeout`, `aborted`, `replaced`, `undeliverable`.
    """

    id: str
    msisdn: str
    text: str
    ask: bool
    sender: str
    created_ms: int
    application: str = ""
    """The application that asks, if one does: the answer begins its dialogue with the subscriber."""
    session: str = ""
    """The application's own number for that dialogue, in hexadecimal."""
    state: PushState = "queued"
    answer: str | None = None
    reason: str | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, state: PushState, *, answer: str | None = None, reason: str | None = None) -> None:
        """It is over, one way or the other."""
        self.state, self.answer, self.reason = state, answer, reason
        self.over.set()


class Pushes:
    """Implements `ports.PushDesk`."""

    def __init__(
        self,
        *,
        dialogues: DialogueStore,
        outlet: Outlet,
        ids: Ids,
        clock: Clock,
        timers: DialogueTimers,
        run: Run,
        watch: Watch,
        sender: str,
        queue_when_busy: bool,
    ) -> None:
        """`run` does work in the lane of a number; `sender` is the service code phones see by default."""
        self._dialogues = dialogues
        self._outlet = outlet
        self._ids = ids
        self._clock = clock
        self._timers = timers
        self._run = run
        self._watch = watch
        self._sender = sender
        self._queue_when_busy = queue_when_busy
        self._known: OrderedDict[str, Push] = OrderedDict()
        self._queues: dict[str, list[Push]] = {}
        self._asked: dict[str, Push] = {}
        # Notifications not confirmed yet, oldest first.  They keep no phone busy: many never confirm.
        self._noticed: dict[str, list[Push]] = {}
        self.served: Callable[[Push, Dialogue], None] | None = None
        """Told what became of an application's push that was not refused at once."""

        self.elsewhere: Callable[[str, dict[str, str]], None] | None = None
        """Tells the gateways beside us what a phone made of a push that was not asked of us."""

    def get(self, push_id: str) -> Push | None:
        """A push by its id, while it is remembered."""
        return self._known.get(push_id)

    async def send(
        self,
        msisdn: str,
        text: str,
        *,
        ask: bool,
        sender: str = "",
        application: str = "",
        session: str = "",
    ) -> Push:
        """Show it, queue it or refuse it (`failed`, `absent` or `busy`); in the number's lane.

        Wait for `over` of the result to learn how it ended.  Raises StoreUnavailable.
        """
        push = Push(
            self._ids.dialogue_id(),
            msisdn,
            text,
            ask,
            sender or self._sender,
            self._clock.now_ms(),
            application,
            session,
        )
        self._known[push.id] = push
        if len(self._known) > MAX_KEPT:
            self._known.popitem(last=False)
        if self._outlet.way_to(msisdn) is None:
            push.end("failed", reason="absent")
        elif not await self._busy(msisdn):
            await self._show(push)
        elif self._queue_when_busy and len(self._queues.get(msisdn, ())) < MAX_QUEUED:
            self._queues.setdefault(msisdn, []).append(push)
        else:
            push.end("failed", reason="busy")
        return push

    def expire(self, now_ms: int) -> None:
        """Give up what nobody confirmed, and what waited too long for its phone."""
        limit_ms = self._timers.whole_dialogue_ms
        for msisdn, queue in tuple(self._queues.items()):
            for push in [push for push in queue if now_ms - push.created_ms >= limit_ms]:
                queue.remove(push)
                self._finish(push, "failed", reason="timeout")
            if not queue:
                del self._queues[msisdn]
        for notices in tuple(self._noticed.values()):
            for push in [push for push in notices if now_ms - push.created_ms >= limit_ms]:
                self._noted(push, "failed", reason="timeout")

    # ------------------------------------------------------------ ports.PushDesk

    def answered(self, dialogue: Dialogue, text: str) -> None:
        push = self._asked.get(dialogue.msisdn)
        if push is not None and push.id == dialogue.id:
            del self._asked[dialogue.msisdn]
            push.end("answered", answer=text)
        elif self.elsewhere is not None:
            self.elsewhere(dialogue.msisdn, {"id": dialogue.id, "answer": text})

    def confirmed(self, msisdn: str) -> None:
        notices = self._noticed.get(msisdn)
        if notices:
            self._noted(notices[0], "confirmed")
        elif self.elsewhere is not None:
            self.elsewhere(msisdn, {})

    def undelivered(self, dialogue_id: str) -> None:
        push = self._known.get(dialogue_id)
        if push is not None and not push.ask and push.state == "shown":
            self._noted(push, "failed", reason="undeliverable")

    def over(self, dialogue: Dialogue, how: str) -> None:
        msisdn = dialogue.msisdn
        push = self._asked.get(msisdn)
        if push is not None and push.id == dialogue.id:
            del self._asked[msisdn]
            push.end("failed", reason=how)
        elif dialogue.state == "push" and dialogue.id not in self._known and self.elsewhere is not None:
            self.elsewhere(msisdn, {"id": dialogue.id, "reason": how})
        if msisdn in self._queues:
            self._run(msisdn, self._next(msisdn))

    def told(self, msisdn: str, what: Mapping[str, str]) -> None:
        """What another gateway says by `elsewhere`: answered, ended, or (with nothing said) confirmed."""
        push = self._asked.get(msisdn)
        if not what:
            if msisdn in self._noticed:
                self.confirmed(msisdn)
        elif push is not None and push.id == what["id"]:
            del self._asked[msisdn]
            if "answer" in what:
                push.end("answered", answer=what["answer"])
            else:
                push.end("failed", reason=what["reason"])

    # ------------------------------------------------------------ inside

    def _noted(self, push: Push, state: PushState, *, reason: str | None = None) -> None:
        """A notification is over."""
        notices = self._noticed[push.msisdn]
        notices.remove(push)
        if not notices:
            del self._noticed[push.msisdn]
        self._finish(push, state, reason=reason)

    def _finish(self, push: Push, state: PushState, *, reason: str | None = None) -> None:
        """A push is over; the application that asked for it is told."""
        push.end(state, reason=reason)
        if push.application and self.served is not None:
            self.served(push, self._dialogue(push, "", self._clock.now_ms()))

    async def _next(self, msisdn: str) -> None:
        """The phone may be free: show the oldest that waits."""
        queue = self._queues.get(msisdn)
        if not queue or await self._busy(msisdn):
            return
        push = queue.pop(0)
        if not queue:
            del self._queues[msisdn]
        if self._outlet.way_to(msisdn) is None:
            self._finish(push, "failed", reason="absent")
        else:
            await self._show(push)
        if not push.ask or push.over.is_set():
            await self._next(msisdn)

    async def _busy(self, msisdn: str) -> bool:
        dialogue = await self._dialogues.get(msisdn)
        return dialogue is not None and dialogue.expired(self._clock.now_ms()) is None

    async def _show(self, push: Push) -> None:
        msisdn, now_ms = push.msisdn, self._clock.now_ms()
        access = self._outlet.way_to(msisdn)
        assert access is not None, "whoever calls has looked"
        dialogue = self._dialogue(push, access, now_ms)
        push.state = "shown"
        if push.ask:
            if push.application:
                push.end("shown")  # whatever follows is between the phone and the application
            else:
                self._asked[msisdn] = push
            dialogue.wait_for_answer(now_ms, self._timers)
            stale = await self._dialogues.get(msisdn)
            if stale is not None:
                await self._dialogues.remove(stale)  # its time is over, or the phone would be busy
            await self._dialogues.save(dialogue)
        else:
            self._noticed.setdefault(msisdn, []).append(push)
        self._outlet.screen(dialogue, Ask(push.text) if push.ask else Notify(push.text))
        if self._watch.active:
            self._watch.tell(
                StepTaken(
                    now_ms,
                    msisdn,
                    "ussd",
                    access,
                    dialogue.id,
                    dialogue.service_code,
                    "push",
                    screen="push",
                    op="ask" if push.ask else "notify",
                    shown=push.text,
                )
            )

    def _dialogue(self, push: Push, access: str, now_ms: int) -> Dialogue:
        """The dialogue of a push, not saved."""
        dialogue = open_dialogue(
            push.id,
            push.msisdn,
            push.sender,
            access=access,
            session_info=b"",
            position=None,
            now_ms=now_ms,
            timers=self._timers,
            state="push",
        )
        if push.application:
            dialogue.state = "application"
            dialogue.position = Serving(
                app=push.application,
                bind=0,
                waits="phone",
                session=push.session,
                notices=0,
                asked="push",
                text="",
                one_shot=False,
            )
        return dialogue
