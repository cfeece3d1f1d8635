"""One SMPP connection as a machine of bytes and events, without a socket or a clock (SMPP 3.4 §2).

The shell owns the socket. It calls `receive` with whatever octets came in, acts on the events, and after
*every* call writes `take_output()` and, when `state` is CLOSED, closes the socket. When the socket
has gone, whoever closed it, it calls `connection_lost` and gets the last event, SessionClosed.
"""

from collections.abc import Sequence

from ussd_gateway.errors import FramingError, LocalProtocolError, PduError
from ussd_gateway.smpp.codec import decode, decode_response
from ussd_gateway.smpp.constants import RESPONSE_BIT, CommandId, CommandStatus, InterfaceVersion
from ussd_gateway.smpp.events import (
    BindRequested,
    CloseReason,
    Event,
    RequestReceived,
    RequestTimedOut,
    ResponseReceived,
    SessionClosed,
    Unanswered,
    UnbindReceived,
)
from ussd_gateway.smpp.framing import Framer
from ussd_gateway.smpp.limits import SessionConfig, SessionCounters
from ussd_gateway.smpp.operations import (
    BIND_STATES,
    LEGAL_REQUESTS,
    SESSION_REQUESTS,
    Role,
    SessionState,
    error_response,
    refusal,
)
from ussd_gateway.smpp.outbox import Outbox
from ussd_gateway.smpp.pdus import (
    BIND_RESPONSE_TYPES,
    RESPONSE_TYPES,
    Bind,
    BindResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    Unbind,
    UnbindResp,
)
from ussd_gateway.smpp.tally import count
from ussd_gateway.smpp.timers import Due, Timers
from ussd_gateway.smpp.tlvs import SC_INTERFACE_VERSION
from ussd_gateway.smpp.versions import SINCE_34, longest_message_id, negotiate
from ussd_gateway.smpp.window import Window

__all__ = ["Role", "Session", "SessionConfig", "SessionCounters", "SessionState"]


