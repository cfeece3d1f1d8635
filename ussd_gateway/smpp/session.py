"""One SMPP connection as a machine of bytes and events, without a socket or a clock (SMPP 3.4 §2).

The shell owns the socket. It calls `receive` with whatever octets came in, acts on the events, and after
*every* call writes `take_output()` and, when `state` is CLOSED, closes the socket. When the socket
has gone, whoever closed it, it calls `connection_lost` and gets the last event, SessionClosed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from ussd_gateway.smpp.constants import InterfaceVersion
from ussd_gateway.smpp.events import CloseReason, Event
from ussd_gateway.smpp.pdus import Bind, Pdu
from ussd_gateway.smpp.timers import TimerConfig


class Role(Enum):
    """Which side of the link we are."""

    SMSC = "SMSC"
    ESME = "ESME"


class SessionState(Enum):
    """SMPP 3.4 §2.2, and UNBINDING for the time between an unbind and its response."""

    OPEN = "open"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Limits of one session.

    `window_in`: requests of the peer that may be unanswered at once; more get RTHROTTLED.
    `window_out`: requests of ours that may be unanswered at once.
    `max_command_length`: octets; `max_command_length_unbound` holds until a bind is accepted.
    `max_violations`: the session closes when the peer has broken the protocol more often.
    `interface_version`: the highest version we speak; the peer's own may lower it.
    """

    window_in: int = 100
    window_out: int = 10
    max_command_length: int = 70_000
    max_command_length_unbound: int = 256
    max_violations: int = 20
    interface_version: int = InterfaceVersion.V50
    timers: TimerConfig = field(default_factory=TimerConfig)


@dataclass(slots=True)
class SessionCounters:
    """What happened on a session, for the monitor and for tests."""

    received: int = 0
    sent: int = 0
    violations: int = 0
    throttled: int = 0
    stray_responses: int = 0
    timeouts: int = 0


class Session:
    """One connection, from accept (or connect) to close, for either side of the link.

    All times are seconds of one monotonic clock, the caller's.
    """

    def __init__(self, role: Role, *, config: SessionConfig | None = None, now_s: float) -> None:
        raise NotImplementedError

    @property
    def state(self) -> SessionState:
        """Where in SMPP 3.4 §2.2 the session is."""
        raise NotImplementedError

    @property
    def interface_version(self) -> int:
        """0x33, 0x34 or 0x50, as negotiated by the bind; 0x34 before it."""
        raise NotImplementedError

    @property
    def max_message_id_octets(self) -> int:
        """Longest message_id the peer can take: 64, or 8 for a 3.3 peer (SMPP 3.4 §3.4)."""
        raise NotImplementedError

    @property
    def window_free(self) -> int:
        """How many more requests `send_request` takes now."""
        raise NotImplementedError

    @property
    def unanswered_in(self) -> int:
        """How many requests of the peer wait for our answer."""
        raise NotImplementedError

    def can_send(self, command_id: int) -> bool:
        """Whether the operation matrix lets us send this request now (the window is another matter)."""
        raise NotImplementedError

    def receive(self, data: bytes, now_s: float) -> list[Event]:
        """Take octets from the peer, cut anywhere; return what they mean.

        Never raises on what a peer sends. What needs no thought is answered here: enquire_link, unbind,
        malformed PDUs, requests that are illegal in this state, requests over the window.
        """
        raise NotImplementedError

    def take_output(self) -> bytes:
        """The octets to write now; empty when there are none. Taking them empties the buffer."""
        raise NotImplementedError

    def accept_bind(
        self, request: Bind, now_s: float, *, system_id: str = "", tlvs: Sequence[tuple[int, bytes]] = ()
    ) -> list[Event]:
        """Say yes to a BindRequested; returns the events of what the peer sent behind its bind.

        `system_id` is ours. sc_interface_version is added for a peer of 3.4 or later (SMPP 3.4 §3.4).
        """
        raise NotImplementedError

    def refuse_bind(
        self, request: Bind, now_s: float, command_status: int, *, system_id: str | None = None
    ) -> list[Event]:
        """Say no to a BindRequested; the session stays OPEN and its session_init timer runs on.

        The answer is a header alone; with a `system_id` (which may be "") it has a body, for clients
        that cannot read a bind response without one. Call `close` after it to be rid of the peer.
        """
        raise NotImplementedError

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Answer a request of the peer; the session fills in the sequence number.

        Raises LocalProtocolError when the request has been answered, is not of this session, or the
        response is of another type. A session that closed meanwhile swallows the answer.
        """
        raise NotImplementedError

    def refuse(self, request: Pdu, command_status: int) -> None:
        """Answer a request with a header-only response of its type and this non-zero status."""
        raise NotImplementedError

    def send_request(self, request: Pdu, now_s: float, token: object = None) -> int:
        """Send a request of ours and return the sequence number it got.

        A bind (as ESME) takes the session to its bound state when its response comes.
        Raises LocalProtocolError when the request is illegal in this state or the window is full.
        """
        raise NotImplementedError

    def unbind(self, now_s: float) -> None:
        """Take our leave: nothing new is accepted, unbind goes out once the peer's requests are answered."""
        raise NotImplementedError

    def close(self, reason: CloseReason = CloseReason.LOCAL) -> None:
        """End the session at once; what is in the output buffer may still be written."""
        raise NotImplementedError

    def connection_lost(self) -> list[Event]:
        """The socket has gone: returns SessionClosed the first time, nothing after."""
        raise NotImplementedError

    def tick(self, now_s: float) -> list[Event]:
        """Let timers act; call it at `next_deadline_s()` or later, as often as you like."""
        raise NotImplementedError

    def next_deadline_s(self) -> float | None:
        """When `tick` has something to do at the earliest; None: nothing is running."""
        raise NotImplementedError
