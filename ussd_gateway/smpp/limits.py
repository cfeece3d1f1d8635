"""What one session allows its peer and itself, and what it counts."""

from dataclasses import dataclass, field

from ussd_gateway.smpp.constants import InterfaceVersion
from ussd_gateway.smpp.tally import Tally
from ussd_gateway.smpp.timers import TimerConfig


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Limits of one session.

    `window_in`: requests of the peer that may be unanswered at once; more get ESME_RTHROTTLED.
    `window_out`: requests of ours that may be unanswered at once.
    `max_command_length`: octets; `max_command_length_unbound` holds until a bind is accepted.
    `max_violations`: the session closes when the peer has broken the protocol more often.
    `interface_version`: the highest version we speak; the peer's own may lower it.
    `silent_version`: what a centre that sends no sc_interface_version is taken for; the specification
    says 3.3 (SMPP 3.4 §3.4), some real centres just forget it.
    `full_error_bodies`: error responses carry their empty fields, for clients that cannot do without.
    """

    window_in: int = 100
    window_out: int = 10
    max_command_length: int = 70_000
    max_command_length_unbound: int = 256
    max_violations: int = 20
    interface_version: int = InterfaceVersion.V50
    silent_version: int = InterfaceVersion.V33
    full_error_bodies: bool = False
    timers: TimerConfig = field(default_factory=TimerConfig)
    tally: Tally = field(default_factory=Tally, compare=False)
    """Counts the PDUs of all sessions with this configuration."""


@dataclass(slots=True)
class SessionCounters:
    """What happened on a session, for the monitor and for tests."""

    received: int = 0
    violations: int = 0
    throttled: int = 0
    stray_responses: int = 0
    timeouts: int = 0
