"""The ESME end of an SMPP link: the one adapter over aiosmpplib, and the only module that knows its faults.

Somebody else's `submit_sm` goes out and `deliver_sm` comes in here: a phone on the command line, a
session script.  The library keeps the connection: bind, enquire_link, unbind, queue, window.  It is not
asked to read or write messages, since its codec refuses empty texts, binary TLVs, vendor statuses and
half of the data codings (SMPP 3.4 allows them all):

- out: `_Outgoing` carries octets made by our codec through its queue, under its sequence numbers;
- in: `_Client._get_pdu` hands every message to our codec and answers it, and passes on to the library only
  enquire_link, unbind and their answers, cut down to what it reads faithfully;
- the library's correlator looks through everything it holds for each answer: ours is a dictionary;
- it reconnects for ever and in silence: here a lost link is an error for the caller to judge.
"""

import asyncio
import logging
import struct
from asyncio import IncompleteReadError, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

import structlog
from aiosmpplib import (
    ESME,
    NPI,
    TON,
    AbstractBroker,
    AbstractHook,
    AbstractRateLimiter,
    BindMode,
    PduHeader,
    SmppMessage,
    SmppSessionState,
)
from aiosmpplib import SubmitSm as LibrarySubmitSm
from aiosmpplib.correlator import SimpleCorrelator
from aiosmpplib.retrytimer import AbstractRetryTimer

from ussd_gateway.access.esme_errors import LinkError, NotSentError, plainly
from ussd_gateway.access.esme_pieces import LinkEnded, LogBridge
from ussd_gateway.access.tap import Direction
from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import Header, decode, encode, read_header
from ussd_gateway.smpp.constants import (
    HEADER_OCTETS,
    RESPONSE_BIT,
    CommandId,
    CommandStatus,
    Npi,
    Ton,
    command_name,
    status_name,
)
from ussd_gateway.smpp.pdus import RESPONSE_TYPES, DataSm, GenericNack, Pdu, SubmitSm

__all__ = ["Esme", "LinkError", "Mode", "NotSentError"]

log = structlog.get_logger(__name__)

Mode = Literal["trx", "tx", "rx"]

MAX_COMMAND_LENGTH = 70_000
"""The longest PDU taken from the peer, octets: 64 KiB of message_payload and the rest."""

ENQUIRE_LINK_S = 30.0
UNBIND_TIMEOUT_S = 3.0

_MODES = {"trx": BindMode.TRANSCEIVER, "tx": BindMode.TRANSMITTER, "rx": BindMode.RECEIVER}
_HEADER = struct.Struct(">IIII")
_LINK_COMMANDS = frozenset(
    command | direction
    for command in (CommandId.ENQUIRE_LINK, CommandId.UNBIND)
    for direction in (0, RESPONSE_BIT)
)


