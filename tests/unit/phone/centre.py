"""A message centre made of frames: accepts binds and submits, and does to a client whatever a test asks."""

import asyncio
from collections.abc import Callable

from ussd_gateway.smpp.codec import decode, encode, read_header
from ussd_gateway.smpp.constants import CommandId
from ussd_gateway.smpp.pdus import (
    RESPONSE_TYPES,
    BindTransceiver,
    DataSm,
    DataSmResp,
    EnquireLink,
    EnquireLinkResp,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)

Answer = Callable[[Pdu], Pdu | bytes | None]


class Centre:
    """Start it, connect one client; `received` holds everything the client sent, in order."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[Pdu] = asyncio.Queue()
        self.bind_answer: Answer = lambda bind: RESPONSE_TYPES[bind.command_id](
            sequence_number=bind.sequence_number
        )
        self.submit_answer: Answer = self._accept
        self.unbind_answer: Answer = lambda unbind: UnbindResp(sequence_number=unbind.sequence_number)
        self.port = 0
        self._sequence = 0
        self._message_id = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "Centre":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()

    def send(self, what: Pdu | bytes) -> None:
        """To the client; a PDU without a sequence number gets the next one."""
        if isinstance(what, Pdu) and not what.sequence_number:
            self._sequence += 1
            what.sequence_number = self._sequence
        self._writers[-1].write(what if isinstance(what, bytes) else encode(what))

    async def next(self, kind: type[Pdu] = Pdu) -> Pdu:
        """The next PDU of this kind that the client sends; others are passed over."""
        while True:
            pdu = await asyncio.wait_for(self.received.get(), 5)
            if isinstance(pdu, kind):
                return pdu

    def _accept(self, request: Pdu) -> Pdu:
        self._message_id += 1
        answer = SubmitSmResp if isinstance(request, SubmitSm) else DataSmResp
        return answer(sequence_number=request.sequence_number, message_id=str(self._message_id))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while True:
                head = await reader.readexactly(16)
                frame = head + await reader.readexactly(read_header(head).command_length - 16)
                self._handle(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _handle(self, frame: bytes) -> None:
        pdu = decode(frame)
        self.received.put_nowait(pdu)
        answer: Pdu | bytes | None = None
        if read_header(frame).command_id in (
            CommandId.BIND_RECEIVER,
            CommandId.BIND_TRANSMITTER,
            BindTransceiver.command_id,
        ):
            answer = self.bind_answer(pdu)
        elif isinstance(pdu, SubmitSm | DataSm):
            answer = self.submit_answer(pdu)
        elif isinstance(pdu, Unbind):
            answer = self.unbind_answer(pdu)
        elif isinstance(pdu, EnquireLink):
            answer = EnquireLinkResp(sequence_number=pdu.sequence_number)
        if answer is not None:
            self.send(answer)
