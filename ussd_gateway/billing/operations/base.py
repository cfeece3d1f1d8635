"""What every operation takes and gives: (account, arguments, context) -> Decision, purely.

The decision is what would become true; it does, together with the request's other decisions, by one commit.
Refusals are outcomes, checked in a fixed order: the state of the number, then the arguments, then the
money.  The same request therefore always hears the same reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.store import Order
from ussd_gateway.vocabulary import Outcome, Value

NOTHING_PREPARED: Mapping[str, str] = {}


@dataclass(slots=True)
class Context:
    """The circumstances of one request.

    `key` is its idempotency key; `prepared` what had to be found out or computed beforehand (digits, hashes).
    """

    now_ms: int
    catalogue: Catalogue
    key: str
    prepared: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """An SMS: key of a text in the catalogue, its values, the short number it is from.

    `to` is another number it goes to; without it, the subscriber's own.
    """

    text_key: str
    params: Mapping[str, Value]
    sender: str
    secret: bool = False
    delay_ms: int = 0
    to: str | None = None


def order(
    target: str,
    action: str,
    args: Mapping[str, Value],
    *,
    refund: str | None = None,
    not_before_ms: int = 0,
) -> Order:
    """Let an internal action be performed on another subscriber's account, soon, and surely once.

    When that account refuses (or there is none), `refund` is performed with the same arguments on the account
    that gave the order.  The draft fills in number and origin.
    """
    return Order("", "action", "", target, action, args, refund, not_before_ms)


def mail(to: str, document: str, args: Mapping[str, Value], *, not_before_ms: int = 0) -> Order:
    """Let a document (`papers/`) be written into the mailbox folder of an address."""
    return Order("", "mail", "", to, document, args, None, not_before_ms)


@dataclass(slots=True)
class Decision:
    """How an operation ended and what it changes; `account` is None when it changes nothing.

    An operation never changes another subscriber's account: it gives `orders`.
    """

    outcome: Outcome
    account: Account | None = None
    entries: list[LedgerEntry] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)


Operation = Callable[[Account, Mapping[str, Value], Context], Decision]


def done(**params: Value) -> Outcome:
    return Outcome("done", params)


def denied(reason: str, **params: Value) -> Decision:
    """A refusal: `reason` is the key of a text in the catalogue, `params` what that text may show."""
    return Decision(Outcome("denied", {"reason": reason, **params}))


def whole(value: Value | None) -> int | None:
    """An argument as a whole number; None when it is none.  A menu may hand over digits as text."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return None
    return int(value)
