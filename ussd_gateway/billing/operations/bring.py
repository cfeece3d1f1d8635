"""Bring an account into a state, whatever it was before (administration; for tests).

Money moves through the ledger as an adjustment; nothing else costs anything, nobody is told, and what a
subscriber would have to wait for is true at once.  Codes must be in the catalogue.
"""

from collections.abc import Mapping

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms, period_end_ms
from ussd_gateway.billing.holdings import Bonus, Forward, Lot, Password, Service
from ussd_gateway.billing.ledger import ADJUSTMENT, LedgerEntry, pocket_name
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.rules.packages import fresh
from ussd_gateway.billing.rules.tariff_fee import begun
from ussd_gateway.billing.states import AccountState

_PLAIN = ("language", "autologin", "autorenew", "transfer_bar", "content_ban", "roaming", "email")
"""Members that are fields of the account as they stand."""


def bring(state: AccountState, account: Account, context: Context) -> Decision:
    """Refused, and nothing is changed: a code the catalogue does not have, a sum the account cannot hold.

    Prepared: `hash`, of the password.
    """
    refusal = _unknown(state, account, context) or _impossible(state, account)
    if refusal is not None:
        return refusal
    after = account._replace(
        **{name: getattr(state, name) for name in _PLAIN if getattr(state, name) is not None}
    )
    after = _numbers(state, _login(state, _contract(state, after, context), context))
    after = _bonus(state, after, context)
    after, entries = _money(state, after, context)
    if after == account:
        return Decision(done())
    return Decision(done(), after, entries)


def _unknown(state: AccountState, account: Account, context: Context) -> Decision | None:
    """The first code that means nothing, or nothing for such a number."""
    catalogue = context.catalogue
    if state.tariff is not None:
        tariff = catalogue.tariffs.get(state.tariff)
        if tariff is None or tariff.kind != account.kind:
            return denied("tariff.unknown", code=state.tariff)
    for code in state.packages or ():
        if code not in catalogue.packages:
            return denied("pkg.unknown", code=code)
    for code in state.services or ():
        if code not in catalogue.services:
            return denied("bad.code", code=code)
    return None


def _impossible(state: AccountState, account: Account) -> Decision | None:
    if state.budget is not None and not account.corporate:
        return denied("corp.only")
    limit_kop = -account.floor_kop if state.credit_limit is None else state.credit_limit
    lowest_kop = 0 if account.corporate else -limit_kop
    wanted_kop = purse.own_kop(account) if state.balance is None else state.balance
    return denied("amount.bad", min_kop=lowest_kop) if wanted_kop < lowest_kop else None


# ---------------------------------------------------------------- what the number has


def _contract(state: AccountState, account: Account, context: Context) -> Account:
    """Tariff, packages, services."""
    catalogue, now_ms = context.catalogue, context.now_ms
    if state.tariff is not None:
        others = tuple(each for each in account.packages if each.code != account.tariff)
        account = account._replace(tariff=state.tariff, packages=others, pending_tariff=None)
        account = begun(account, catalogue.tariffs[state.tariff], now_ms)
    if state.remains is not None:
        left: Mapping[str, int | None] = state.remains.model_dump()
        account = account._replace(
            packages=tuple(
                each._replace(left=wanted)
                if each.code == account.tariff and (wanted := left[each.kind]) is not None
                else each
                for each in account.packages
            )
        )
    for code, wanted in (state.packages or {}).items():
        others = tuple(each for each in account.packages if each.code != code)
        bought = fresh(code, catalogue.packages[code], now_ms) if wanted else ()
        account = account._replace(packages=(*others, *bought))
    for code, wanted in (state.services or {}).items():
        account = _service(account, code, wanted, context)
    return account


def _service(account: Account, code: str, wanted: bool, context: Context) -> Account:
    """A service on, paid for a period, or off; a feature that is a yes or no is set."""
    service = context.catalogue.services[code]
    if service.feature == "content_ban":
        return account._replace(content_ban=wanted)
    if service.feature == "transfer_bar":
        return account._replace(transfer_bar=wanted)
    if wanted and account.has(code):
        return account
    others = tuple(held for held in account.services if held.code != code)
    if not wanted:
        return account._replace(services=others)
    paid_until_ms = period_end_ms(service.period, context.now_ms) if service.fee else 0
    return account._replace(services=(*others, Service(code, context.now_ms, paid_until_ms)))


def _numbers(state: AccountState, account: Account) -> Account:
    """Block, black list, forwarding."""
    if state.blocked is not None:
        account = account._replace(status="blocked" if state.blocked else "active", block=None)
    if state.black_list is not None:
        account = account._replace(black_list=tuple(state.black_list))
    if state.forwarding is not None:
        rules = tuple(Forward(kind, number) for kind, number in state.forwarding.items())
        account = account._replace(forwarding=rules)
    return account


def _login(state: AccountState, account: Account, context: Context) -> Account:
    """The password: a new one, or none, begins without wrong answers."""
    login = account.password
    if "password" in state.model_fields_set:
        digest = context.prepared.get("hash")
        login = Password(digest, set_ms=context.now_ms if digest else 0)
    if state.wrong is not None:
        login = login._replace(wrong=state.wrong)
    if state.locked is not None:
        login = login._replace(locked=state.locked)
    return account._replace(password=login)


def _bonus(state: AccountState, account: Account, context: Context) -> Account:
    """Membership and points; the points vanish when points earned now would."""
    if state.bonus is None and state.bonus_member is None:
        return account
    if state.bonus is None and not state.bonus_member:
        return account._replace(bonus=Bonus())
    month = month_of(day_of(context.now_ms))
    bonus = account.bonus
    if not bonus.member:
        bonus = Bonus(True, context.now_ms, month - 1)
    if state.bonus is not None:
        ends_ms = month_start_ms(month + context.catalogue.bonus.months)
        lots = (Lot(state.bonus, context.now_ms, ends_ms),) if state.bonus else ()
        bonus = bonus._replace(lots=lots)
    return account._replace(bonus=bonus)


# ---------------------------------------------------------------- money


def _money(state: AccountState, account: Account, context: Context) -> tuple[Account, list[LedgerEntry]]:
    """Pockets and limit; each difference goes through the ledger."""
    moved: list[tuple[str, int]] = []
    if state.credit_limit is not None:
        account = account._replace(floor_kop=-state.credit_limit, debt_floor_kop=None)
    if state.balance is not None:
        moved.append((purse.own_pocket(account), state.balance - purse.own_kop(account)))
        account = purse.with_own_kop(account, state.balance)
        if account.debt_floor_kop is not None:
            account = account._replace(floor_kop=account.debt_floor_kop, debt_floor_kop=None)
    if state.budget is not None:
        moved.append((pocket_name(account.msisdn, "budget"), state.budget - account.budget_kop))
        account = account._replace(budget_kop=state.budget)
    entries = [
        LedgerEntry(context.key, name, amount_kop, "adjustment", context.now_ms, "state")
        for pocket, difference_kop in moved
        if difference_kop
        for name, amount_kop in ((pocket, difference_kop), (ADJUSTMENT, -difference_kop))
    ]
    return account, entries
