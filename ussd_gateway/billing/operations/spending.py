"""Where the money went (`acct.spend`, `acct.last5`), and where it came from."""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.filters import FILTERS
from ussd_gateway.vocabulary import Value


def spent_kop(account: Account, now_ms: int) -> tuple[int, int]:
    """What was spent today and this month."""
    spent, today = account.spent, day_of(now_ms)
    return (
        spent.day_kop if spent.day == today else 0,
        spent.month_kop if spent.month == month_of(today) else 0,
    )


def spend(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """What was spent on services today (`day`) or this month (`month`)."""
    periods = dict(zip(("day", "month"), spent_kop(account, context.now_ms), strict=True))
    period = str(args.get("period", ""))
    if period not in periods:
        return denied("spend.period")
    return Decision(done(spent_kop=periods[period]))


def last5(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The newest charges by SMS: `12.05 10:02 SMS 2.20; ...`."""
    moment, money = FILTERS["moment"], FILTERS["money2"]
    language = account.language
    charges = "; ".join(
        f"{moment(charge.at_ms, language)} {charge.note} {money(charge.amount_kop, language)}".replace(
            "  ", " "
        )
        for charge in account.last_charges
    )
    message = sms(context, "last5", charges=charges) if charges else sms(context, "last5.none")
    return Decision(done(count=len(account.last_charges)), messages=[message])
