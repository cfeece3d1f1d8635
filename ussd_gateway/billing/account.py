"""The account of one subscriber: the aggregate that every operation reads and replaces.

An account is an immutable value.  An operation answers with a changed copy (`account._replace(...)`, part
of the public face of a NamedTuple and six times as fast as a dataclass's `replace`); nothing is true
until the copy is committed together with the ledger entries that explain its money.

`version` counts commits: the unit of work raises it by one, operations leave it alone.
"""

import json
from sys import intern
from typing import Any, Literal, NamedTuple

Kind = Literal["individual", "corporate"]
Status = Literal["active", "blocked"]
PackageKind = Literal["minutes", "sms", "mb"]


class Package(NamedTuple):
    """What is left of a bundle of minutes, messages or megabytes until `expires_ms`."""

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


NO_PASSWORD = Password()
NOTHING_SPENT = Spent()


class Account(NamedTuple):
    """One subscriber.

    Money lies in pockets: `balance_kop` (may go down to `floor_kop`, which is at most 0), and for a
    corporate employee `budget_kop`, what is left of the company's monthly `budget_limit_kop`, and
    `personal_kop`, the employee's own money on top.
    """

    msisdn: str
    version: int
    balance_kop: int = 0
    floor_kop: int = 0
    budget_kop: int = 0
    personal_kop: int = 0
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

    @property
    def corporate(self) -> bool:
        return self.kind == "corporate"

    def left_of(self, kind: PackageKind, now_ms: int) -> int:
        """What remains of all unexpired packages of a kind."""
        return sum(p.left for p in self.packages if p.kind == kind and p.expires_ms > now_ms)


# ---------------------------------------------------------------- stored form

_COLUMNS = 6
"""Number, version and money come first: stores keep them as columns, which they can check and sum."""
_BODY_NAMES = Account._fields[_COLUMNS:]
_BODY_DEFAULTS = tuple(Account._field_defaults[name] for name in _BODY_NAMES)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def body(account: Account) -> str:
    """The fields after number, version and money, as JSON; those with their default value are left out."""
    fields = zip(_BODY_NAMES, account[_COLUMNS:], _BODY_DEFAULTS, strict=True)
    return _encode({name: value for name, value, default in fields if value != default})


Money = tuple[int, int, int, int]


def from_stored(msisdn: str, version: int, money_kop: Money, text: str) -> Account:
    """The account of a stored row.

    `money_kop`: its columns (balance, floor, budget, personal); `text`: made by `body`.
    """
    values: dict[str, Any] = json.loads(text)
    for name in ("kind", "language", "status", "tariff"):
        if name in values:
            # The same few words stand in every account (and package): one copy of each serves them all.
            values[name] = intern(values[name])
    if "packages" in values:
        rows: list[Any] = values["packages"]
        values["packages"] = tuple(Package._make([intern(row[0]), intern(row[1]), *row[2:]]) for row in rows)
    if "password" in values:
        values["password"] = Password(*values["password"])
    if "spent" in values:
        values["spent"] = Spent(*values["spent"])
    if "last_charges" in values:
        values["last_charges"] = tuple(Charge(*row) for row in values["last_charges"])
    balance_kop, floor_kop, budget_kop, personal_kop = money_kop
    return Account(msisdn, version, balance_kop, floor_kop, budget_kop, personal_kop, **values)