class Esme:
    """One bind to a message centre.

    `on_pdu` gets every deliver_sm, data_sm and alert_notification, decoded by our codec, in the order they
    came; they are answered ESME_ROK when it returns, or with the command_status that it makes awaited,
    while the next ones are read.  `on_lost` is told once when the link goes away without our asking.
    `on_frame` sees every PDU as it passes.
    """

    def __init__(
        self,
        host: str,
        port: int,
        system_id: str,
        password: str,
        *,
        on_pdu: Callable[[Pdu], Awaitable[int] | None],
        on_lost: Callable[[LinkError], None] = lambda error: None,
        on_frame: Callable[[Direction, bytes], None] = lambda direction, frame: None,
        mode: Mode = "trx",
        address_range: str = "",
        window: int = 100,
        connect_timeout_s: float = 10.0,
    ) -> None:
        """Raises ValueError when a credential is longer than a bind can carry (SMPP 3.4 §5.2.1-5.2.2)."""
        self._place = f"{host}:{port}"
        self._on_pdu = on_pdu
        self._on_lost = on_lost
        self.on_frame = on_frame
        self._waiting: dict[int, _Outgoing] = {}
        self._queue = _Queue()
        self._window = _Window(window)
        self._lost: LinkError | None = None
        self._closing = False
        self._running: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._client = _Client(
            self,
            smsc_host=host,
            smsc_port=port,
            system_id=system_id,
            password=password,
            bind_mode=_MODES[mode],
            addr_ton=TON(Ton.INTERNATIONAL if address_range else Ton.UNKNOWN),
            addr_npi=NPI(Npi.E164 if address_range else Npi.UNKNOWN),
            address_range=address_range,
            enquire_link_interval=ENQUIRE_LINK_S,
            socket_timeout=connect_timeout_s,
            broker=self._queue,
            rate_limiter=self._window,
            correlator=_Correlator(system_id),
            hook=_Hook(self),
            retry_timer=_NoRetry(),
            log_handler=LogBridge(),
            log_level=logging.WARNING,
        )

    async def connect(self) -> None:
        """Connect and bind; raises LinkError with the peer's status, or without one when nobody answered."""
        try:
            await self._client.connect()
        except LinkError:
            self._client.drop()
            raise
        except TimeoutError:
            self._client.drop()
            raise LinkError(f"no answer from {self._place}") from None
        except (OSError, IncompleteReadError) as error:
            self._client.drop()
            raise LinkError(f"could not connect to {self._place}: {plainly(error)}") from error
        self._running = asyncio.create_task(self._client.start(), name="esme")
        self._running.add_done_callback(self._ended)

    async def submit(self, pdu: SubmitSm | DataSm, timeout_s: float = 10.0) -> Pdu:
        """Send a message and return the answer: the typed response, or a GenericNack.

        Look at its command_status.  Raises LinkError when no answer came within `timeout_s` or the link
        is gone; whether the peer took the message is then unknown.  NotSentError: it did not.
        """
        if self._lost is not None:
            raise NotSentError(self._lost.reason)
        if self._running is None or self._closing:
            raise NotSentError(f"not bound to {self._place}")
        outgoing = _Outgoing(encode(pdu))
        await self._queue.enqueue(outgoing)
        try:
            return await asyncio.wait_for(outgoing.answer, timeout_s)
        except TimeoutError:
            name = command_name(pdu.command_id)
            raise LinkError(f"no answer to {name} within {timeout_s:g} s") from None
        finally:
            self._forget(outgoing.sequence_num)

    async def close(self) -> None:
        """Unbind and disconnect; a peer that does not answer the unbind is left after a moment."""
        self._closing = True
        if self._running is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._client.stop(), UNBIND_TIMEOUT_S)
            self._running.cancel()
            await asyncio.wait([self._running])
        self._client.drop()

    def sent(self, outgoing: "_Outgoing") -> None:
        """Called before the octets leave, so that no answer can come too early."""
        self._waiting[outgoing.sequence_num] = outgoing

    def _forget(self, sequence_number: int) -> "_Outgoing | None":
        outgoing = self._waiting.pop(sequence_number, None)
        if outgoing is not None:
            self._window.free()
        return outgoing

    def answered(self, frame: bytes, header: Header) -> None:
        """The peer has answered a message of ours; answers to nothing are ignored (SMPP 3.4 §3.2)."""
        outgoing = self._forget(header.sequence_number)
        if outgoing is None or outgoing.answer.done():
            return
        try:
            outgoing.answer.set_result(decode(frame))
        except PduError:
            name = command_name(header.command_id)
            outgoing.answer.set_exception(LinkError(f"unreadable {name}", header.command_status))

    async def received(self, frame: bytes, header: Header) -> None:
        """A message of the peer: tell the owner, and answer it now or when the owner is done with it."""
        response_type = RESPONSE_TYPES.get(header.command_id, GenericNack)
        sequence_number = header.sequence_number
        try:
            pdu = decode(frame)
        except PduError as error:
            status = error.command_status
            await self._client.write(response_type(command_status=status, sequence_number=sequence_number))
            return
        if header.command_id not in _TAKEN:
            status = CommandStatus.RINVCMDID
            await self._client.write(GenericNack(command_status=status, sequence_number=sequence_number))
            return
        done = self._on_pdu(pdu)
        if header.command_id == CommandId.ALERT_NOTIFICATION:
            return
        response = response_type(sequence_number=sequence_number)
        if done is None:
            await self._client.write(response)
            return
        task = asyncio.create_task(self._answer_when(done, response))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer_when(self, done: Awaitable[int], response: Pdu) -> None:
        try:
            response.command_status = await done
        except Exception:
            log.exception("message not taken", response=command_name(response.command_id))
            response.command_status = CommandStatus.RSYSERR
        with suppress(OSError):  # whoever keeps the link hears that it is lost
            await self._client.write(response)

    def unbinding(self) -> None:
        """Either side has said unbind: nothing more will be sent."""
        self._queue.close()
        if not self._closing:
            self.lost(LinkError(f"{self._place} has unbound"))

    def lost(self, error: LinkError) -> None:
        """The link has gone: nobody waits for an answer any longer."""
        self._queue.close()
        if self._lost is not None:
            return
        self._lost = error
        unsent = NotSentError(error.reason)
        left = [(outgoing, unsent) for outgoing in self._queue.left()]
        for outgoing, reason in [*((sent, error) for sent in self._waiting.values()), *left]:
            if not outgoing.answer.done():
                outgoing.answer.set_exception(reason)
        if not self._closing:
            self._on_lost(error)

    def _ended(self, running: "asyncio.Task[None]") -> None:
        error = None if running.cancelled() else running.exception()
        if error is not None and not isinstance(error, LinkEnded):
            log.error("link failed", exc_info=error)
        self.lost(LinkError(f"lost the connection to {self._place}"))


