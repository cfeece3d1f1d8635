"""Which pocket pays, and what paying leaves behind: ledger entries, counters, the newest charges.

An individual pays from the main balance down to the credit limit.  A corporate employee pays from the
company's budget first and from the personal account above it; the budget can't be overdrawn.
"""

from ussd_gateway.billing.account import Account, Charge, Spent
from ussd_gateway.billing.calendar import day_of, month_of
from ussd_gateway.billing.files import Settings
from ussd_gateway.billing.ledger import CASH, FEES, LedgerEntry, pocket_name


def spendable_kop(account: Account) -> int:
    """How much the account can pay at once."""
    if account.corporate:
        return account.budget_kop + account.personal_kop
    return account.balance_kop - account.floor_kop


def charge(
    account: Account, amount_kop: int, note: str, *, key: str, now_ms: int, settings: Settings
) -> tuple[Account, list[LedgerEntry]] | None:
    """Take `amount_kop` (> 0) as the operator's fee; None when there is not enough money."""
    if amount_kop > spendable_kop(account):
        return None
    counted = account._replace(
        spent=_spent(account.spent, amount_kop, now_ms),
        last_charges=(Charge(now_ms, amount_kop, note), *account.last_charges)[: settings.last_charges],
    )
    if not account.corporate:
        paid = counted._replace(balance_kop=account.balance_kop - amount_kop)
        parts = [("main", amount_kop)]
    else:
        budget_kop = min(amount_kop, account.budget_kop)
        personal_kop = amount_kop - budget_kop
        paid = counted._replace(
            budget_kop=account.budget_kop - budget_kop, personal_kop=account.personal_kop - personal_kop
        )
        parts = [("budget", budget_kop), ("personal", personal_kop)]
    entries = [
        LedgerEntry(key, pocket_name(account.msisdn, pocket), -part_kop, "fee", now_ms, note)
        for pocket, part_kop in parts
        if part_kop
    ]
    entries.append(LedgerEntry(key, FEES, amount_kop, "fee", now_ms, note))
    return paid, entries


def pay_in(
    account: Account, amount_kop: int, note: str, *, key: str, now_ms: int
) -> tuple[Account, list[LedgerEntry]]:
    """Put the subscriber's own money in (`amount_kop` > 0): on the main or the personal account."""
    if account.corporate:
        credited = account._replace(personal_kop=account.personal_kop + amount_kop)
    else:
        credited = account._replace(balance_kop=account.balance_kop + amount_kop)
    return credited, [
        LedgerEntry(key, own_pocket(account), amount_kop, "topup", now_ms, note),
        LedgerEntry(key, CASH, -amount_kop, "topup", now_ms, note),
    ]


def own_pocket(account: Account) -> str:
    """The ledger account that holds the subscriber's own money."""
    return pocket_name(account.msisdn, "personal" if account.corporate else "main")


def _spent(spent: Spent, amount_kop: int, now_ms: int) -> Spent:
    day = day_of(now_ms)
    month = month_of(day)
    return Spent(
        day,
        amount_kop + (spent.day_kop if spent.day == day else 0),
        month,
        amount_kop + (spent.month_kop if spent.month == month else 0),
    )
