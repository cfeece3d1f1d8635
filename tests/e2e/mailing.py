"""An application and a phone behind real sockets, for tests of short messages between them."""

from collections import deque
from typing import Any

from tests.unit.access.wire import Peer
from tests.world import World
from ussd_gateway.smpp.constants import RESPONSE_BIT
from ussd_gateway.smpp.pdus import (
    AlertNotification,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    SubmitSm,
    SubmitSmResp,
)
from ussd_gateway.smpp.tlvs import message_octets

ANNA = "79261234567"
BORIS = "79261234568"
CODE = "7070"


class Correspondent(Peer):
    """A bound peer that may be told something while it waits for an answer; that is kept for `hear`."""

    def __init__(self, *streams: Any) -> None:
        super().__init__(*streams)
        self.heard: deque[Pdu] = deque()
        self.alerts: list[AlertNotification] = []

    async def ask(self, request: Pdu) -> Pdu:
        self.send(request)
        while True:
            pdu = await self.read()
            if pdu.command_id & RESPONSE_BIT and pdu.sequence_number == request.sequence_number:
                return pdu
            if isinstance(pdu, AlertNotification):
                self.alerts.append(pdu)
            else:
                self.heard.append(pdu)

    async def hear(self, status: int = 0) -> DeliverSm:
        """The next message, answered with a status."""
        pdu = await self.next_request()
        assert isinstance(pdu, DeliverSm), pdu
        self.answer(pdu, status)
        return pdu

    async def hear_data(self) -> DataSm:
        """The next message, which comes as data_sm, answered."""
        pdu = await self.next_request()
        assert isinstance(pdu, DataSm), pdu
        self.answer(pdu)
        return pdu

    async def next_request(self) -> Pdu:
        """The next request, not answered."""
        while not self.heard:
            pdu = await self.read()
            if not isinstance(pdu, AlertNotification):
                return pdu
            self.alerts.append(pdu)
        return self.heard.popleft()

    def answer(self, pdu: DeliverSm | DataSm, status: int = 0) -> None:
        kind = DeliverSmResp if isinstance(pdu, DeliverSm) else DataSmResp
        self.send(kind(sequence_number=pdu.sequence_number, command_status=status))

    async def submit(self, text: bytes = b"Hello", to: str = ANNA, **fields: Any) -> str:
        """Submit a message, which is accepted; its id."""
        answer = await self.ask(submitted(text, to, **fields))
        assert isinstance(answer, SubmitSmResp)
        assert answer.command_status == 0, hex(answer.command_status)
        return answer.message_id

    async def status_of(self, request: Pdu) -> int:
        """Send a request; the status of the answer."""
        return (await self.ask(request)).command_status


def submitted(text: bytes = b"Hello", to: str = ANNA, **fields: Any) -> SubmitSm:
    """What an application submits."""
    fields = {"source_addr": CODE, "dest_addr_ton": 1, "dest_addr_npi": 1, **fields}
    return SubmitSm(destination_addr=to, short_message=text, **fields)


async def application(world: World, mode: str = "trx", **options: Any) -> Correspondent:
    """The shipped account `app`, bound."""
    assert world.app.smpp_address is not None
    peer = await Correspondent.bind(
        world.app.smpp_address, mode, **{"system_id": "app", "password": "app", **options}
    )
    assert isinstance(peer, Correspondent)
    return peer


async def phone(world: World, msisdn: str = ANNA) -> Correspondent:
    """A simulator with this one phone, bound."""
    assert world.app.smpp_address is not None
    peer = await Correspondent.bind(world.app.smpp_address, address_range=msisdn)
    assert isinstance(peer, Correspondent)
    return peer


def text_of(pdu: DeliverSm | DataSm) -> str:
    """The text of a message in Latin letters, or of a receipt."""
    return message_octets(pdu).decode("ascii")