_TAKEN = frozenset({CommandId.DELIVER_SM, CommandId.DATA_SM, CommandId.ALERT_NOTIFICATION})


# The library publishes no types, so its classes are Any to mypy: hence the `misc` below.


class _Client(ESME):  # type: ignore[misc]
    """aiosmpplib's client, with the reading of messages taken out of its hands."""

    def __init__(self, owner: Esme, **settings: object) -> None:
        super().__init__(**settings)
        self._owner = owner
        self._transport_writer: StreamWriter | None = None

    async def stop(self) -> None:
        """Unbind; the keeper of the connection is woken, or it would be given half a second to end."""
        self._data_received.set()
        await super().stop()

    def drop(self) -> None:
        """Close the socket: the library only half-closes it, and forgets it when the peer was first."""
        writer = self._writer or self._transport_writer
        if writer is not None:
            writer.close()

    async def _get_pdu(self) -> tuple[bytes, PduHeader]:
        """The next PDU the library is to see."""
        while True:
            frame, header = await self._read_frame()
            if self._session_state == SmppSessionState.OPEN:
                return self._bind_answer(header)
            if header.command_id in _LINK_COMMANDS:
                if header.command_id & ~RESPONSE_BIT == CommandId.UNBIND:
                    self._owner.unbinding()
                return _bare(header.command_id, header.sequence_number)
            if header.command_id & RESPONSE_BIT:
                self._owner.answered(frame, header)
                continue
            await self._owner.received(frame, header)

    async def write(self, pdu: Pdu) -> None:
        """Send an answer of ours; nothing when the link has gone."""
        if self._writer is not None:
            frame = encode(pdu)
            self._owner.on_frame("out", frame)
            self._writer.write(frame)
            async with self._drain_lock:
                await self._writer.drain()

    async def _read_frame(self) -> tuple[bytes, Header]:
        self._transport_writer = self._writer or self._transport_writer
        try:
            head = await self._reader.readexactly(HEADER_OCTETS)
            header = read_header(head)
            if not HEADER_OCTETS <= header.command_length <= MAX_COMMAND_LENGTH:
                raise ConnectionAbortedError("the peer sent an illegal command_length")
            frame = head + await self._reader.readexactly(header.command_length - HEADER_OCTETS)
            self._owner.on_frame("in", frame)
            return frame, header
        except (OSError, IncompleteReadError) as error:
            if self._session_state != SmppSessionState.OPEN:
                reason = f"lost the connection to {self.smsc_host}:{self.smsc_port}: {plainly(error)}"
                self._owner.lost(LinkError(reason))
                self._data_received.set()
            raise

    def _bind_answer(self, header: Header) -> tuple[bytes, PduHeader]:
        """A bind_resp without its body, which the library misreads when it holds TLVs or is missing."""
        expected = self.bind_mode.smpp_command | RESPONSE_BIT
        if header.command_status != CommandStatus.ROK:
            reason = f"the bind was refused: {status_name(header.command_status)}"
            raise LinkError(reason, header.command_status)
        if header.command_id != expected:
            raise LinkError(f"the bind was answered by {command_name(header.command_id)}")
        return _bare(header.command_id, header.sequence_number, body=b"\x00")


