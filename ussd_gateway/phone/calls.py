"""A caller: the part of a phone that speaks to voice menus.  The port, and the one inside the gateway."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from ussd_gateway.access.phones import Phones
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.calls import Call, CallRefused, Calls
from ussd_gateway.phone.events import Event, Failure, SmsArrived, Voice
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import MobileTerminated

REFUSALS = {
    "no_service": "nobody answers at this number",
    "no_subscriber": "this phone has no account here",
    "busy": "all lines are busy",
    "unavailable": "the gateway has lost its store",
}


class Caller(Protocol):
    """One subscriber's phone, switched on between `open` and `close`, that can make one call at a time.

    Nothing is returned but what was not taken: what is heard, messages and refusals arrive as `events`.
    """

    msisdn: str
    events: asyncio.Queue[Event]

    async def open(self) -> None:
        """Switch on; raises a GatewayError when there is no network."""
        ...

    async def call(self, number: str) -> None:
        """Call a number."""
        ...

    async def press(self, keys: str) -> str:
        """Press keys; returns those left over because the call ended before them."""
        ...

    async def be_silent(self) -> None:
        """Let the time pass in which nobody presses a key."""
        ...

    async def hang_up(self) -> None:
        """Put the receiver down, if it is up."""
        ...

    async def close(self) -> None:
        """Switch off."""
        ...


class EmbeddedCaller:
    """`Caller` over the gateway object; also an `access.phones.LocalPhone` that shows messages only."""

    def __init__(self, msisdn: str, calls: Calls, phones: Phones) -> None:
        self.msisdn = msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._calls = calls
        self._phones = phones
        self._call: Call | None = None
        self._switch_off: Callable[[], None] = lambda: None

    async def open(self) -> None:
        self._switch_off = self._phones.subscribe(self.msisdn, self)

    async def close(self) -> None:
        self._switch_off()

    async def call(self, number: str) -> None:
        call = await self._calls.dial(self.msisdn, number)
        if isinstance(call, CallRefused):
            self.events.put_nowait(Failure(REFUSALS[call.reason]))
            return
        self._call = call
        self._listen()
        call.on_heard = self._listen

    async def press(self, keys: str) -> str:
        return await self._calls.press(self._call, keys) if self._call is not None else keys

    async def be_silent(self) -> None:
        if self._call is not None:
            await self._calls.be_silent(self._call)

    async def hang_up(self) -> None:
        if self._call is not None:
            self._calls.hang_up(self._call.id)
            self._call = None

    def _listen(self) -> None:
        if self._call is not None:
            for utterance in self._call.fetch():
                self.events.put_nowait(Voice(utterance.text, utterance.state))

    # ------------------------------------------------------------ access.phones.LocalPhone

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """A screen of a dialogue that another phone of this number has: not ours to show."""

    def text(self, message: OutMessage) -> None:
        """A short message; `parts` is how many it would take over the air."""
        parts = len(split_sms(message.text, 0))
        self.events.put_nowait(SmsArrived(message.source, message.text, parts))
