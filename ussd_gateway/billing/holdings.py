"""What a subscriber may hold beside money: services, codes, points, rules for calls, orders that wait.

Immutable values, stored as short JSON rows (`account.body`); a new field goes last and has a default, so that
rows written before it still load.  Everything that time will do to a holding it says itself: the instant
(`…_ms`) until which it is paid, due, or valid.  `settle.py` carries that out.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

PackageKind = Literal["minutes", "sms", "mb"]
ForwardKind = Literal["all", "busy", "no_answer", "unreachable"]
Period = Literal["day", "month", "30d"]
"""How often a fee comes (`calendar.period_end_ms`)."""


class Package(NamedTuple):
    """What is left of a bundle of minutes, messages or megabytes until `expires_ms`.

    The tariff's own bundles have the tariff's code; they are renewed with its fee.
    """

    code: str
    kind: PackageKind
    left: int
    size: int
    expires_ms: int


class Password(NamedTuple):
    """The password of the personal account; `wrong` counts consecutive wrong answers over all channels."""

    hash: str | None = None
    wrong: int = 0
    locked: bool = False
    set_ms: int = 0


class Spent(NamedTuple):
    """What was spent in the subscriber's present day and month (numbers of `calendar`)."""

    day: int = 0
    day_kop: int = 0
    month: int = 0
    month_kop: int = 0


class Charge(NamedTuple):
    """One of the newest charges, for "where did my money go"."""

    at_ms: int
    amount_kop: int
    note: str


class Quota(NamedTuple):
    """How much of something limited per day or month was used: `period` is a number of `calendar`."""

    name: str
    period: int
    used: int


# ---------------------------------------------------------------- tariff and services


class Service(NamedTuple):
    """A service that is on.

    `paid_until_ms`: when its next fee is due, 0 for a service without periodic fee.  `suspended`: the fee
    came due and there was no money; it works again when a top-up lets it be paid.
    """

    code: str
    since_ms: int
    paid_until_ms: int = 0
    suspended: bool = False


class PendingTariff(NamedTuple):
    """A change of tariff that was asked for; `fee_kop` is taken when it is carried out.

    `application`: a company asked for it, and has handed in the form.
    """

    code: str
    requested_ms: int
    effective_ms: int
    fee_kop: int = 0
    application: bool = False


class TariffFee(NamedTuple):
    """The fee of the tariff: paid until `due_ms` (0: nothing ever falls due).

    `unpaid`: it came due and there was no money; the tariff brings nothing until a top-up pays for it.
    """

    due_ms: int = 0
    unpaid: bool = False


# ---------------------------------------------------------------- payments


class Autopay(NamedTuple):
    """The bank card is charged by itself when the balance falls below the threshold."""

    on: bool = False
    threshold_kop: int = 0
    amount_kop: int = 0


class Card(NamedTuple):
    """A bank card bound to the number: the bank's token for it, and the digits people know it by."""

    token: str
    last4: str


class Promised(NamedTuple):
    """A promised payment: lent, to be given back with its fee at a top-up or at `due_ms`."""

    amount_kop: int
    fee_kop: int
    due_ms: int


class PendingCode(NamedTuple):
    """A code sent by SMS that is waited for: what it is for, its keyed hash, and what it will let happen.

    `tries`: wrong answers so far; `payload`: whatever the purpose needs to remember.
    """

    purpose: str
    hash: str
    expires_ms: int
    tries: int = 0
    payload: str = ""


class Relative(NamedTuple):
    """Another number in "the balance of those close to me".

    `asked`: it asks to watch this balance; `watches`: it may, and hears when the balance gets low;
    `invited`: this number asked to watch it; `watched`: and may.
    """

    number: str
    role: Literal["asked", "watches", "invited", "watched"]


# ---------------------------------------------------------------- bonus


class Lot(NamedTuple):
    """Points credited together, and the instant they vanish together."""

    points: int
    credited_ms: int
    expires_ms: int


class Bonus(NamedTuple):
    """Membership in the bonus programme.

    Points are counted, not money.  `credited_month`: the newest month whose spending was turned into points.
    """

    member: bool = False
    since_ms: int = 0
    credited_month: int = 0
    lots: tuple[Lot, ...] = ()

    @property
    def points(self) -> int:
        return sum(lot.points for lot in self.lots)


