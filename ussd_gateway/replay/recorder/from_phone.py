"""A phone of our own that takes notes: whatever the way to the gateway, and whosever that is.

Where the gateway is ours its back room tells the names of screens and how far its clock was moved.  Which
texts are secret nobody tells a phone: that is left to the rules of thumb of `values`.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from ussd_gateway.errors import GatewayError
from ussd_gateway.phone.base import Phone
from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived
from ussd_gateway.replay.lab import BackRoom
from ussd_gateway.replay.recorder.live import Hands
from ussd_gateway.replay.recorder.notes import Kind, Note
from ussd_gateway.replay.recorder.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Moment:
    """The gateway's time, and how far its clock was moved since the moment before."""

    at_ms: int
    moved_ms: int = 0


class RecordingPhone:
    """`base.Phone` around another one that is switched on; what happens goes to the recorder, too."""

    def __init__(self, phone: Phone, recorder: Recorder, back_room: BackRoom | None) -> None:
        self.msisdn = phone.msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._phone = phone
        self._recorder = recorder
        self._back_room = back_room
        self._hands = Hands()
        self._movable = False
        self._awaiting = False
        self._in_dialogue = False

    async def open(self) -> None:
        """Look at the gateway's clock; the phone itself is on already."""
        if self._back_room is not None:
            self._movable = await self._back_room.can_move_time()
            await self._now()

    async def close(self) -> None:
        """The phone itself is somebody else's to switch off."""

    async def dial(self, code: str) -> None:
        await self._note("dial", code)
        self._awaiting = self._in_dialogue = True
        await self._phone.dial(code)

    async def answer(self, text: str) -> None:
        await self._note("send", text)
        self._awaiting = True
        await self._phone.answer(text)

    async def hang_up(self) -> None:
        if self._in_dialogue:
            await self._note("cancel", "")
        await self._phone.hang_up()

    async def send_sms(self, to: str, text: str) -> None:
        await self._note("sms", text, peer=to)
        await self._phone.send_sms(to, text)

    async def listen(self) -> None:
        """Take in what arrives, for ever."""
        while True:
            event = await self._phone.events.get()
            # Whoever waits for it must not be kept from it by a gateway that goes away meanwhile.
            with suppress(GatewayError):
                await self._take(event)
            self.events.put_nowait(event)
            self._phone.events.task_done()

    # ------------------------------------------------------------ noting

    async def _take(self, event: Event) -> None:
        now = await self._now()
        if isinstance(event, SmsArrived):
            message = Note(
                now.at_ms, "message", event.text, peer=event.source, parts=event.parts, moved_ms=now.moved_ms
            )
            self._recorder.add(message)
        elif isinstance(event, Screen):
            await self._take_screen(event, now)
        elif isinstance(event, Failure):
            self._awaiting = self._in_dialogue = False
            kind: Kind = "remark" if event.final else "refusal"
            note = Note(now.at_ms, kind, event.reason, status=event.status, moved_ms=now.moved_ms)
            self._recorder.add(note)

    async def _take_screen(self, screen: Screen, now: Moment) -> None:
        """A screen nobody asked for is a push, or the end of a dialogue whose time is over."""
        moved_ms = now.moved_ms
        self._in_dialogue = screen.op == "ask" or (screen.op == "notify" and self._in_dialogue)
        if not self._awaiting and self._back_room is None and screen.op != "end":
            # Somebody else's gateway cannot be made to show it again.
            self._recorder.add(Note(now.at_ms, "remark", f"the network shows by itself: {screen.text}"))
            return
        pushed = not self._awaiting and screen.op != "end"
        if pushed:
            self._recorder.add(Note(now.at_ms, "push", screen.text, op=screen.op, moved_ms=moved_ms))
        elif not self._awaiting:
            self._recorder.add(Note(now.at_ms, "timeout", moved_ms=moved_ms))
        alone = moved_ms if self._awaiting else 0
        self._awaiting = False
        name = None
        if self._back_room is not None and not pushed and screen.op != "notify":
            name = await self._back_room.screen(self.msisdn)
        self._recorder.add(
            Note(now.at_ms, "screen", screen.text, op=screen.op, screen=name or "", moved_ms=alone)
        )

    async def _note(self, kind: Kind, text: str, *, peer: str = "") -> None:
        await self._phone.events.join()  # what has come already came before
        now = await self._now()
        self._recorder.add(Note(now.at_ms, kind, text, peer=peer, moved_ms=now.moved_ms))

    async def _now(self) -> Moment:
        if self._back_room is None:
            return Moment(time.time_ns() // 1_000_000)
        now_ms = await self._back_room.now_ms()
        return Moment(now_ms, self._hands.moved_ms(now_ms) if self._movable else 0)


@asynccontextmanager
async def recording(
    phone: Phone, recorder: Recorder, back_room: BackRoom | None = None
) -> AsyncIterator[RecordingPhone]:
    """A phone that takes notes inside the block; `back_room` where the gateway is ours.  GatewayError."""
    taking = RecordingPhone(phone, recorder, back_room)
    await taking.open()
    listening = asyncio.create_task(taking.listen())
    try:
        yield taking
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
