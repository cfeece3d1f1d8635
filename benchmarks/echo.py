"""The yardstick: an asyncio server that accepts every submit_sm and does nothing with it.

What asyncio and the sockets alone cost on this machine.  It binds anybody, answers submit_sm with a
submit_sm_resp of fixed message_id, and keeps nothing.  `python -m benchmarks.echo PORT`.  With `ussd` behind
the port each submit_sm of a dialogue also gets a screen, always the same: it asks, or after `0` ends.
"""

import asyncio
import sys
from typing import cast

from benchmarks import wire

ANSWERS = {
    wire.BIND_TRANSCEIVER: b"echo\0",
    wire.SUBMIT_SM: b"0000000001\0",
    wire.ENQUIRE_LINK: b"",
    wire.UNBIND: b"",
}


class Echo(asyncio.Protocol):
    """One connection: whole PDUs in, their responses out in one write."""

    def __init__(self) -> None:
        self.tail = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports inherit from neither

    def data_received(self, data: bytes) -> None:
        if self.tail:
            data = self.tail + data
        position, available = 0, len(data)
        answers = []
        while available - position >= wire.HEADER_SIZE:
            length, command, _, sequence = wire.HEADER.unpack_from(data, position)
            if position + length > available:
                break
            body = ANSWERS.get(command)
            if body is not None:
                answers.append(wire.pdu(command | wire.RESPONSE, sequence, body))
            position += length
        self.tail = data[position:]
        if answers:
            self.transport.write(b"".join(answers))


SCREEN = "1 Счет\n2 Услуги\n3 Тарифы\n4 Бонус\n0 Выход".encode("utf-16-be")
UCS2 = 8
FIELDS_BEHIND_ADDRESSES = bytes(7) + bytes([UCS2, 0, len(SCREEN)]) + SCREEN
USSD_SERVICE_OP = b"\x05\x01\x00\x01"


class UssdEcho(Echo):
    """One connection: each step of a dialogue is answered with a screen as well."""

    sequence = 0

    def data_received(self, data: bytes) -> None:
        if self.tail:
            data, self.tail = self.tail + data, b""
        super().data_received(data)
        position, end = 0, len(data) - len(self.tail)
        screens = []
        while position < end:
            length, command, _, _ = wire.HEADER.unpack_from(data, position)
            if command == wire.SUBMIT_SM:
                screens.append(self._screen(data[position + wire.HEADER_SIZE : position + length]))
            position += length
        self.transport.write(b"".join(screens))

    def _screen(self, body: bytes) -> bytes:
        """What answers a submit_sm of this body; its TLVs go back, but for the operation."""
        at = body.index(0) + 1
        middle = body.index(0, at + 2) + 1
        stop = body.index(0, middle + 2) + 1
        service_type, source, destination, behind = body[:at], body[at:middle], body[middle:stop], body[stop:]
        text = behind[10 : 10 + behind[9]]
        op, *others = behind[10 + behind[9] :].split(USSD_SERVICE_OP)[1:]
        if op[0] not in (wire.OP_BEGIN, wire.OP_ANSWER):
            return b""
        answer = wire.OP_END if text == b"0" else wire.OP_REQUEST
        tlvs = [USSD_SERVICE_OP, bytes([answer]), op[1:], *others]
        self.sequence += 1
        return wire.pdu(
            wire.DELIVER_SM,
            self.sequence,
            b"".join([service_type, destination, source, FIELDS_BEHIND_ADDRESSES, *tlvs]),
        )


async def serve(port: int, protocol: type[Echo]) -> None:
    """Listen on loopback until the process is ended."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Run under uvloop when it is installed, as the gateway does."""
    port = int(sys.argv[1])
    protocol = UssdEcho if sys.argv[2:] == ["ussd"] else Echo
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(port, protocol))
    else:
        uvloop.run(serve(port, protocol))


if __name__ == "__main__":
    main()
