"""Where the money went: `acct.spend`, `acct.last5`, `acct.last10`."""

from collections.abc import Mapping, Sequence

from ussd_gateway.billing.account import Account, Charge
from ussd_gateway.billing.calendar import day_of, month_of
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done
from ussd_gateway.billing.operations.common import pay, sms, too_poor, word
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
    charges = account.last_charges[: context.catalogue.settings.free_charges]
    return Decision(done(count=len(charges)), messages=[_listed(charges, account.language, context)])


def last10(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """All charges the account remembers, by SMS, for a fee; nothing to pay when there is none."""
    charges = account.last_charges
    fee_kop = context.catalogue.settings.charges_fee if charges else 0
    refusal = too_poor(account, fee_kop)
    if refusal is not None:
        return refusal
    note = word(context.catalogue, "note.charges", account.language)
    after, entries = pay(account, fee_kop, note, context)
    message = _listed(charges, account.language, context)
    return Decision(done(count=len(charges), fee_kop=fee_kop), after if fee_kop else None, entries, [message])


def _listed(charges: Sequence[Charge], language: str, context: Context) -> Message:
    if not charges:
        return sms(context, "last5.none")
    moment, money = FILTERS["moment"], FILTERS["money2"]
    rows = [
        f"{moment(charge.at_ms, language)} {charge.note} {money(charge.amount_kop, language)}".replace(
            "  ", " "
        )
        for charge in charges
    ]
    return sms(context, "last5", charges="; ".join(rows))
