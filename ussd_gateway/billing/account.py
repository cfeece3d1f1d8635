"""The account of one subscriber: the aggregate that every operation reads and replaces.

An account is an immutable value.  An operation answers with a changed copy (`account._replace(...)`, part
of the public face of a NamedTuple and six times as fast as a dataclass's `replace`); nothing is true
until the copy is committed together with the ledger entries that explain its money.

`version` counts commits and `due_ms` says when time will next change something: the unit of work sets both,
operations leave them alone.
"""

import json
from sys import intern
from typing import Any, Literal, NamedTuple

from ussd_gateway.billing.holdings import (
    DECODERS,
    Autopay,
    Barring,
    Block,
    Bonus,
    Card,
    Charge,
    Deferred,
    Employee,
    Former,
    Forward,
    Package,
    PackageKind,
    PaperOrder,
    Password,
    PendingCode,
    PendingDocument,
    PendingTariff,
    Promised,
    Quota,
    Relative,
    Service,
    Sim,
    Spent,
    TariffFee,
    Ticket,
)

__all__ = ["Account", "Charge", "Kind", "Package", "PackageKind", "Password", "Spent", "body", "from_stored"]

Kind = Literal["individual", "corporate"]
Status = Literal["active", "blocked"]

NO_PASSWORD = Password()
NOTHING_SPENT = Spent()
NO_FEE = TariffFee()
NO_AUTOPAY = Autopay()
NO_BONUS = Bonus()
NOTHING_BARRED = Barring()
NO_SIM = Sim()
NOBODY = Employee()


class Account(NamedTuple):
    """One subscriber.

    Money lies in pockets: `balance_kop` (may go down to `floor_kop`, which is at most 0), and for a
    corporate employee `budget_kop`, what is left of the company's monthly `budget_limit_kop`, and
    `personal_kop`, the employee's own money on top.

    `due_ms`: the instant of the next event that time brings (`settle.next_due_ms`), 0 for none.
    """

    msisdn: str
    version: int
    balance_kop: int = 0
    floor_kop: int = 0
    budget_kop: int = 0
    personal_kop: int = 0
    due_ms: int = 0
    created_ms: int = 0
    kind: Kind = "individual"
    language: str = "ru"
    status: Status = "active"
    tariff: str = ""
    budget_limit_kop: int = 0
    company: str | None = None
    packages: tuple[Package, ...] = ()
    password: Password = NO_PASSWORD
    autologin: bool = False
    spent: Spent = NOTHING_SPENT
    last_charges: tuple[Charge, ...] = ()
    debt_floor_kop: int | None = None
    """While a debt holds the balance below its limit: that limit (`floor_kop` then is the balance)."""
    quotas: tuple[Quota, ...] = ()
    tariff_fee: TariffFee = NO_FEE
    pending_tariff: PendingTariff | None = None
    services: tuple[Service, ...] = ()
    autorenew: bool = False
    """Whether bought packages are bought again when they end."""
    autopay: Autopay = NO_AUTOPAY
    cards: tuple[Card, ...] = ()
    promised: tuple[Promised, ...] = ()
    transfer_bar: bool = False
    relatives: tuple[Relative, ...] = ()
    codes: tuple[PendingCode, ...] = ()
    bonus: Bonus = NO_BONUS
    black_list: tuple[str, ...] = ()
    """The numbers on it; it is in force while its service is."""
    forwarding: tuple[Forward, ...] = ()
    barring: Barring = NOTHING_BARRED
    block: Block | None = None
    roaming: bool = False
    tone: str = ""
    content_ban: bool = False
    email: str = ""
    documents: tuple[PendingDocument, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    sim: Sim = NO_SIM
    employee: Employee = NOBODY
    tags: tuple[str, ...] = ()
    budget_month: int = 0
    """The month (of `calendar`) the budget was last filled for."""
    last_topups: tuple[Charge, ...] = ()
    """The newest sums that came in."""
    roster: tuple[str, ...] = ()
    """Of the account of a company: the numbers that joined it."""
    former: tuple[Former, ...] = ()
    """Of the account of a company: the numbers that left it."""
    papers: tuple[PaperOrder, ...] = ()
    """Of the account of a company: the documents it ordered, the newest first."""
    deferred: tuple[Deferred, ...] = ()
    """Changes of services its company asked for ahead of time."""

    @property
    def corporate(self) -> bool:
        return self.kind == "corporate"

    def usable(self, now_ms: int) -> list[Package]:
        """The packages that count now: not expired, and not those of a tariff that is not paid for."""
        unpaid = self.tariff if self.tariff_fee.unpaid else None
        return [
            package for package in self.packages if package.expires_ms > now_ms and package.code != unpaid
        ]

    def left_of(self, kind: PackageKind, now_ms: int) -> int:
        """What remains of all usable packages of a kind."""
        return sum(package.left for package in self.usable(now_ms) if package.kind == kind)

    def service(self, code: str) -> Service | None:
        """The service if it is on, suspended or not."""
        return next((service for service in self.services if service.code == code), None)

    def has(self, code: str) -> bool:
        """Whether the service is on and working."""
        return any(service.code == code and not service.suspended for service in self.services)


# ---------------------------------------------------------------- stored form

_COLUMNS = 7
"""Number, version, money and due instant come first: stores keep them as columns, which they can use."""
_BODY_NAMES = Account._fields[_COLUMNS:]
_BODY_DEFAULTS = tuple(Account._field_defaults[name] for name in _BODY_NAMES)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def body(account: Account) -> str:
    """The fields after those of the columns, as JSON; those with their default value are left out."""
    fields = zip(_BODY_NAMES, account[_COLUMNS:], _BODY_DEFAULTS, strict=True)
    return _encode({name: value for name, value, default in fields if value != default})


Columns = tuple[int, int, int, int, int]


def from_stored(msisdn: str, version: int, columns: Columns, text: str) -> Account:
    """The account of a stored row.

    `columns`: balance, floor, budget, personal (kopecks) and the due instant; `text`: made by `body`.
    """
    values: dict[str, Any] = json.loads(text)
    for name, value in values.items():
        if name in _FEW_WORDS:
            # The same few words stand in every account: one copy of each serves them all.
            values[name] = intern(value)
        elif name in DECODERS and value is not None:
            values[name] = DECODERS[name](value)
    balance_kop, floor_kop, budget_kop, personal_kop, due_ms = columns
    return Account(msisdn, version, balance_kop, floor_kop, budget_kop, personal_kop, due_ms, **values)


_FEW_WORDS = frozenset({"kind", "language", "status", "tariff"})
