"""A phone as a script sees it: what arrived is filed by kind until a step asks for it.

    phone.events, caller.events -> screens . messages . voices . refusals

A screen or message is *fresh* until a step takes it; only what was taken becomes part of the report, in
the order of the steps.  So one script tells the same story over every transport, however its wires race.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from ussd_gateway.errors import GatewayError
from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.calls import Caller
from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived, Voice
from ussd_gateway.replay.lab import BackRoom, Lab

EventT = TypeVar("EventT", bound=Event)


@dataclass(frozen=True, slots=True)
class Seen(Generic[EventT]):
    """An event and when it arrived, in seconds of the monotonic clock."""

    event: EventT
    at_s: float


_UNDELIVERED = ("failed", "expired", "deleted")
"""Ends of messages that come to no phone."""


@dataclass(slots=True)
class Inbox:
    """The messages of a number as the gateway has them: how many must have come to the phone by now."""

    msisdn: str
    back_room: BackRoom
    after: int = 0
    waiting: list[Mapping[str, Any]] = field(default_factory=list)
    """Those that no phone had taken when this one was switched on."""

    async def begin(self) -> None:
        """Look at what there is before the phone is switched on; raises GatewayError."""
        messages = await self.back_room.inbox(self.msisdn, 0)
        self.after = max((message["message_id"] for message in messages), default=0)
        self.waiting = [message for message in messages if message["state"] in ("queued", "sent")]

    async def due(self, source: str | None) -> int:
        """How many have left the gateway by its clock, from one number or from all."""
        now_ms = await self.back_room.now_ms()
        messages = [*self.waiting, *await self.back_room.inbox(self.msisdn, self.after)]
        messages = [message for message in messages if message["state"] not in _UNDELIVERED]
        queued = any(message["state"] == "queued" for message in messages)
        if queued and await self.back_room.phone_state(self.msisdn) != "on":
            # To a phone that takes none they do not come, however long anybody waits.
            messages = [message for message in messages if message["state"] != "queued"]
        return sum(
            _instant_ms(message["not_before"]) <= now_ms and source in (None, message["from"])
            for message in messages
        )


def _instant_ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


class Handset:
    """One phone of a run, from `open` to `close`.

    `fresh_screens`, `messages`, `voices` and `refusals` hold what no step has taken yet; `screen` and
    `voice` are what was taken last.  `awaiting` says that something was done which a screen must follow,
    at `asked_s`; `time_passed`, that time went by, which a screen may follow.
    """

    def __init__(self, msisdn: str, lab: Lab, inbox: Inbox | None = None) -> None:
        """`inbox` where the gateway can be asked what it has sent."""
        self.msisdn = msisdn
        self.fresh_screens: deque[Seen[Screen]] = deque()
        self.messages: deque[Seen[SmsArrived]] = deque()
        self.voices: deque[Seen[Voice]] = deque()
        self.refusals: deque[Seen[Failure]] = deque()
        self.screen: Screen | None = None
        self.voice: Voice | None = None
        self.awaiting = False
        self.time_passed = False
        self.asked_s = 0.0
        self.arrived: list[SmsArrived] = []
        """Every message since the phone is on, taken or not."""
        self._lab = lab
        self._inbox = inbox
        self._given_up = False
        self._old: list[tuple[str, str]] = []
        self._opening = asyncio.Lock()
        self._open = AsyncExitStack()
        self._phone: Phone | None = None
        self._caller: Caller | None = None
        self._changed = asyncio.Event()
        self._readers: list[asyncio.Task[None]] = []

    async def open(self, *, forget: bool = False) -> None:
        """Switch on, if it is not; raises GatewayError when there is no network.

        `forget` the messages that waited for it: they belong to what was before the run.
        """
        async with self._opening:
            if self._phone is not None:
                return
            if self._inbox is not None:
                await self._inbox.begin()
                if forget:
                    self._old = [(each["from"], each["text"]) for each in self._inbox.waiting]
            self._phone = await self._open.enter_async_context(self._lab.phone(self.msisdn))
            self._readers.append(asyncio.create_task(self._read(self._phone.events)))

    async def close(self) -> None:
        """Switch off; what is still open is hung up, so that the next run finds nothing."""
        if self._phone is not None:
            with suppress(GatewayError):
                await self.hang_up()
        for reader in self._readers:
            reader.cancel()
        if self._readers:
            await asyncio.wait(self._readers)
        self._readers.clear()
        await self._open.aclose()

    @property
    def phone(self) -> Phone:
        """The phone itself."""
        assert self._phone is not None, "the phone is switched off"
        return self._phone

    async def caller(self) -> Caller | None:
        """Its part for voice, switched on when first asked for; None when nothing carries voice."""
        if self._caller is None:
            opening = self._lab.caller(self.msisdn)
            if opening is None:
                return None
            self._caller = await self._open.enter_async_context(opening)
            self._readers.append(asyncio.create_task(self._read(self._caller.events, voice_only=True)))
        return self._caller

    async def hang_up(self) -> None:
        """Leave the dialogue and the call, where there are any."""
        await self.phone.hang_up()
        if self._caller is not None:
            await self._caller.hang_up()

    # ------------------------------------------------------------ what a step asks for

    @property
    def wants_screen(self) -> bool:
        """Whether a screen is outstanding: asked for, perhaps caused by time, or behind a notification."""
        self.collect()
        told = self.screen is not None and self.screen.op == "notify"
        return self.awaiting or self.time_passed or (told and bool(self.fresh_screens))

    def ask_for_screen(self) -> None:
        """Something is about to be done which a screen must follow: its time runs from now."""
        self.awaiting, self._given_up = True, False
        self.asked_s = time.monotonic()

    def take_screen(self) -> Seen[Screen] | None:
        """The earliest fresh screen, which becomes the last one looked at."""
        self.collect()
        if not self.fresh_screens:
            return None
        seen = self.fresh_screens.popleft()
        self.screen = seen.event
        self.awaiting = self.time_passed = False
        return seen

    def drop_screens(self) -> list[Screen]:
        """Forget the screens nobody looked at, and tell which they were: a new dialogue begins."""
        self.collect()
        dropped = [seen.event for seen in self.fresh_screens]
        self.fresh_screens.clear()
        self.screen = None
        self.awaiting = self.time_passed = False
        return dropped

    def take_message(self, fits: Callable[[SmsArrived], bool]) -> Seen[SmsArrived] | None:
        """The earliest message that fits and was not taken before; the others stay."""
        self.collect()
        for seen in self.messages:
            if fits(seen.event):
                self.messages.remove(seen)
                return seen
        return None

    def take_voices(self) -> list[Seen[Voice]]:
        """All that was heard since this was asked last."""
        self.collect()
        heard = list(self.voices)
        self.voices.clear()
        if heard:
            self.voice = heard[-1].event
        return heard

    def refuse(self, failure: Failure) -> None:
        """File a refusal that did not come over the phone's own wire."""
        self._file(failure, voice_only=False)

    def take_refusal(self) -> Failure | None:
        """The earliest refusal of the network that no step has met yet."""
        self.collect()
        return self.refusals.popleft().event if self.refusals else None

    async def be_answered(self) -> None:
        """Let the screen come that was asked for; it stays for the step that wants it."""
        if self.awaiting and not self._given_up:
            ready = await self.until(lambda: bool(self.fresh_screens or self.refusals), self._lab.answer_s)
            self._given_up = not ready

    async def let_messages_come(self, source: str | None) -> None:
        """Return when the messages that have left the gateway are here, as far as that can be known."""
        await self._lab.settle()
        if self._inbox is not None:
            due = await self._inbox.due(source)
            await self.until(lambda: self._count(source) >= due, self._lab.answer_s)

    def _count(self, source: str | None) -> int:
        return sum(source in (None, sms.source) for sms in self.arrived)

    async def until(self, ready: Callable[[], bool], within_s: float) -> bool:
        """Wait for something to arrive that makes `ready` true; False when nothing does in time."""
        deadline_s = time.monotonic() + within_s
        while True:
            self.collect()
            if ready():
                return True
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left_s)
            except TimeoutError:
                continue

    def collect(self) -> None:
        """File what has arrived already, without giving others a turn."""
        if self._phone is not None:
            self._empty(self._phone.events, voice_only=False)
        if self._caller is not None:
            self._empty(self._caller.events, voice_only=True)

    # ------------------------------------------------------------ filing

    async def _read(self, events: asyncio.Queue[Event], *, voice_only: bool = False) -> None:
        while True:
            self._file(await events.get(), voice_only=voice_only)

    def _empty(self, events: asyncio.Queue[Event], *, voice_only: bool) -> None:
        while not events.empty():
            self._file(events.get_nowait(), voice_only=voice_only)

    def _file(self, event: Event, *, voice_only: bool) -> None:
        """`voice_only`: a caller hears of the phone's messages too, and of those the phone tells."""
        now_s = time.monotonic()
        if isinstance(event, Voice):
            self.voices.append(Seen(event, now_s))
        elif isinstance(event, Failure):
            self.refusals.append(Seen(event, now_s))
        elif isinstance(event, Screen):
            self.fresh_screens.append(Seen(event, now_s))
        elif not voice_only:
            self.arrived.append(event)
            if (event.source, event.text) in self._old:
                self._old.remove((event.source, event.text))
            else:
                self.messages.append(Seen(event, now_s))
        self._changed.set()
