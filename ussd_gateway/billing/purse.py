"""Which pocket pays, and what paying leaves behind: ledger entries, counters, the newest charges.

An individual pays from the main balance down to the credit limit.  A corporate employee pays from the
company's budget first and from the personal account above it; neither can be overdrawn.

Only what was lent may leave a debt (`owe`): the limit then goes down to the balance, so that nothing more
can be spent, and back up with every top-up (`relieved`).
"""

from collections.abc import Sequence

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
    account: Account, amount_kop: int, note: str, *, key: str, now_ms: int, remember: int, kind: str = "fee"
) -> tuple[Account, list[LedgerEntry]] | None:
    """Take `amount_kop` (> 0) as the operator's fee; None when there is not enough money.

    `kind` is that of the ledger entries: `fee`, `daily`, `monthly`, `usage`.  The account remembers its
    `remember` newest charges.
    """
    if amount_kop > spendable_kop(account):
        return None
    spent = _spent(account.spent, amount_kop, now_ms)
    charges = (Charge(now_ms, amount_kop, note), *account.last_charges[: remember - 1])
    to_operator = LedgerEntry(key, FEES, amount_kop, kind, now_ms, note)
    if not account.corporate:
        paid = account._replace(
            balance_kop=account.balance_kop - amount_kop, spent=spent, last_charges=charges
        )
        return paid, [
            LedgerEntry(key, own_pocket(account), -amount_kop, kind, now_ms, note),
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
        LedgerEntry(key, pocket_name(account.msisdn, pocket), -part_kop, kind, now_ms, note)
        for pocket, part_kop in (("budget", from_budget_kop), ("personal", from_own_kop))
        if part_kop
    ]
    return paid, [*entries, to_operator]


def owe(
    account: Account,
    parts: Sequence[tuple[str, int, str]],
    note: str,
    *,
    key: str,
    now_ms: int,
    remember: int,
) -> tuple[Account, list[LedgerEntry]]:
    """Take from the main balance of an individual whether or not the money is there.

    `parts`: (ledger account that gets it, kopecks, kind).  It is no spending on services.
    """
    total_kop = sum(amount_kop for _, amount_kop, _ in parts)
    balance_kop = account.balance_kop - total_kop
    after = account._replace(
        balance_kop=balance_kop,
        last_charges=(Charge(now_ms, total_kop, note), *account.last_charges[: remember - 1]),
    )
    if balance_kop < account.floor_kop:
        usual_kop = account.floor_kop if account.debt_floor_kop is None else account.debt_floor_kop
        after = after._replace(floor_kop=balance_kop, debt_floor_kop=usual_kop)
    entries = []
    for name, amount_kop, kind in parts:
        if amount_kop:
            entries.append(LedgerEntry(key, own_pocket(account), -amount_kop, kind, now_ms, note))
            entries.append(LedgerEntry(key, name, amount_kop, kind, now_ms, note))
    return after, entries


def relieved(account: Account) -> Account:
    """The account with its limit as far back in place as the debt has been paid."""
    usual_kop = account.debt_floor_kop
    if usual_kop is None or account.balance_kop <= account.floor_kop:
        return account
    if account.balance_kop >= usual_kop:
        return account._replace(floor_kop=usual_kop, debt_floor_kop=None)
    return account._replace(floor_kop=account.balance_kop)


def _spent(spent: Spent, amount_kop: int, now_ms: int) -> Spent:
    day = day_of(now_ms)
    month = month_of(day)
    return Spent(
        day,
        amount_kop + (spent.day_kop if spent.day == day else 0),
        month,
        amount_kop + (spent.month_kop if spent.month == month else 0),
    )
