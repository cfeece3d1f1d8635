"""The yardstick: an asyncio server that accepts every submit_sm and does nothing with it.

What asyncio and the sockets alone cost on this machine.  It binds anybody, answers submit_sm with a
submit_sm_resp of fixed message_id, and keeps nothing.  `python -m benchmarks.echo PORT`.
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


async def serve(port: int) -> None:
    """Listen on loopback until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Run under uvloop when it is installed, as the gateway does."""
    port = int(sys.argv[1])
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(port))
    else:
        uvloop.run(serve(port))


if __name__ == "__main__":
    main()
