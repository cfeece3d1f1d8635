"""Messages that end otherwise than they would, because a tester wants to see that receipt.

Asked once a message, when it would first reach its phone; the phone then hears nothing of it.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from ussd_gateway.access.endings import End
from ussd_gateway.billing.store import MessageState, OutMessage
from ussd_gateway.clock import Clock
from ussd_gateway.smpp.constants import MAP_ERRORS
from ussd_gateway.smpp.constants import MessageState as Told
from ussd_gateway.terms import Address

_ENDS: Mapping[str, tuple[MessageState, int]] = {
    "UNDELIV": ("failed", Told.UNDELIVERABLE),
    "EXPIRED": ("expired", Told.EXPIRED),
    "DELETED": ("deleted", Told.DELETED),
    "REJECTD": ("failed", Told.REJECTED),
    "UNKNOWN": ("failed", Told.UNKNOWN),
}
"""`stat` of a receipt (SMPP 3.4 Appendix B) -> the state we keep, the message_state we tell."""


class FailedReceipt(Protocol):
    """How a message ends that is not to arrive: the `stat` and the `err`, 0-255, of its receipt."""

    @property
    def state(self) -> str: ...

    @property
    def error(self) -> int: ...


class Outcomes(Protocol):
    """Who decides that (`faults.Faults`)."""

    def receipt_outcome(
        self, account: str, source: str, destination: str, text: str = ""
    ) -> FailedReceipt | None:
        """How a message of this account is to end, if it is not to arrive."""
        ...


def fates(outcomes: Outcomes, clock: Clock) -> Callable[[OutMessage], End | None]:
    """For `delivery.fate`: the end that a message has instead, if that is wanted."""

    def fate(message: OutMessage) -> End | None:
        terms = message.terms
        if terms is None or ":" not in terms.origin:
            return None  # nobody would hear of it
        account = terms.origin.partition(":")[2]
        source = terms.source or Address(digits=message.source)
        destination = terms.destination or Address(digits=message.destination)
        wanted = outcomes.receipt_outcome(account, source.digits, destination.digits, message.text)
        if wanted is None:
            return None
        state, told = _ENDS[wanted.state]
        status = MAP_ERRORS + wanted.error if wanted.error else 0
        return End(message, state, clock.now_ms(), status, told)

    return fate
