"""Small SMPP servers with known manners, and a load on them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from benchmarks import wire
from benchmarks.echo import UssdEcho
from ussd_gateway.replay.load.arrivals import Plan
from ussd_gateway.replay.load.figures import Result
from ussd_gateway.replay.load.lean import lean
from ussd_gateway.replay.load.link import Target
from ussd_gateway.replay.load.play import play
from ussd_gateway.replay.loader import load_script

TALK = """
script: talk
steps:
  - dial: "*105#"
  - expect: {op: ask, contains: Счет}
  - send: "0"
  - expect: {op: end}
"""


class Counting(UssdEcho):
    """Answers everything at once; `requests` counts submit_sm over all connections."""

    requests = 0

    def data_received(self, data: bytes) -> None:
        type(self).requests += data.count(wire.SEQUENCE.pack(wire.SUBMIT_SM) + bytes(4))
        super().data_received(data)


class Stalling(Counting):
    """Stops once for `STALL_S`, as a server does that collects its garbage: nobody is answered meanwhile."""

    STALL_S = 0.3
    AFTER = 100
    held: list[tuple["Stalling", bytes]] | None = None
    stalled = False

    def data_received(self, data: bytes) -> None:
        kind = type(self)
        if kind.held is not None:
            kind.held.append((self, data))
            return
        if not kind.stalled and kind.requests >= self.AFTER:
            kind.stalled = True
            kind.held = [(self, data)]
            asyncio.get_running_loop().call_later(self.STALL_S, self._wake)
            return
        super().data_received(data)

    def _wake(self) -> None:
        kind = type(self)
        held, kind.held = kind.held or [], None
        for connection, data in held:
            connection.data_received(data)


class Leaving(Counting):
    """Closes every connection when it has had enough."""

    AFTER = 50

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.requests >= self.AFTER:
            self.transport.abort()


class Throttling(Counting):
    """Accepts the bind and refuses every message."""

    def data_received(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            length, command, _, sequence = wire.HEADER.unpack_from(data, position)
            if command == wire.SUBMIT_SM:
                self.transport.write(wire.HEADER.pack(16, wire.SUBMIT_SM_RESP, 0x58, sequence))
            else:
                super().data_received(data[position : position + length])
            position += length


class Silent(Counting):
    """Takes messages and says nothing."""

    def data_received(self, data: bytes) -> None:
        if wire.HEADER.unpack_from(data)[1] != wire.SUBMIT_SM:
            super().data_received(data)


@asynccontextmanager
async def listening(kind: type[Counting]) -> AsyncIterator[tuple[str, int]]:
    """The server, with counters of its own."""
    fresh = type(kind.__name__, (kind,), {"requests": 0, "stalled": False, "held": None})
    server = await asyncio.get_running_loop().create_server(fresh, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield host, port
    finally:
        server.close()


async def load_on(
    address: tuple[str, int],
    plan: Plan,
    *texts: str,
    binds: int = 2,
    window: int = 100,
    phones: Sequence[str] = (),
    password: str = "handset",
) -> Result:
    """Play scripts as load."""
    scripts = lean([load_script(text, file_name="test.yaml") for text in texts or (TALK,)])
    target = Target(*address, "handset", password, binds, window)
    return await play(scripts, plan, target, phones=phones)
