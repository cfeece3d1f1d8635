"""The ledger: double entry, append only.

Each operation that moves money writes at least two lines under its idempotency key, and they sum to
zero; so do all lines together.  A subscriber's pockets are the accounts `79261234567:main`, `:budget`
and `:personal`; where money comes from and goes to are the operator's own `system:…` accounts, which may
be of either sign.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from ussd_gateway.billing.account import Account

CASH = "system:cash"
"""Money paid in by subscribers (its balance is minus all that came in)."""
FEES = "system:fees"
"""What the operator earned."""
OPENING = "system:opening"
"""The other side of the balances accounts begin with."""
ADJUSTMENT = "system:adjustment"
"""The other side of balances set by an administrator."""
TRANSIT = "system:transit"
"""Money on its way from one subscriber to another: debited here, not yet credited there."""
PROMISED = "system:promised"
"""Promised payments lent out (its balance is minus what is still to be given back)."""
BONUS = "system:bonus"
"""The other side of roubles got for bonus points."""


def company_account(company: str) -> str:
    """The ledger account of a company, which pays its employees' fees and budgets after the event."""
    return f"system:company:{company}"


def budget_lines(account: Account, moved_kop: int, key: str, at_ms: int) -> list["LedgerEntry"]:
    """A company gives an employee's budget so much more, or takes it back; none for nothing.

    `account` is the employee's before; the company's line says whose budget it is.
    """
    company = company_account(account.company or "")
    return [
        LedgerEntry(key, name, amount_kop, "budget", at_ms, note)
        for name, amount_kop, note in (
            (pocket_name(account.msisdn, "budget"), moved_kop, ""),
            (company, -moved_kop, account.msisdn),
        )
        if moved_kop
    ]


KINDS = frozenset(
    {
        "opening", "adjustment", "topup", "autopay", "bonus", "budget", "transfer", "refund",
        "promised", "promised_repay", "fee", "daily", "monthly", "usage",
    }
)  # fmt: skip
"""`fee` comes once, `daily` and `monthly` again and again; `budget` is what a company grants an employee."""


class LedgerEntry(NamedTuple):
    """One line: `amount_kop` (positive: the account grows) under the key of the operation.

    `kind` is what an auditor sums by (one of KINDS); `note` is for people.
    """

    transfer: str
    account: str
    amount_kop: int
    kind: str
    at_ms: int
    note: str = ""


def pocket_name(msisdn: str, pocket: str) -> str:
    """The ledger's name of a subscriber's pocket."""
    return f"{msisdn}:{pocket}"


def owner(account_name: str) -> str | None:
    """The subscriber a ledger account belongs to; None for the operator's own."""
    head = account_name.partition(":")[0]
    return None if head == "system" else head


Holding = tuple[int, int, int]
"""What the pockets of a subscriber hold, in the order of POCKETS, kopecks."""

POCKETS = ("main", "budget", "personal")
EMPTY: Holding = (0, 0, 0)


def holding(account: Account) -> Holding:
    """What the account says its pockets hold."""
    return account.balance_kop, account.budget_kop, account.personal_kop


def sums(entries: Iterable[LedgerEntry], *, by: Literal["account", "transfer"]) -> dict[str, int]:
    """Ledger account, or transfer -> sum of its lines."""
    totals: dict[str, int] = {}
    for entry in entries:
        name = entry.account if by == "account" else entry.transfer
        totals[name] = totals.get(name, 0) + entry.amount_kop
    return totals
