"""A peer made of a bare socket: sends octets as they are, reads one PDU at a time."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.pdus import (
    Bind,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    SubmitSm,
)
from ussd_gateway.smpp.tlvs import USSD_SERVICE_OP

PATIENCE_S = 5.0
"""How long a test waits for something that must come."""

BINDS: dict[str, type[Bind]] = {"tx": BindTransmitter, "rx": BindReceiver, "trx": BindTransceiver}


class Peer:
    """One connection to a listener.  `sequence` numbers its requests."""

    everyone: "list[Peer]" = []  # noqa: RUF012  (all that a test has opened, for `no_peer_left`)

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.sequence = 0
        self.everyone.append(self)

    @classmethod
    async def connect(cls, address: str, **options) -> "Peer":
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host.strip("[]"), int(port), **options))

    @classmethod
    async def bind(
        cls,
        address: str,
        mode: str = "trx",
        *,
        system_id: str = "handset",
        password: str = "handset",
        address_range: str = "",
        version: int = 0x34,
    ) -> "Peer":
        """Connect and bind; the bind must succeed."""
        peer = await cls.connect(address)
        response = await peer.ask(
            BINDS[mode](
                system_id=system_id,
                password=password,
                address_range=address_range,
                interface_version=version,
            )
        )
        assert response.command_status == 0, response
        return peer

    def send(self, *pdus: Pdu) -> None:
        """Write PDUs in one piece; requests without a sequence number get the next one."""
        octets = b""
        for pdu in pdus:
            if not pdu.sequence_number:
                self.sequence += 1
                pdu.sequence_number = self.sequence
            octets += encode(pdu)
        self.writer.write(octets)

    async def octets(self) -> bytes:
        """The next PDU as it came."""
        async with asyncio.timeout(PATIENCE_S):
            length = await self.reader.readexactly(4)
            return length + await self.reader.readexactly(int.from_bytes(length, "big") - 4)

    async def read(self) -> Pdu:
        """The next PDU."""
        return decode(await self.octets())

    async def ask(self, request: Pdu) -> Pdu:
        """Send a request and read what comes next."""
        self.send(request)
        return await self.read()

    async def screen(self, status: int = 0) -> DeliverSm:
        """The next PDU, which must be a deliver_sm; it is answered."""
        request = await self.read()
        assert isinstance(request, DeliverSm), request
        self.send(DeliverSmResp(sequence_number=request.sequence_number, command_status=status))
        return request

    async def ended(self) -> bool:
        """Whether the listener closes the connection, with nothing more to say."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read() == b""
            except ConnectionResetError:
                return True

    def close(self) -> None:
        self.writer.transport.abort()


def dial(msisdn: str, text: str, op: int = 1, **fields) -> SubmitSm:
    """What a simulator sends when its phone dials (op 1), answers (18) or hangs up (129)."""
    fields.setdefault("tlvs", [USSD_SERVICE_OP(op)])
    return SubmitSm(
        service_type="USSD",
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=msisdn,
        destination_addr="*105#",
        short_message=text.encode("ascii"),
        **fields,
    )


def sms(msisdn: str, to: str, text: bytes, **fields) -> SubmitSm:
    """What a simulator sends when its phone sends a message."""
    return SubmitSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=msisdn,
        destination_addr=to,
        short_message=text,
        **fields,
    )


@pytest.fixture(autouse=True)
async def no_peer_left() -> AsyncIterator[None]:
    """Cuts every connection a test has opened; import it into a module to have it run there."""
    yield
    for peer in Peer.everyone:
        peer.close()
    Peer.everyone.clear()
    await asyncio.sleep(0)
