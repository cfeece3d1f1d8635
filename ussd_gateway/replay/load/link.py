"""One bind of a load: octets of many phones out, answers and what phones hear in.

`smpp.Session` has the life of the link: bind, enquire_link, unbind, whatever is rare.  Requests of phones and
their answers pass it by: they are numbered from `FIRST_SEQUENCE`, far above the session's own, and matched
here.  What one turn of the loop causes leaves in one write.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

from ussd_gateway.errors import GatewayError, PduError, SmppError
from ussd_gateway.replay.load.wire import ACCEPTED, Template, request
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.constants import (
    HEADER_OCTETS,
    MAX_SEQUENCE_NUMBER,
    CommandId,
    CommandStatus,
    InterfaceVersion,
    Npi,
    Ton,
    status_name,
)
from ussd_gateway.smpp.events import Event, ResponseReceived, SessionClosed
from ussd_gateway.smpp.limits import SessionConfig
from ussd_gateway.smpp.operations import error_response
from ussd_gateway.smpp.pdus import BindTransceiver, DataSm, DeliverSm
from ussd_gateway.smpp.session import Role, Session, SessionState
from ussd_gateway.smpp.timers import TimerConfig

FIRST_SEQUENCE = 0x0100_0000
MAX_COMMAND_LENGTH = 70_000
BIND_TIMEOUT_S = 10.0
UNBIND_TIMEOUT_S = 2.0
"""Of the last answers and the unbind together."""
STALL_S = 60.0
"""How long a gateway may leave an enquire_link unanswered."""

_HEADER = struct.Struct(">IIII")
_ANSWERS = (CommandId.SUBMIT_SM_RESP, CommandId.GENERIC_NACK)


class NoLink(SmppError):
    """There is no bind, or no longer; `status` is the peer's, when it gave one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Target:
    """Where to bind, and as whom; `window`: requests that may be unanswered at once on one bind."""

    host: str
    port: int
    system_id: str
    password: str
    binds: int = 4
    window: int = 100


class Asker(Protocol):
    """Whoever wants to know how its request was answered."""

    def answered(self, step: int, asked_s: float, status: int, now_s: float) -> None:
        """`step` and `asked_s` are what `submit` was given."""


class Ears(Protocol):
    """Whoever plays the phones."""

    def heard(self, pdu: DeliverSm | DataSm, link: "Link", now_s: float) -> None:
        """Something for a phone; it has been answered."""

    def lost(self, link: "Link", reason: str) -> None:
        """The link has gone without our asking."""


_Waiting = tuple[Template, bytes, int, Asker | None, int, float]


