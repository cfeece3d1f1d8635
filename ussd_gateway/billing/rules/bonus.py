"""Bonus points: what was spent in a month becomes points when the next one begins; unspent ones vanish.

One point for each full sum spent on services (30 roubles), valid for so many months (12).
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms
from ussd_gateway.billing.holdings import Lot
from ussd_gateway.billing.operations.base import Context, Decision, Message, done
from ussd_gateway.billing.rules.base import NEVER, Rule


def credit_due(account: Account) -> int:
    """The start of the month after the one whose spending has not become points yet."""
    bonus, spent = account.bonus, account.spent
    if not bonus.member or spent.month_kop == 0 or spent.month <= bonus.credited_month:
        return NEVER
    return month_start_ms(spent.month + 1)


def credit(account: Account, context: Context) -> Decision:
    """The points of the month that has ended."""
    rules, bonus = context.catalogue.bonus, account.bonus
    points = account.spent.month_kop // rules.spend_per_point
    after = bonus._replace(credited_month=account.spent.month)
    if points == 0:
        return Decision(done(points=0), account._replace(bonus=after))
    month = month_of(day_of(context.now_ms))
    lot = Lot(points, context.now_ms, month_start_ms(month + rules.months))
    after = after._replace(lots=(*bonus.lots, lot))
    first = min(after.lots, key=lambda each: each.expires_ms)
    message = Message(
        "bonus.month",
        {
            "points": points,
            "total": after.points,
            "expiring": sum(each.points for each in after.lots if each.expires_ms == first.expires_ms),
            "expires_ms": first.expires_ms,
        },
        rules.sms_from,
        delay_ms=context.catalogue.settings.sms.delay_s * 1000,
    )
    return Decision(done(points=points), account._replace(bonus=after), messages=[message])


def expiry_due(account: Account) -> int:
    """When the first points vanish."""
    lots = account.bonus.lots
    return min([lot.expires_ms for lot in lots]) if lots else NEVER


def expire(account: Account, context: Context) -> Decision:
    """Points whose time is over vanish."""
    bonus = account.bonus
    left = tuple(lot for lot in bonus.lots if lot.expires_ms > context.now_ms)
    after = bonus._replace(lots=left)
    return Decision(done(points=bonus.points - after.points), account._replace(bonus=after))


CREDIT = Rule("bonus credit", credit_due, credit)
EXPIRY = Rule("bonus expiry", expiry_due, expire)
