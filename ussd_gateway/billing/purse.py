"""Which pocket pays, and what paying leaves behind: ledger entries, counters, the newest charges.

An individual pays from the main balance down to the credit limit.  A corporate employee pays from the
company's budget first and from the personal account above it; neither can be overdrawn.
"""

from ussd_gateway.billing.account import Account, Charge, Spent
from ussd_gateway.billing.calendar import day_of, month_of
from ussd_gateway.billing.ledger import CASH, FEES, LedgerEntry, pocket_name


def spendable_kop(account: Account) -> int:
    """How much the account can pay at once."""
    if account.corporate:
        return account.budget_kop + account.personal_kop
    return account.balance_kop - account.floor_kop


def own_kop(account: Account) -> int:
    """The subscriber's own money: the main balance, of a corporate employee the personal account."""
    return account.personal_kop if account.corporate else account.balance_kop


def own_pocket(account: Account) -> str:
    """The ledger account that holds the subscriber's own money."""
    return pocket_name(account.msisdn, "personal" if account.corporate else "main")


def with_own_kop(account: Account, amount_kop: int) -> Account:
    """The account with that much money of the subscriber's own."""
    if account.corporate:
        return account._replace(personal_kop=amount_kop)
    return account._replace(balance_kop=amount_kop)


def pay_in(
    account: Account, amount_kop: int, note: str, *, key: str, now_ms: int
) -> tuple[Account, list[LedgerEntry]]:
    """Add `amount_kop` (> 0) to the subscriber's own money."""
    return with_own_kop(account, own_kop(account) + amount_kop), [
        LedgerEntry(key, own_pocket(account), amount_kop, "topup", now_ms, note),
        LedgerEntry(key, CASH, -amount_kop, "topup", now_ms, note),
    ]


def charge(
    account: Account, amount_kop: int, note: str, *, key: str, now_ms: int, remember: int
) -> tuple[Account, list[LedgerEntry]] | None:
    """Take `amount_kop` (> 0) as the operator's fee; None when there is not enough money.

    The account remembers its `remember` newest charges.
    """
    if amount_kop > spendable_kop(account):
        return None
    spent = _spent(account.spent, amount_kop, now_ms)
    charges = (Charge(now_ms, amount_kop, note), *account.last_charges[: remember - 1])
    to_operator = LedgerEntry(key, FEES, amount_kop, "fee", now_ms, note)
    if not account.corporate:
        paid = account._replace(
            balance_kop=account.balance_kop - amount_kop, spent=spent, last_charges=charges
        )
        return paid, [
            LedgerEntry(key, own_pocket(account), -amount_kop, "fee", now_ms, note),
            to_operator,
        ]
    from_budget_kop = min(amount_kop, account.budget_kop)
    from_own_kop = amount_kop - from_budget_kop
    paid = account._replace(
        budget_kop=account.budget_kop - from_budget_kop,
        personal_kop=account.personal_kop - from_own_kop,
        spent=spent,
        last_charges=charges,
    )
    entries = [
        LedgerEntry(key, pocket_name(account.msisdn, pocket), -part_kop, "fee", now_ms, note)
        for pocket, part_kop in (("budget", from_budget_kop), ("personal", from_own_kop))
        if part_kop
    ]
    return paid, [*entries, to_operator]


def _spent(spent: Spent, amount_kop: int, now_ms: int) -> Spent:
    day = day_of(now_ms)
    month = month_of(day)
    return Spent(
        day,
        amount_kop + (spent.day_kop if spent.day == day else 0),
        month,
        amount_kop + (spent.month_kop if spent.month == month else 0),
    )
