"""A phone inside the gateway's own process: no socket, no PDU, the same dialogues and messages."""

import asyncio
from collections.abc import Callable

from ussd_gateway.access.phones import Phones
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.gateway import Gateway
from ussd_gateway.phone.events import Event, Failure, Screen, ScreenOp, SmsArrived
from ussd_gateway.ports import Ids, MoSms, SmsRefused
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import Abort, Ask, Begin, Confirm, Continue, End, MobileTerminated, Notify

ACCESS = "embedded"

_OPS: dict[type[MobileTerminated], ScreenOp] = {Ask: "ask", End: "end", Notify: "notify"}
_REFUSALS = {
    "no_service": "nobody has this number",
    "no_subscriber": "this phone has no account here",
}


class EmbeddedPhone:
    """`base.Phone` over the gateway object; also an `access.phones.LocalPhone`."""

    def __init__(self, msisdn: str, gateway: Gateway, phones: Phones, ids: Ids) -> None:
        self.msisdn = msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._gateway = gateway
        self._phones = phones
        self._ids = ids
        self._in_dialogue = False
        self._confirming: set[asyncio.Task[None]] = set()
        self._switch_off: Callable[[], None] = lambda: None

    async def open(self) -> None:
        self._switch_off = self._phones.subscribe(self.msisdn, self)

    async def close(self) -> None:
        self._switch_off()

    async def dial(self, code: str) -> None:
        if self._in_network():
            self._in_dialogue = True
            await self._gateway.ussd(Begin(self.msisdn, code, ACCESS))

    async def answer(self, text: str) -> None:
        if self._in_network():
            await self._gateway.ussd(Continue(self.msisdn, text, ACCESS))

    async def hang_up(self) -> None:
        if self._in_dialogue:
            self._in_dialogue = False
            await self._gateway.ussd(Abort(self.msisdn, ACCESS))

    async def send_sms(self, to: str, text: str) -> None:
        if not self._in_network():
            return
        message = MoSms(self._ids.message_id(), self.msisdn, to, text, ACCESS)
        result = await self._gateway.sms(message)
        if isinstance(result, SmsRefused):
            self.events.put_nowait(Failure(_REFUSALS.get(result.reason, result.reason)))

    def _in_network(self) -> bool:
        """Whether the network hears the phone; else it is told that there is none."""
        states = self._phones.states
        if states.away(self.msisdn):
            self._in_dialogue = False
            self.events.put_nowait(Failure(f"the phone is {states.of(self.msisdn).replace('_', ' ')}"))
        return not states.away(self.msisdn)

    # ------------------------------------------------------------ access.phones.LocalPhone

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        """A screen of a dialogue of this number."""
        op = _OPS[type(primitive)]
        if op == "notify":
            # Shown is confirmed, once the gateway is done with showing it (3GPP TS 24.090 §6).
            task = asyncio.get_running_loop().create_task(self._gateway.ussd(Confirm(self.msisdn, ACCESS)))
            self._confirming.add(task)
            task.add_done_callback(self._confirming.discard)
        else:
            self._in_dialogue = op == "ask"
        self.events.put_nowait(Screen(op, primitive.text, dialogue.service_code, dialogue.id))

    def text(self, message: OutMessage) -> None:
        """A short message; `parts` is how many it would take over the air."""
        parts = len(split_sms(message.text, 0))
        self.events.put_nowait(SmsArrived(message.source, message.text, parts))