def _bare(command_id: int, sequence_number: int, body: bytes = b"") -> tuple[bytes, PduHeader]:
    frame = _HEADER.pack(HEADER_OCTETS + len(body), command_id, 0, sequence_number) + body
    return frame, SmppMessage.parse_header(frame)


class _Outgoing(LibrarySubmitSm):  # type: ignore[misc]
    """A message of ours in the library's clothes: octets from our codec, only the number is its own.

    The constructor of the base class is left out on purpose: it insists on a text and checks every
    field of a message that is already encoded.
    """

    def __init__(self, frame: bytes) -> None:
        self.sequence_num = 0
        self.optional_params: list[object] = []
        self.answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._frame = frame

    def __repr__(self) -> str:
        """The library prints what it could not send: never a text or a number."""
        return f"<message #{self.sequence_num}>"

    def pdu(self) -> bytes:
        return self._frame[:12] + self.sequence_num.to_bytes(4, "big") + self._frame[HEADER_OCTETS:]


class _Queue(AbstractBroker):  # type: ignore[misc]
    """What waits to be sent; closing it ends the library's sending task at once instead of after a pause."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[_Outgoing | None] = asyncio.Queue()

    async def enqueue(self, message: _Outgoing) -> None:
        self._messages.put_nowait(message)

    async def dequeue(self) -> _Outgoing:
        while True:
            message = await self._messages.get()
            if message is None:
                raise ConnectionResetError("the link is closed")
            if not message.answer.done():  # a caller that gave up while the message was queued
                return message

    def close(self) -> None:
        self._messages.put_nowait(None)

    def left(self) -> list[_Outgoing]:
        """What was never sent."""
        waiting = [self._messages.get_nowait() for _ in range(self._messages.qsize())]
        self.close()
        return [message for message in waiting if message is not None]


class _Window(AbstractRateLimiter):  # type: ignore[misc]
    """At most `size` messages without an answer (SMPP 3.4 §2.9): the library asks before each one."""

    def __init__(self, size: int) -> None:
        self._free = asyncio.Semaphore(size)

    async def limit(self) -> None:
        await self._free.acquire()

    def free(self) -> None:
        self._free.release()


class _Correlator(SimpleCorrelator):  # type: ignore[misc]
    """Remembers the library's own requests (enquire_link, unbind) until they are answered."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._requests: dict[int, SmppMessage] = {}

    async def put(self, smpp_message: SmppMessage) -> None:
        if not isinstance(smpp_message, _Outgoing):
            self._requests[smpp_message.sequence_num] = smpp_message

    async def get(self, response: SmppMessage) -> SmppMessage | None:
        return self._requests.pop(response.sequence_num, None)


class _Hook(AbstractHook):  # type: ignore[misc]
    def __init__(self, owner: Esme) -> None:
        self._owner = owner

    async def sending(self, smpp_message: SmppMessage, pdu: bytes, client_id: str) -> None:
        self._owner.on_frame("out", pdu)
        if isinstance(smpp_message, _Outgoing):
            self._owner.sent(smpp_message)

    async def received(self, smpp_message: SmppMessage | None, pdu: bytes, client_id: str) -> None:
        """Messages never get this far, and what the library reads itself concerns the link alone."""

    async def send_error(self, smpp_message: SmppMessage, error: Exception, client_id: str) -> None:
        """A message cannot fail to be built here; a transport error ends the link and is told there."""


class _NoRetry(AbstractRetryTimer):  # type: ignore[misc]
    async def wait(self) -> None:
        raise LinkEnded

    def reset(self) -> None:
        """Nothing is counted."""

    def next_delay(self) -> float:
        return 0.0
