"""What a session tells its shell: the events that `Session.receive` and `Session.tick` return."""

from dataclasses import dataclass, field
from enum import StrEnum

from ussd_gateway.smpp.pdus import Bind, Pdu


class CloseReason(StrEnum):
    """Why a session ended; for logs, metrics and the monitor."""

    UNBOUND = "unbound"
    LOCAL = "closed by this side"
    PEER_GONE = "connection closed by the peer"
    SESSION_INIT_TIMER = "no bind in time"
    READ_TIMER = "a PDU was not completed in time"
    ENQUIRE_LINK_TIMER = "no answer to enquire_link"
    UNBIND_TIMER = "no answer to unbind"
    FRAMING = "illegal command_length"
    VIOLATIONS = "too many protocol violations"


@dataclass(slots=True)
class BindRequested:
    """The peer wants to bind: answer with `accept_bind` or `refuse_bind`.

    Until then the session reads no further, so nothing can overtake the bind response.
    """

    request: Bind


@dataclass(slots=True)
class RequestReceived:
    """A legal request of the peer.

    Answer it once with `respond` or `refuse`; outbind and alert_notification want no answer.
    """

    request: Pdu


@dataclass(slots=True)
class ResponseReceived:
    """The answer to a request of ours.

    `response` is of the request's own response type, or a GenericNack; look at its command_status.
    `token` is what `send_request` was given.
    """

    request: Pdu
    response: Pdu
    token: object


@dataclass(slots=True)
class RequestTimedOut:
    """The response timer of a request of ours ran out; an answer that still comes is ignored."""

    request: Pdu
    token: object


@dataclass(slots=True)
class UnbindReceived:
    """The peer takes its leave. Answer what is open: the session then says unbind_resp and closes."""


@dataclass(slots=True)
class Unanswered:
    """A request of ours that the end of the session left without an answer."""

    request: Pdu
    token: object


@dataclass(slots=True)
class SessionClosed:
    """The last event of a session; only `connection_lost` returns it, exactly once."""

    reason: CloseReason
    unanswered: list[Unanswered] = field(default_factory=list)


Event = BindRequested | RequestReceived | ResponseReceived | RequestTimedOut | UnbindReceived | SessionClosed
