"""Operations on an account's money and settings (`account.…` in menus and SMS commands)."""

from collections.abc import Mapping

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms
from ussd_gateway.billing.ledger import ADJUSTMENT, LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done, whole
from ussd_gateway.filters import gb
from ussd_gateway.templates import SUBSCRIBER_LANGUAGES
from ussd_gateway.vocabulary import Value


def balance(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """What is on the main account; a look, not a change."""
    return Decision(done(balance_kop=account.balance_kop))


def budget(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """What a corporate employee has left of the company's budget, and the personal account."""
    if not account.corporate:
        return denied("corp.only")
    return Decision(
        done(
            left_kop=account.budget_kop, limit_kop=account.budget_limit_kop, personal_kop=account.personal_kop
        )
    )


def remains(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """What is left of the packages, by SMS."""
    now_ms, sms = context.now_ms, context.catalogue.settings.sms
    params: dict[str, Value] = {
        "minutes": account.left_of("minutes", now_ms),
        "sms": account.left_of("sms", now_ms),
        "gb": gb(account.left_of("mb", now_ms)),
        "renews_ms": renews_ms(account, now_ms),
        "tariff": context.catalogue.tariff_name(account.tariff, account.language),
    }
    message = Message("remains", params, sms.service_from, delay_ms=sms.delay_s * 1000)
    return Decision(done(), messages=[message])


def renews_ms(account: Account, now_ms: int) -> int:
    """When the first of the packages ends; the next month for an account without any."""
    next_month_ms = month_start_ms(month_of(day_of(now_ms)) + 1)
    return min(
        (each.expires_ms for each in account.packages if each.expires_ms > now_ms), default=next_month_ms
    )


def number(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The subscriber's own number."""
    return Decision(done(msisdn=account.msisdn))


def language(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Choose the language of screens and messages."""
    wanted = str(args.get("language", ""))
    if wanted not in SUBSCRIBER_LANGUAGES:
        return denied("language.unknown")
    return Decision(done(language=wanted), account._replace(language=wanted))


def charge(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take a fee.  Refused: blocked number, a fee that is no sum, too little money."""
    if account.status == "blocked":
        return denied("number.blocked")
    fee_kop = whole(args.get("fee_kop"))
    if fee_kop is None or fee_kop < 0:
        return denied("amount.bad")
    if fee_kop == 0:
        return Decision(done(fee_kop=0, balance_kop=purse.spendable_kop(account)))
    note = str(args.get("note", ""))
    paid = purse.charge(
        account,
        fee_kop,
        note,
        key=context.key,
        now_ms=context.now_ms,
        remember=context.catalogue.settings.last_charges,
    )
    if paid is None:
        return denied("no.money", need_kop=fee_kop, balance_kop=purse.spendable_kop(account))
    after, entries = paid
    return Decision(done(fee_kop=fee_kop, balance_kop=purse.spendable_kop(after)), after, entries)


def topup(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Money paid in: on the main account, of a corporate employee on the personal one."""
    most_kop = context.catalogue.settings.max_topup
    amount_kop = whole(args.get("amount_kop"))
    if amount_kop is None or not 0 < amount_kop <= most_kop:
        return denied("amount.bad", max_kop=most_kop)
    note = str(args.get("note", ""))
    after, entries = purse.pay_in(account, amount_kop, note, key=context.key, now_ms=context.now_ms)
    return Decision(done(amount_kop=amount_kop, balance_kop=purse.own_kop(after)), after, entries)


def set_balance(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """An administrator sets the subscriber's own money to a sum; the difference goes through the ledger."""
    wanted_kop = whole(args.get("balance_kop"))
    lowest_kop = 0 if account.corporate else account.floor_kop
    if wanted_kop is None or wanted_kop < lowest_kop:
        return denied("amount.bad", min_kop=lowest_kop)
    difference_kop = wanted_kop - purse.own_kop(account)
    outcome = done(balance_kop=wanted_kop, difference_kop=difference_kop)
    if difference_kop == 0:
        return Decision(outcome)
    note = str(args.get("note", ""))
    entries = [
        LedgerEntry(context.key, name, amount_kop, "adjustment", context.now_ms, note)
        for name, amount_kop in ((purse.own_pocket(account), difference_kop), (ADJUSTMENT, -difference_kop))
    ]
    return Decision(outcome, purse.with_own_kop(account, wanted_kop), entries)