# ---------------------------------------------------------------- calls


class Forward(NamedTuple):
    """Calls of a kind are diverted to another number."""

    kind: ForwardKind
    number: str


class Barring(NamedTuple):
    """Which calls are barred, and the password that changes it; `dead`: too many wrong ones ended it.

    `password` is None as long as it is the operator's initial one; `kinds` are the digits of the GSM codes
    (33, 331, 332, 35, 351).
    """

    kinds: tuple[str, ...] = ()
    password: str | None = None
    wrong: int = 0
    dead: bool = False


class Block(NamedTuple):
    """The number is blocked at its owner's wish until an instant, for a daily fee paid until another.

    `paid_until_ms` 0: free of charge.
    """

    since_ms: int
    until_ms: int
    paid_until_ms: int = 0


# ---------------------------------------------------------------- what waits, who uses it


class PendingDocument(NamedTuple):
    """A document that was ordered: ready at `due_ms`, then mailed to an address.

    `kind` names the one who writes it (`papers/`), `period`, `form` and `about` (a number) are its arguments.
    A company's has the `order` number of its history, the control number to `notify` by SMS, and perhaps a
    `password` its file is locked with.
    """

    kind: str
    period: str
    to: str
    due_ms: int
    form: str = "csv"
    about: str = ""
    order: int = 0
    notify: str = ""
    password: str = ""


class PaperOrder(NamedTuple):
    """A document in a company's history of orders: ready at `ready_ms`, in preparation before."""

    order: int
    kind: str
    period: str
    form: str
    about: str
    to: str
    locked: bool
    ordered_ms: int
    ready_ms: int


class Ticket(NamedTuple):
    """A question to the operator's people."""

    asked_ms: int
    text: str


class Sim(NamedTuple):
    """The SIM card in use."""

    iccid: str = ""
    puk1: str = ""


class Deferred(NamedTuple):
    """A change of a service its company asked for ahead of time: its order finds it here, or does nothing."""

    code: str
    on: bool
    at_ms: int


class Employee(NamedTuple):
    """Who uses a corporate number; `restricted`: may not change tariff and options by itself.

    `since_ms`: when the number joined its company; 0 for one that was opened as a company's.
    """

    name: str = ""
    position: str = ""
    restricted: bool = False
    since_ms: int = 0


class Former(NamedTuple):
    """A number that left a company: whose it was, and how long it was the company's."""

    number: str
    name: str
    since_ms: int
    until_ms: int


# ---------------------------------------------------------------- stored form

Decode = Callable[[Any], Any]


def _one(kind: Callable[..., Any]) -> Decode:
    return lambda row: kind(*row)


def _several(kind: Callable[..., Any]) -> Decode:
    return lambda rows: tuple([kind(*row) for row in rows])


def _bonus(row: list[Any]) -> Bonus:
    member, since_ms, credited_month, lots = row
    return Bonus(member, since_ms, credited_month, tuple([Lot(*lot) for lot in lots]))


DECODERS: dict[str, Decode] = {
    "packages": _several(Package),
    "password": _one(Password),
    "spent": _one(Spent),
    "last_charges": _several(Charge),
    "last_topups": _several(Charge),
    "quotas": _several(Quota),
    "tariff_fee": _one(TariffFee),
    "pending_tariff": _one(PendingTariff),
    "services": _several(Service),
    "autopay": _one(Autopay),
    "cards": _several(Card),
    "promised": _several(Promised),
    "codes": _several(PendingCode),
    "relatives": _several(Relative),
    "bonus": _bonus,
    "black_list": tuple,
    "forwarding": _several(Forward),
    "barring": lambda row: Barring(tuple(row[0]), *row[1:]),
    "block": _one(Block),
    "documents": _several(PendingDocument),
    "tickets": _several(Ticket),
    "sim": _one(Sim),
    "employee": _one(Employee),
    "deferred": _several(Deferred),
    "tags": tuple,
    "roster": tuple,
    "former": _several(Former),
    "papers": _several(PaperOrder),
}
"""Field of the account -> its value from decoded JSON; fields that are not here are plain values."""
