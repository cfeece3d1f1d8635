"""The tariff and its change (`tariff.…`).

A change is ordered now and carried out later, by itself, at the next local midnight (`rules`): then its fee
and the first fee of the new tariff are taken and an SMS tells the subscriber.  Whether that money is there is
also looked at when the order is taken, so that nobody waits for nothing.
"""

from collections.abc import Mapping

from ussd_gateway.billing import quotas
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, day_start_ms, month_of
from ussd_gateway.billing.holdings import PendingTariff
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import forbidden, per, sms, too_poor
from ussd_gateway.filters import money
from ussd_gateway.vocabulary import Value

QUOTA = "tariff"
"""Orders in a calendar month."""


def current(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The tariff's name and fee, and the change that waits (`effective_ms` 0: none)."""
    catalogue, pending = context.catalogue, account.pending_tariff
    tariff = catalogue.tariffs.get(account.tariff)
    outcome = done(
        code=account.tariff,
        name=catalogue.tariff_name(account.tariff, account.language),
        fee_kop=tariff.fee if tariff else 0,
        per=per(catalogue, tariff.period if tariff else "month", account.language),
        next_name=catalogue.tariff_name(pending.code, account.language) if pending else "",
        effective_ms=pending.effective_ms if pending else 0,
    )
    return Decision(outcome)


def offered(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """All tariffs for such a number, by SMS."""
    language = account.language
    lines = [
        f"{tariff.name.render(language, {})} {money(tariff.fee, language)}/"
        f"{per(context.catalogue, tariff.period, language)}"
        for tariff in context.catalogue.tariffs.values()
        if tariff.kind == account.kind
    ]
    return Decision(done(count=len(lines)), messages=[sms(context, "tariff.all", tariffs=", ".join(lines))])


def change(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Order a change to the tariff of the code."""
    code = str(args.get("code", "")).strip().upper()
    return forbidden(account) or obstacle(account, code, context) or ordered(account, code, context)


def obstacle(account: Account, code: str, context: Context) -> Decision | None:
    """Why a change to this tariff cannot be ordered; None when it can.

    In this order: the tariff, the order that waits already, how many there were this month, the money.
    """
    catalogue, rules = context.catalogue, context.catalogue.rules.tariff_change
    tariff = catalogue.tariffs.get(code)
    if tariff is None or tariff.kind != account.kind:
        return denied("tariff.unknown")
    if code == account.tariff:
        return denied("tariff.same")
    pending = account.pending_tariff
    if pending is not None and rules.second == "refuse":
        return denied("tariff.waiting", name=catalogue.tariff_name(pending.code, account.language))
    if quotas.used(account, QUOTA, month_of(day_of(context.now_ms))) >= rules.per_month:
        return denied("tariff.often", max=rules.per_month)
    if rules.funds == "none":
        return None
    # The tariff of a company's number is paid by the company.
    own_fee_kop = tariff.fee if rules.funds == "all" and account.company is None else 0
    return too_poor(account, rules.fee + own_fee_kop)


def ordered(account: Account, code: str, context: Context, *, effective_ms: int | None = None) -> Decision:
    """Take an order that nothing stands in the way of (`obstacle`); by default for when the rules say."""
    rules = context.catalogue.rules.tariff_change
    today = day_of(context.now_ms)
    if effective_ms is None:
        effective_ms = day_start_ms(today + 1) if rules.when == "midnight" else context.now_ms
    after = quotas.use(account, QUOTA, month_of(today))
    after = after._replace(pending_tariff=PendingTariff(code, context.now_ms, effective_ms, rules.fee))
    name = context.catalogue.tariff_name(code, account.language)
    return Decision(done(name=name, fee_kop=rules.fee, effective_ms=effective_ms), after)


def cancel(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take back the order that waits; it still counts among the month's orders."""
    pending = account.pending_tariff
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    if pending is None:
        return denied("tariff.nothing")
    name = context.catalogue.tariff_name(pending.code, account.language)
    return Decision(done(name=name), account._replace(pending_tariff=None))
