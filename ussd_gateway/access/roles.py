"""What a link, the role of its peer, and their listener ask of each other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ussd_gateway.access.accounts import Refusal, SmppAccount
from ussd_gateway.access.faults import Faults
from ussd_gateway.access.tap import Direction
from ussd_gateway.smpp.pdus import Bind, Pdu
from ussd_gateway.smpp.session import SessionConfig

if TYPE_CHECKING:
    from ussd_gateway.access.link import Link


class Delivery(Protocol):
    """One request of ours on its way; exactly one of these is called, once."""

    def answered(self, link: "Link", response: Pdu) -> None:
        """The peer answered; look at `response.command_status`."""
        ...

    def unanswered(self, link: "Link") -> None:
        """It was written, but the answer did not come in time or the link ended first."""
        ...

    def returned(self, link: "Link") -> None:
        """It was never written: the link ended while it waited for the window or for a slow reader."""
        ...


class RoleHandler(Protocol):
    """What a bound peer is to us; one class per role."""

    def bound(self, link: "Link") -> None:
        """A bind was accepted and its response is on the way; deliveries may follow."""
        ...

    def request(self, link: "Link", request: Pdu) -> None:
        """Answer a request once, now or later, by `link.respond` or `link.refuse`."""
        ...

    def unbound(self, link: "Link") -> None:
        """The link takes no more deliveries; requests not yet answered may still be."""
        ...


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Limits of one connection.

    `max_unsent_bytes`: output the peer may leave unread before deliveries stop; `slow_reader_timer_s`: how
    long it may stay there before the connection is cut; `max_queued`: deliveries that may wait for the
    window or the reader; `refusal_delay_s`: pause before a refused bind is answered; `linger_s`: how long
    we listen on after our last word, so that the peer can read it.
    """

    session: SessionConfig = field(default_factory=SessionConfig)
    system_id: str = "USSDGW"
    max_unsent_bytes: int = 262_144
    slow_reader_timer_s: float = 30.0
    max_queued: int = 10_000
    refusal_delay_s: float = 0.1
    linger_s: float = 2.0
    on_pdu: Callable[["Link", Direction, bytes], None] | None = None


class Hub(Protocol):
    """What all links of a listener share."""

    settings: LinkSettings
    faults: Faults

    def connected(self, link: "Link") -> bool:
        """Count a new connection in; False: there are too many, cut it."""
        ...

    def admit(self, link: "Link", request: Bind) -> tuple[SmppAccount, RoleHandler] | Refusal:
        """Decide on a bind."""
        ...

    def bound(self, link: "Link", request: Bind) -> None:
        """The bind was accepted."""
        ...

    def unbound(self, link: "Link") -> None:
        """Its session is leaving or has gone; comes once after `bound`."""
        ...

    def disconnected(self, link: "Link", reason: str) -> None:
        """The connection has gone; `reason` is for people."""
        ...
