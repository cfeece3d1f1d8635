"""A phone behind an SMPP link: what a simulator of handsets sends to a centre, and hears from it.

USSD as `phone.network` has it.  The dialled string goes in short_message and its service code in
destination_addr, so that centres that look in either place find it.
"""

import asyncio
import random

from ussd_gateway.access.esme import Esme, LinkError
from ussd_gateway.clock import SystemClock
from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived
from ussd_gateway.phone.network import screen_op, service_code_of
from ussd_gateway.smpp.constants import (
    CommandStatus,
    EsmClass,
    Npi,
    ServiceType,
    Ton,
    UssdServiceOp,
    status_words,
)
from ussd_gateway.smpp.pdus import DataSm, DeliverSm, Pdu, SubmitSm
from ussd_gateway.smpp.text import choose_coding, decode_text
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, USSD_SERVICE_OP, message_octets
from ussd_gateway.sms.concat import Reassembler, read_piece, split_sms

ANSWER_TIMEOUT_S = 10.0
"""How long the centre may take to acknowledge what the phone sends."""


class SmppPhone:
    """`base.Phone` over one transceiver bind that asks for its own number's traffic only."""

    def __init__(self, msisdn: str, *, host: str, port: int, system_id: str, password: str) -> None:
        """Raises ValueError when the credentials are longer than a bind can carry."""
        self.msisdn = msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._esme = Esme(
            host,
            port,
            system_id,
            password,
            on_pdu=self._received,
            on_lost=self._link_lost,
            address_range=msisdn,
        )
        self._clock = SystemClock()
        self._reassembler = Reassembler()
        self._lost: Failure | None = None
        self._service_code = ""
        # The dialogue's 15-bit number, echoed by the centre; it starts anywhere, as phones share centres.
        self._dialogue = random.randrange(1, 0x8000)  # noqa: S311
        self._in_dialogue = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Bind; raises LinkError."""
        await self._esme.connect()

    async def close(self) -> None:
        await self._esme.close()

    async def dial(self, code: str) -> None:
        self._dialogue = self._dialogue % 0x7FFF + 1
        self._service_code = service_code_of(code)
        self._in_dialogue = True
        await self._send_ussd(UssdServiceOp.PSSR_INDICATION, code)

    async def answer(self, text: str) -> None:
        await self._send_ussd(UssdServiceOp.USSR_CONFIRM, text)

    async def hang_up(self) -> None:
        if self._in_dialogue:
            self._in_dialogue = False
            await self._send_ussd(UssdServiceOp.USER_ABORT, "")

    async def send_sms(self, to: str, text: str) -> None:
        reference = random.randrange(256)  # noqa: S311
        for part in split_sms(text, reference):
            pdu = self._submit(to)
            pdu.esm_class = part.esm_class
            pdu.data_coding = part.data_coding
            pdu.short_message = part.short_message
            await self._deliver(pdu)

    async def _send_ussd(self, op: int, text: str) -> None:
        pdu = self._submit(self._service_code)
        pdu.service_type = ServiceType.USSD
        pdu.data_coding, pdu.short_message = choose_coding(text)
        end = op == UssdServiceOp.USER_ABORT
        session_info = (self._dialogue << 1 | end).to_bytes(2, "big")
        pdu.tlvs = [USSD_SERVICE_OP(op), ITS_SESSION_INFO(session_info)]
        await self._deliver(pdu)

    def _submit(self, to: str) -> SubmitSm:
        return SubmitSm(
            source_addr_ton=Ton.INTERNATIONAL,
            source_addr_npi=Npi.E164,
            source_addr=self.msisdn,
            dest_addr_ton=Ton.UNKNOWN,
            dest_addr_npi=Npi.E164,
            destination_addr=to,
        )

    async def _deliver(self, pdu: SubmitSm) -> None:
        """Send it; a refusal becomes an event, as the phone's owner would see it on the display."""
        if self._lost is not None:
            self.events.put_nowait(self._lost)
            return
        try:
            response = await self._esme.submit(pdu, ANSWER_TIMEOUT_S)
        except LinkError as error:
            if self._lost is None:
                self.events.put_nowait(Failure(error.reason, error.status))
            return
        status = response.command_status
        if status != CommandStatus.ROK:
            self.events.put_nowait(Failure(f"the gateway refused: {status_words(status)}", status))

    def _link_lost(self, error: LinkError) -> None:
        self._lost = Failure(error.reason, error.status, final=True)
        self.events.put_nowait(self._lost)

    # ------------------------------------------------------------ from the centre

    def _received(self, pdu: Pdu) -> None:
        if not isinstance(pdu, DeliverSm | DataSm) or pdu.destination_addr.lstrip("+") != self.msisdn:
            return
        op = USSD_SERVICE_OP.octets(pdu)
        if op or pdu.service_type == ServiceType.USSD:
            self._screen(pdu, op)
        elif not pdu.esm_class & EsmClass.TYPE_MASK:  # anything else there is a receipt
            self._text(pdu)

    def _screen(self, pdu: DeliverSm | DataSm, op: bytes | None) -> None:
        session_info = ITS_SESSION_INFO.octets(pdu) or b""
        word = int.from_bytes(session_info, "big") if len(session_info) == 2 else self._dialogue << 1
        kind = screen_op(op, word)
        if kind == "notify":
            # Sent from a task of its own: its answer is read by whoever called us.
            task = asyncio.create_task(self._confirm(pdu.source_addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            # A centre may number the dialogue itself: from now on its number is the one that counts.
            self._dialogue = word >> 1 or self._dialogue
            self._in_dialogue = kind == "ask"
            if kind == "ask":
                self._service_code = pdu.source_addr
        text = decode_text(message_octets(pdu), pdu.data_coding, ussd=True)
        self.events.put_nowait(Screen(kind, text, pdu.source_addr, f"{word >> 1:04x}"))

    def _text(self, pdu: DeliverSm | DataSm) -> None:
        piece = read_piece(pdu)
        text = self._reassembler.add(self.msisdn, piece, self._clock.now_ms())
        if text is not None:
            parts = piece.key.total if piece.key else 1
            self.events.put_nowait(SmsArrived(pdu.source_addr, text, parts))

    async def _confirm(self, service_code: str) -> None:
        """Tell the centre that its notification was shown (3GPP TS 24.090 §6)."""
        pdu = self._submit(service_code)
        pdu.service_type = ServiceType.USSD
        pdu.tlvs = [USSD_SERVICE_OP(UssdServiceOp.USSN_CONFIRM)]
        await self._deliver(pdu)