class Link(asyncio.Protocol):
    """One connection, bound as transceiver between `open` and `close`."""

    def __init__(self, target: Target, ears: Ears) -> None:
        self._target = target
        self._ears = ears
        self._loop = asyncio.get_running_loop()
        self._session = Session(
            Role.ESME,
            # Peers that forget sc_interface_version speak 3.4 all the same, or USSD would be impossible.
            # A gateway that stalls under load is what is to be seen, no reason to leave it.
            config=SessionConfig(
                silent_version=InterfaceVersion.V34,
                timers=TimerConfig(enquire_link_response_timer_s=STALL_S),
            ),
            now_s=self._loop.time(),
        )
        self._transport: asyncio.Transport
        self._bound: asyncio.Future[None] = self._loop.create_future()
        self._idle = asyncio.Event()
        self._gone = asyncio.Event()
        self._closing = False
        self._rest = b""
        self._out: list[bytes] = []
        self._flush_planned = False
        self._sequence = FIRST_SEQUENCE
        self._pending: dict[int, tuple[Asker | None, int, float, float]] = {}
        self._queue: deque[_Waiting] = deque()
        self.alive = False

    # ------------------------------------------------------------ what the generator calls

    @property
    def unanswered(self) -> int:
        """Requests sent and not answered, or not sent yet."""
        return len(self._pending) + len(self._queue)

    async def open(self) -> None:
        """Connect and bind; raises NoLink."""
        target = self._target
        try:
            async with asyncio.timeout(BIND_TIMEOUT_S):
                await self._loop.create_connection(lambda: self, target.host, target.port)
                await self._bound
        except TimeoutError:
            raise NoLink(f"no answer from {target.host}:{target.port}") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise NoLink(f"cannot connect to {target.host}:{target.port}: {reason}") from None

    async def close(self) -> None:
        """Let what was asked last be answered, unbind, and close whatever the peer says to that."""
        self._closing = True
        if self.alive:
            with suppress(TimeoutError):
                async with asyncio.timeout(UNBIND_TIMEOUT_S):
                    if self.unanswered:
                        await self._idle.wait()
                    self._session.unbind(self._loop.time())
                    self._touch()
                    await self._gone.wait()
        if hasattr(self, "_transport"):
            self._transport.abort()

    def submit(
        self,
        template: Template,
        msisdn: bytes,
        session_info: int,
        asker: Asker | None,
        step: int = 0,
        asked_s: float = 0.0,
    ) -> None:
        """Send a request, or keep it until the window is open again; `asker` hears of its answer."""
        if self._queue or len(self._pending) >= self._target.window:
            self._queue.append((template, msisdn, session_info, asker, step, asked_s))
        else:
            self._send((template, msisdn, session_info, asker, step, asked_s))

    def tick(self, now_s: float, answer_s: float) -> None:
        """Let the session's timers act, and give up what has not been answered for so long."""
        pending = self._pending
        while pending:
            sequence = next(iter(pending))
            if pending[sequence][3] + answer_s > now_s:
                break
            del pending[sequence]
        self._send_waiting()
        deadline_s = self._session.next_deadline_s()
        if deadline_s is not None and deadline_s <= now_s:
            self._act(self._session.tick(now_s))
            self._touch()

    # ------------------------------------------------------------ what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        target = self._target
        try:
            self._session.send_request(
                BindTransceiver(
                    system_id=target.system_id,
                    password=target.password,
                    interface_version=InterfaceVersion.V34,
                    addr_ton=Ton.INTERNATIONAL,
                    addr_npi=Npi.E164,
                ),
                self._loop.time(),
            )
        except GatewayError as error:
            self._fail(NoLink(str(error)))
            return
        self._flush()

    def data_received(self, data: bytes) -> None:
        now_s = self._loop.time()
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        pending, ears, out = self._pending, self._ears, self._out
        while end - at >= HEADER_OCTETS:
            length, command_id, status, sequence = _HEADER.unpack_from(data, at)
            if not HEADER_OCTETS <= length <= MAX_COMMAND_LENGTH:
                self._lose(f"a PDU of {length} octets")
                return
            stop = at + length
            if stop > end:
                break
            if command_id in _ANSWERS and sequence in pending:
                asker, step, asked_s, _ = pending.pop(sequence)
                if asker is not None:
                    asker.answered(step, asked_s, status, now_s)
            elif command_id in ACCEPTED and self.alive:
                frame = data[at:stop]
                pdu = self._read(frame)
                if pdu is not None:
                    before, after = ACCEPTED[command_id]
                    out += (before, frame[HEADER_OCTETS - 4 : HEADER_OCTETS], after)
                    ears.heard(pdu, self, now_s)
            else:
                self._act(self._session.receive(data[at:stop], now_s))
            at = stop
        self._rest = data[at:]
        if self._queue:
            self._send_waiting()
        elif self._closing and not pending:
            self._idle.set()
        self._touch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._act(self._session.connection_lost())
        self._idle.set()
        self._gone.set()
        self._lose("the gateway closed the connection" if exc is None else str(exc))

    # ------------------------------------------------------------ inside

    def _read(self, frame: bytes) -> DeliverSm | DataSm | None:
        """A delivery; one that cannot be read is refused."""
        try:
            return cast(DeliverSm | DataSm, decode(frame))
        except PduError as error:
            refusal = error_response(error.command_id, error.sequence_number, error.command_status)
            if refusal is not None:
                self._out.append(encode(refusal))
            return None

    def _send_waiting(self) -> None:
        while self._queue and len(self._pending) < self._target.window:
            self._send(self._queue.popleft())

    def _send(self, waiting: _Waiting) -> None:
        template, msisdn, session_info, asker, step, asked_s = waiting
        sequence = self._sequence
        self._sequence = sequence + 1 if sequence < MAX_SEQUENCE_NUMBER else FIRST_SEQUENCE
        self._pending[sequence] = (asker, step, asked_s, self._loop.time())
        self._out.append(request(template, msisdn, sequence, session_info))
        if not self._flush_planned:
            self._touch()

    def _act(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, ResponseReceived) and not self._bound.done():
                status = event.response.command_status
                if status == CommandStatus.ROK:
                    self.alive = True
                    self._bound.set_result(None)
                else:
                    name = status_name(status)
                    self._fail(NoLink(f"the gateway refused the bind: {name}", status))
            elif isinstance(event, SessionClosed) and not self._bound.done():
                self._fail(NoLink(event.reason.value))

    def _fail(self, error: NoLink) -> None:
        if not self._bound.done():
            self._bound.set_exception(error)

    def _lose(self, reason: str) -> None:
        """The end of the link, whoever wanted it."""
        self._fail(NoLink(reason))
        if self.alive:
            self.alive = False
            self._pending.clear()
            self._queue.clear()
            self._transport.abort()
            if not self._closing:
                self._ears.lost(self, reason)

    def _touch(self) -> None:
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        out = self._out
        octets = self._session.take_output()
        if octets:
            out.append(octets)
        if out and not self._transport.is_closing():
            self._transport.write(b"".join(out))
        out.clear()
        if self._session.state is SessionState.CLOSED:
            self._transport.close()