class Session:
    """One connection, from accept (or connect) to close, for either side of the link.

    All times are seconds of one monotonic clock, the caller's.
    """

    def __init__(self, role: Role, *, config: SessionConfig | None = None, now_s: float) -> None:
        self.role = role
        self.counters = SessionCounters()
        self._config = config or SessionConfig()
        self._framer = Framer(self._config.max_command_length_unbound)
        self._timers = Timers(self._config.timers, now_s)
        self._window = Window(self._config.window_out)
        self._window_in = self._config.window_in
        # Requests of the peer by identity, not by sequence number: a peer may use a number twice, and
        # each of its requests still gets one answer.
        self._inbound: dict[int, Pdu] = {}
        tally = self._config.tally
        self._seen = tally.received
        self._outbox = Outbox(full_error_bodies=self._config.full_error_bodies, sent=tally.sent)
        self._judged: Bind | None = None
        self._peer_unbind: Unbind | None = None
        self._unbind_sequence: int | None = None
        self._unbind_by_s: float | None = None
        self._reason: CloseReason | None = None
        self._lost = False
        self._enter(SessionState.OPEN)

    @property
    def state(self) -> SessionState:
        """Where in SMPP 3.4 §2.2 the session is."""
        return self._state

    @property
    def interface_version(self) -> int:
        """0x33, 0x34 or 0x50, as negotiated by the bind; 0x34 before it."""
        return self._outbox.version

    @property
    def max_message_id_octets(self) -> int:
        """Longest message_id the peer can take: 64, or 8 for a 3.3 peer (SMPP 3.4 §3.4)."""
        return longest_message_id(self._outbox.version)

    @property
    def window_free(self) -> int:
        """How many more requests `send_request` takes now."""
        return self._window.free

    @property
    def unanswered_out(self) -> int:
        """How many requests of ours wait for the peer's answer."""
        return len(self._window)

    @property
    def unanswered_in(self) -> int:
        """How many requests of the peer wait for our answer."""
        return len(self._inbound)

    @property
    def unread(self) -> bytes:
        """What has come of a PDU that is not whole yet."""
        return self._framer.rest()

    def can_send(self, command_id: int) -> bool:
        """Whether the operation matrix lets us send this request now (the window is another matter)."""
        return command_id in self._legal_out

    def receive(self, data: bytes, now_s: float) -> list[Event]:
        """Take octets from the peer, cut anywhere; return what they mean.

        Never raises on what a peer sends. What needs no thought is answered here: enquire_link, unbind,
        malformed PDUs, requests that are illegal in this state, requests over the window.
        """
        if self._state is SessionState.CLOSED:
            return []
        self._framer.feed(data)
        if self._judged is not None and self._framer.pending() > self._config.max_command_length:
            self.close(CloseReason.VIOLATIONS)
        return self._take_frames(now_s)

    def take_output(self) -> bytes:
        """The octets to write now; empty when there are none. Taking them empties the buffer."""
        return self._outbox.take()

    def accept_bind(
        self,
        request: Bind,
        now_s: float,
        *,
        system_id: str = "",
        tlvs: Sequence[tuple[int, bytes]] = (),
        window: int | None = None,
    ) -> list[Event]:
        """Say yes to a BindRequested; returns the events of what the peer sent behind its bind.

        `system_id` is ours. sc_interface_version is added for a peer of 3.4 or later (SMPP 3.4 §3.4).
        `window` replaces both windows of the configuration, for a peer that has one of its own.
        """
        if not self._end_judgement(request):
            return []
        if window is not None:
            self._window.size = self._window_in = window
        self._outbox.speak(negotiate(request.interface_version, self._config.interface_version))
        response = BIND_RESPONSE_TYPES[request.command_id](
            sequence_number=request.sequence_number, system_id=system_id, tlvs=list(tlvs)
        )
        if self._outbox.with_tlvs:
            response.tlvs.append(SC_INTERFACE_VERSION(self._outbox.version))
        self._outbox.put(response)
        self._bound(BIND_STATES[request.command_id], now_s)
        return self._take_frames(now_s)

    def refuse_bind(
        self, request: Bind, now_s: float, command_status: int, *, system_id: str = ""
    ) -> list[Event]:
        """Say no to a BindRequested; the session stays OPEN and its session_init timer runs on.

        The answer is a header alone unless there is a `system_id` to tell (or `full_error_bodies`).
        Call `close` after it to be rid of the peer.
        """
        if not self._end_judgement(request):
            return []
        response = BIND_RESPONSE_TYPES[request.command_id](
            command_status=command_status, sequence_number=request.sequence_number, system_id=system_id
        )
        self._outbox.put(response)
        return self._take_frames(now_s)

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Answer a request of the peer; the session fills in the sequence number.

        `request` must be the object of the event. Raises LocalProtocolError when it has been answered or is
        not of this session, or when the response is of another type or cannot be written. A session that
        closed meanwhile swallows the answer.
        """
        if self._state is SessionState.CLOSED:
            return
        if id(request) not in self._inbound:
            raise LocalProtocolError(f"{request!r} waits for no answer")
        if response.command_id not in (request.command_id | RESPONSE_BIT, CommandId.GENERIC_NACK):
            raise LocalProtocolError(f"{response!r} does not answer {request!r}")
        response.sequence_number = request.sequence_number
        self._outbox.put(response)
        del self._inbound[id(request)]
        if self._state is SessionState.UNBINDING:
            self._go_on_unbinding()

    def refuse(self, request: Pdu, command_status: int) -> None:
        """Answer a request with an otherwise empty response of its type and this status."""
        response = error_response(request.command_id, request.sequence_number, command_status)
        if response is None:
            raise LocalProtocolError(f"{request!r} is never answered")
        self.respond(request, response)

    def send_request(self, request: Pdu, now_s: float, token: object = None) -> int:
        """Send a request of ours and return the sequence number it got.

        A bind (as ESME) takes the session to its bound state when its response comes.
        Raises LocalProtocolError when the request is illegal in this state or the window is full.
        """
        command_id = request.command_id
        if command_id not in self._legal_out or command_id == CommandId.UNBIND:
            raise LocalProtocolError(f"{request!r} cannot be sent in state {self._state.value}")
        if not self._window.free:
            raise LocalProtocolError("the window is full")
        request.sequence_number = sequence = self._window.next_sequence()
        self._outbox.put(request)
        self._timers.active_s = now_s
        if command_id in RESPONSE_TYPES:
            self._window.add(sequence, request, token, now_s + self._config.timers.response_timer_s)
        return sequence

    def unbind(self, now_s: float) -> None:
        """Take our leave: nothing new is accepted, unbind goes out once the peer's requests are answered.

        The session closes at the response, or after response_timer_s. An unbound one closes at once.
        """
        if self._state is SessionState.OPEN:
            self.close()
        elif self._state not in (SessionState.UNBINDING, SessionState.CLOSED):
            self._enter(SessionState.UNBINDING)
            self._unbind_by_s = now_s + self._config.timers.response_timer_s
            self._go_on_unbinding()

    def close(self, reason: CloseReason = CloseReason.LOCAL) -> None:
        """End the session at once; what is in the output buffer may still be written."""
        if self._state is not SessionState.CLOSED:
            self._reason = reason
            self._enter(SessionState.CLOSED)
            self._inbound.clear()

    def connection_lost(self) -> list[Event]:
        """The socket has gone: returns SessionClosed the first time, nothing after."""
        if self._lost:
            return []
        self._lost = True
        self.close(CloseReason.PEER_GONE)
        self._outbox.take()
        unanswered = [Unanswered(waiting.request, waiting.token) for waiting in self._window.take_all()]
        return [SessionClosed(self._reason or CloseReason.PEER_GONE, unanswered)]

    def tick(self, now_s: float) -> list[Event]:
        """Let timers act; call it at `next_deadline_s()` or later, as often as you like."""
        if self._state is SessionState.CLOSED:
            return []
        events: list[Event] = []
        for waiting in self._window.take_expired(now_s):
            self.counters.timeouts += 1
            events.append(RequestTimedOut(waiting.request, waiting.token))
        if self._unbind_by_s is not None:
            if self._unbind_by_s <= now_s:
                self._give_up_unbinding()
            return events
        match self._timers.due(now_s):
            case Due.SESSION_INIT:
                self.close(CloseReason.SESSION_INIT_TIMER)
            case Due.READ:
                self.close(CloseReason.READ_TIMER)
            case Due.ENQUIRE_LINK:
                self._timers.enquired_s = now_s
                self._outbox.put(EnquireLink(sequence_number=self._window.next_sequence()))
            case Due.ENQUIRE_LINK_RESPONSE:
                self.close(CloseReason.ENQUIRE_LINK_TIMER)
            case Due.INACTIVITY:
                self.unbind(now_s)
        return events

    def next_deadline_s(self) -> float | None:
        """When `tick` has something to do at the earliest; None: nothing is running."""
        if self._state is SessionState.CLOSED:
            return None
        guard = self._timers.next_deadline_s() if self._unbind_by_s is None else self._unbind_by_s
        deadlines = [moment for moment in (guard, self._window.next_deadline_s()) if moment is not None]
        return min(deadlines, default=None)

    def _enter(self, state: SessionState) -> None:
        self._state = state
        self._legal_in = LEGAL_REQUESTS[state, self.role.other]
        self._legal_out = LEGAL_REQUESTS[state, self.role]
        if not self._outbox.with_tlvs:
            self._legal_out -= SINCE_34

    def _bound(self, state: SessionState, now_s: float) -> None:
        self._framer.max_command_length = self._config.max_command_length
        self._timers.bound = True
        self._timers.active_s = now_s
        self._enter(state)

    def _end_judgement(self, request: Bind) -> bool:
        """Whether a verdict on this bind is still wanted; False when the session closed meanwhile."""
        if self._state is SessionState.CLOSED:
            return False
        if request is not self._judged:
            raise LocalProtocolError(f"{request!r} waits for no verdict")
        self._judged = None
        self._timers.judging = False
        return True

    def _take_frames(self, now_s: float) -> list[Event]:
        events: list[Event] = []
        framer, timers = self._framer, self._timers
        try:
            while self._judged is None and self._state is not SessionState.CLOSED:
                frame = framer.next_frame()
                if frame is None:
                    break
                timers.heard_s = now_s
                timers.enquired_s = timers.partial_since_s = None
                self._take_frame(frame, now_s, events)
        except FramingError as error:
            self.counters.violations += 1
            self._outbox.put(
                GenericNack(command_status=error.command_status, sequence_number=error.sequence_number)
            )
            self.close(CloseReason.FRAMING)
        if self._judged is not None or not framer.pending():
            timers.partial_since_s = None
        elif timers.partial_since_s is None:
            timers.partial_since_s = now_s
        return events

    def _take_frame(self, frame: bytes, now_s: float, events: list[Event]) -> None:
        self.counters.received += 1
        count(self._seen, frame)
        command_id = int.from_bytes(frame[4:8], "big")
        if command_id & RESPONSE_BIT:
            self._take_response(frame, command_id, now_s, events)
        elif command_id not in self._legal_in:
            self._refuse_illegal(command_id, int.from_bytes(frame[12:16], "big"))
        elif command_id in SESSION_REQUESTS:
            self._take_session_request(frame, command_id, now_s, events)
        elif len(self._inbound) >= self._window_in:
            self.counters.throttled += 1
            sequence = int.from_bytes(frame[12:16], "big")
            self._outbox.put(error_response(command_id, sequence, CommandStatus.RTHROTTLED))
        else:
            try:
                pdu = decode(frame, with_tlvs=self._outbox.with_tlvs)
            except PduError as error:
                self._refuse_broken(error)
                return
            self._timers.active_s = now_s
            if command_id in RESPONSE_TYPES:
                self._inbound[id(pdu)] = pdu
            events.append(RequestReceived(pdu))

    def _take_session_request(self, frame: bytes, command_id: int, now_s: float, events: list[Event]) -> None:
        try:
            # What a 3.3 peer leaves behind its bind is not ours to read (SMPP 3.4 §3.4).
            request = decode(frame, with_tlvs=self._outbox.with_tlvs and command_id not in BIND_STATES)
            if isinstance(request, Bind) and request.interface_version >= InterfaceVersion.V34:
                request = decode(frame)
        except PduError as error:
            self._refuse_broken(error)
            return
        if isinstance(request, Bind):
            self._judged = request
            self._timers.judging = True
            events.append(BindRequested(request))
        elif isinstance(request, Unbind):
            self._peer_unbind = request
            events.append(UnbindReceived())
            if self._state is not SessionState.UNBINDING:
                self._enter(SessionState.UNBINDING)
                self._unbind_by_s = now_s + self._config.timers.response_timer_s
            self._go_on_unbinding()
        else:
            self._outbox.put(EnquireLinkResp(sequence_number=request.sequence_number))

    def _take_response(self, frame: bytes, command_id: int, now_s: float, events: list[Event]) -> None:
        sequence = int.from_bytes(frame[12:16], "big")
        waiting = self._window.settle(sequence, command_id)
        if waiting is not None:
            self._timers.active_s = now_s
            response, sound = decode_response(frame, with_tlvs=self._outbox.with_tlvs)
            if not sound:
                self._count_violation()
            if isinstance(waiting.request, Bind) and isinstance(response, BindResp):
                self._take_verdict(waiting.request, response, now_s)
            events.append(ResponseReceived(waiting.request, response, waiting.token))
        elif sequence == self._unbind_sequence:
            self.close(CloseReason.UNBOUND)
        elif command_id != CommandId.ENQUIRE_LINK_RESP:
            # An enquire_link of ours is kept nowhere: any PDU at all has shown that the peer lives.
            self.counters.stray_responses += 1

    def _take_verdict(self, request: Bind, response: BindResp, now_s: float) -> None:
        """As ESME: the centre's answer to our bind."""
        if response.command_status == CommandStatus.ROK and self._state is SessionState.OPEN:
            announced = SC_INTERFACE_VERSION.octets(response)
            theirs = self._config.silent_version if announced is None else int.from_bytes(announced, "big")
            common = min(theirs, request.interface_version)
            self._outbox.speak(negotiate(common, self._config.interface_version))
            self._bound(BIND_STATES[request.command_id], now_s)

    def _refuse_illegal(self, command_id: int, sequence: int) -> None:
        self._outbox.put(refusal(command_id, sequence, self._state))
        if self._state is not SessionState.UNBINDING:  # there a request may have crossed our unbind
            self._count_violation()

    def _refuse_broken(self, error: PduError) -> None:
        self._outbox.put(error_response(error.command_id, error.sequence_number, error.command_status))
        self._count_violation()

    def _count_violation(self) -> None:
        self.counters.violations += 1
        if self.counters.violations > self._config.max_violations:
            self.close(CloseReason.VIOLATIONS)

    def _go_on_unbinding(self) -> None:
        if self._inbound:
            return
        if self._peer_unbind is not None:
            self._outbox.put(UnbindResp(sequence_number=self._peer_unbind.sequence_number))
            self.close(CloseReason.UNBOUND)
        elif self._unbind_sequence is None:
            self._unbind_sequence = self._window.next_sequence()
            self._outbox.put(Unbind(sequence_number=self._unbind_sequence))

    def _give_up_unbinding(self) -> None:
        """The time to unbind is over: answer for the application what it left open, and close."""
        for request in self._inbound.values():
            self._outbox.put(
                error_response(request.command_id, request.sequence_number, CommandStatus.RSYSERR)
            )
        self._inbound.clear()
        if self._peer_unbind is None:
            self.close(CloseReason.UNBIND_TIMER)
        else:
            self._go_on_unbinding()
