"""One TCP connection of a peer: octets in, the session's events to the peer's role, octets out.

The protocol itself lives in `smpp.session`; this module owns the socket's side of it.  Whatever one
piece of input causes goes out in one write; output caused elsewhere goes out once per turn of the loop.
A peer that does not read gets no more deliveries, its own requests are no longer read, and if it stays so
the connection is cut (`roles.LinkSettings`).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar, cast

import structlog

from ussd_gateway.access.accounts import Refusal, SmppAccount
from ussd_gateway.access.fault_octets import Spoiler
from ussd_gateway.access.misbehaviour import at_bind, at_delivery, at_request
from ussd_gateway.access.roles import Delivery, Hub, RoleHandler
from ussd_gateway.access.tap import Direction, Tap
from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.smpp.constants import CommandId, CommandStatus, command_name
from ussd_gateway.smpp.events import (
    BindRequested,
    Event,
    RequestReceived,
    RequestTimedOut,
    ResponseReceived,
    SessionClosed,
    UnbindReceived,
)
from ussd_gateway.smpp.pdus import Bind, GenericNack, Pdu
from ussd_gateway.smpp.session import Role, Session, SessionState

MAX_UNHEARD = 1 << 20
"""Octets of the peer that are kept while the link is silent."""

Written = TypeVar("Written")

log = structlog.get_logger(__name__)


class Link(asyncio.Protocol):
    """One connection, from accept to close.

    `number` names it in logs and never comes again; `account` is None until a bind was accepted;
    `address_range` is what its bind asked for; `version` is the interface_version agreed on, and
    `short_ids` says that it takes message ids of 8 characters only.
    """

    def __init__(self, hub: Hub, number: int, loop: asyncio.AbstractEventLoop) -> None:
        self.number = number
        self.account: SmppAccount | None = None
        self.host = ""
        self.address_range = ""
        self.receiving = False
        self.version = 0
        self.short_ids = False
        self.counted = False
        self.session: Session
        self._hub = hub
        self._settings = hub.settings
        self._loop = loop
        self._transport: asyncio.Transport
        self._role: RoleHandler | None = None
        self._waiting: deque[tuple[Pdu, Delivery]] = deque()
        self._spoilers: dict[int, Spoiler] = {}
        self._silent = False
        self._unheard = bytearray()
        self._held: list[Event] = []
        self._bound = False
        self._in_turn = False
        self._flush_planned = False
        self._slow_since_s: float | None = None
        self._ended_at_s: float | None = None
        self._cut_reason = ""
        self._tap: Tap | None = None

    # ------------------------------------------------------------ what roles and accesses call

    @property
    def response_timer_ms(self) -> int:
        """How long the peer may take to answer a request of ours, milliseconds."""
        return round(self._settings.session.timers.response_timer_s * 1000)

    @property
    def has_room(self) -> bool:
        """Whether a delivery given now is taken, at least into the queue."""
        return self.receiving and len(self._waiting) < self._settings.max_queued

    def deliver(self, request: Pdu, delivery: Delivery) -> None:
        """Send a request of ours, or keep it until the window and the reader allow it, in order."""
        faults = self._hub.faults
        if (
            not faults.active
            or not self.receiving
            or self.account is None
            or not at_delivery(self, faults, self.account, request, delivery)
        ):
            self.hand_over(request, delivery)

    def hand_over(self, request: Pdu, delivery: Delivery) -> None:
        """`deliver` without looking for faults."""
        if not self.receiving:
            self._loop.call_soon(delivery.returned, self)
            return
        if self._waiting or not self._may_send(request):
            self._waiting.append((request, delivery))
            return
        self._send(request, delivery)
        self._touch()

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Answer a request of the peer; when the link has ended meanwhile nobody hears it."""
        if self._spoilers and id(request) in self._spoilers:
            self._write_spoiled(request, partial(self.session.respond, request, response))
            return
        self.session.respond(request, response)
        self._touch()

    def refuse(self, request: Pdu, command_status: int) -> None:
        """Answer a request of the peer with an error status."""
        if self._spoilers and id(request) in self._spoilers:
            self._write_spoiled(request, partial(self.session.refuse, request, command_status))
            return
        self.session.refuse(request, command_status)
        self._touch()

    def spoil(self, pdu: Pdu, spoiler: Spoiler) -> None:
        """Do this to the answer to `pdu`, a request of the peer, or to `pdu` itself, a request of ours."""
        self._spoilers[id(pdu)] = spoiler

    def fall_silent(self, for_ms: int | None, request: Pdu | None = None) -> None:
        """Keep the connection, and neither read nor write any more; with `for_ms`, for so long.

        `request`, one of the peer, is then done as the first thing.
        """
        if self._silent:
            return
        self._flush()
        self._silent = True
        if for_ms is not None:
            self._hub.faults.later(for_ms, partial(self._speak_again, request))

    def listen(self, on_pdu: Callable[["Link", Direction, bytes], None] | None) -> None:
        """Hand on each PDU that is whole from now on; with None no more."""
        self._tap = None
        if on_pdu is not None:
            self._tap = Tap(self._settings.session.max_command_length, partial(on_pdu, self))
            self._tap.feed("in", self.session.unread)

    def unbind(self) -> None:
        """Take our leave: answer what is open, unbind, close."""
        if self._silent:
            self.cut("was silent")
            return
        self._stop_receiving()
        if self.session.state is SessionState.OPEN:
            self.session.close()
        elif self._ended_at_s is None:
            self.session.unbind(self._loop.time())
        self._touch()

    def cut(self, reason: str) -> None:
        """End the connection now, unsent output and all."""
        self._cut_reason = self._cut_reason or reason
        self._stop_receiving()
        self._transport.abort()

    def tick(self, now_s: float) -> None:
        """Let the session's timers and the socket's own act; the listener calls it now and then."""
        if self._ended_at_s is not None:
            if now_s - self._ended_at_s >= self._settings.linger_s:
                self.cut("")
            return
        if self._silent:
            return
        if (
            self._slow_since_s is not None
            and now_s - self._slow_since_s >= self._settings.slow_reader_timer_s
        ):
            self.cut("does not read")
            return
        deadline_s = self.session.next_deadline_s()
        if deadline_s is not None and deadline_s <= now_s:
            self._turn(self.session.tick(now_s))

    # ------------------------------------------------------------ what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes, though they do the same.
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.host = str(peer[0]) if isinstance(peer, tuple) else "local"
        self.session = Session(Role.SMSC, config=self._settings.session, now_s=self._loop.time())
        self.listen(self._settings.on_pdu)
        self._transport.set_write_buffer_limits(high=self._settings.max_unsent_bytes)
        if not self._hub.connected(self):
            self.cut("too many connections")

    def data_received(self, data: bytes) -> None:
        if self._ended_at_s is not None:
            return
        if self._silent:
            self._unheard += data[: MAX_UNHEARD - len(self._unheard)]
            return
        if self._tap is not None:
            self._tap.feed("in", data)
        self._turn(self.session.receive(data, self._loop.time()))

    def pause_writing(self) -> None:
        self._slow_since_s = self._loop.time()
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._slow_since_s = None
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._send_waiting()
            self._touch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._act(self.session.connection_lost())

    # ------------------------------------------------------------ inside

    def _turn(self, events: Sequence[Event]) -> None:
        """Act on events; all output they cause leaves in one write."""
        self._in_turn = True
        try:
            self._act(events)
        finally:
            self._in_turn = False
            self._flush()

    def _act(self, events: Sequence[Event]) -> None:
        for event in events:
            if self._silent and type(event) is not SessionClosed:
                self._held.append(event)
            elif type(event) is RequestReceived:
                if self._role is not None:
                    self._request(self._role, event.request)
            else:
                self._handle(event)

    def _speak_again(self, request: Pdu | None) -> None:
        """Make up for what was not heard and not said."""
        self._silent = False
        if self._transport.is_closing() or self._ended_at_s is not None:
            return
        if request is not None and self._role is not None:
            self._perform(self._role, request)
        held, self._held = self._held, []
        self._turn(held)
        unheard, self._unheard = bytes(self._unheard), bytearray()
        self.data_received(unheard)
        self._send_waiting()
        self._touch()

    def _request(self, role: RoleHandler, request: Pdu) -> None:
        faults = self._hub.faults
        if faults.active and self.account is not None and at_request(self, faults, self.account, request):
            return
        self._perform(role, request)

    def _perform(self, role: RoleHandler, request: Pdu) -> None:
        try:
            role.request(self, request)
        except Exception:
            # A bug of ours costs this request, not the bind.
            log.exception("request failed", bind=self.number, request=command_name(request.command_id))
            with suppress(LocalProtocolError):  # answered before it failed
                self.session.refuse(request, CommandStatus.RSYSERR)

    def _handle(self, event: Event) -> None:
        match event:
            case ResponseReceived():
                if event.token is not None:
                    cast(Delivery, event.token).answered(self, event.response)
                self._send_waiting()
            case RequestTimedOut():
                if event.token is not None:
                    cast(Delivery, event.token).unanswered(self)
                self._send_waiting()
            case BindRequested():
                self._bind(event.request)
            case UnbindReceived():
                self._stop_receiving()
            case SessionClosed():
                self._lost(event)

    def _bind(self, request: Bind) -> None:
        admitted = self._hub.admit(self, request)
        if isinstance(admitted, Refusal):
            # Nothing more is read meanwhile: whoever guesses waits as long for each guess.
            self._transport.pause_reading()
            delay_s = self._settings.refusal_delay_s
            self._loop.call_later(delay_s, self.refuse_bind, request, admitted.status)
            return
        account, role = admitted
        accept = partial(self._accept_bind, request, account, role)
        faults = self._hub.faults
        if not faults.active or not at_bind(self, faults, request, account.system_id, accept):
            accept()

    def _accept_bind(self, request: Bind, account: SmppAccount, role: RoleHandler) -> None:
        if self.session.state is not SessionState.OPEN:
            return
        self.account, self._role = account, role
        self.address_range = request.address_range
        accept = partial(
            self.session.accept_bind,
            request,
            self._loop.time(),
            system_id=self._settings.system_id,
            window=account.window,
        )
        spoiled = self._spoilers and id(request) in self._spoilers
        events = self._write_spoiled(request, accept) if spoiled else accept()
        self.receiving = self.session.can_send(CommandId.DELIVER_SM)
        self.version = self.session.interface_version
        self.short_ids = self.session.max_message_id_octets <= 8
        self._bound = True
        self._hub.bound(self, request)
        role.bound(self)
        self._act(events)
        self._touch()

    def refuse_bind(self, request: Bind, command_status: int) -> None:
        """Answer a bind with an error status, and end the connection."""
        if self._transport.is_closing():
            return
        self.session.refuse_bind(request, self._loop.time(), command_status)
        self.session.close()
        self._transport.resume_reading()
        self._flush()

    def _send_waiting(self) -> None:
        """Send what waited, as far as the window goes and the peer reads."""
        waiting = self._waiting
        while waiting and self._may_send(waiting[0][0]):
            self._send(*waiting.popleft())

    def _send(self, request: Pdu, delivery: Delivery) -> None:
        send = partial(self.session.send_request, request, self._loop.time(), delivery)
        try:
            if self._spoilers and id(request) in self._spoilers:
                self._write_spoiled(request, send)
            else:
                send()
        except LocalProtocolError as error:
            # A field of ours that no PDU can hold (a code of 30 digits): as if the peer had refused it.
            log.warning("delivery cannot be written", bind=self.number, reason=str(error))
            refusal = GenericNack(command_status=CommandStatus.RUNKNOWNERR)
            self._loop.call_soon(delivery.answered, self, refusal)

    def _may_send(self, request: Pdu) -> bool:
        """Whether a delivery may go out now.

        The session may know already that the peer unbinds while we still act on what came before that.
        """
        if self._silent or self._slow_since_s is not None:
            return False
        return self.session.window_free > 0 and self.session.can_send(request.command_id)

    def _write_spoiled(self, pdu: Pdu, write: Callable[[], Written]) -> Written:
        """Let the session write one PDU, and send what the spoiler makes of it."""
        spoiler = self._spoilers.pop(id(pdu))
        if self._silent:
            return write()
        self._flush()
        result = write()
        octets = self.session.take_output()
        # What it wrote behind that PDU is none of the fault's.
        end = int.from_bytes(octets[:4], "big")
        for delay_ms, piece in spoiler(octets[:end]) if octets else ():
            if delay_ms:
                self._hub.faults.later(delay_ms, partial(self._write, piece))
            else:
                self._write(piece)
        self._write(octets[end:])
        return result

    def _write(self, octets: bytes) -> None:
        if not octets or self._silent or self._transport.is_closing():
            return
        if self._tap is not None:
            self._tap.feed("out", octets)
        self._transport.write(octets)

    def _touch(self) -> None:
        """There is output: it leaves at the end of this turn, or of the loop's."""
        if not self._in_turn and not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush_now)

    def _flush_now(self) -> None:
        self._flush_planned = False
        if not self._transport.is_closing():
            self._flush()

    def _flush(self) -> None:
        if self._silent:
            return
        output = self.session.take_output()
        if output:
            if self._tap is not None:
                self._tap.feed("out", output)
            self._transport.write(output)
        if self.session.state is SessionState.CLOSED and self._ended_at_s is None:
            self._end()

    def _end(self) -> None:
        """The session is over: say so, and keep the socket until the peer has read our last words.

        A socket closed with unread input resets the connection, and a reset may overtake the nack that
        explains it.
        """
        self._ended_at_s = self._loop.time()
        self._stop_receiving()
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _stop_receiving(self) -> None:
        """No more deliveries: tell the role, and give back what was never sent."""
        if not self._bound:
            return
        self._bound = self.receiving = False
        waiting, self._waiting = self._waiting, deque()
        self._spoilers.clear()
        self._hub.unbound(self)
        if self._role is not None:
            self._role.unbound(self)
        for _, delivery in waiting:
            delivery.returned(self)

    def _lost(self, event: SessionClosed) -> None:
        self._ended_at_s = self._loop.time()
        self._stop_receiving()
        for left in event.unanswered:
            if left.token is not None:
                cast(Delivery, left.token).unanswered(self)
        self._hub.disconnected(self, self._cut_reason or event.reason.value)
