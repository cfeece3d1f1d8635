"""Packages of minutes, messages and megabytes (`pkg.…`): bought one by one, perhaps renewed by themselves."""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import forbidden, pay, sms, switched_on, too_poor
from ussd_gateway.billing.rules.packages import fresh
from ussd_gateway.vocabulary import Value


def buy(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Buy one package; it counts from now on.

    Refused in this order: the number, the code, what it is for, how many there are already, the minutes it is
    exchanged for, the money.
    """
    code = str(args.get("code", "")).strip().upper()
    offer = context.catalogue.packages.get(code)
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    if offer is None:
        return denied("pkg.unknown")
    name = offer.name.render(account.language, {})
    if offer.kind not in (None, account.kind):
        return denied("pkg.unfit", name=name)
    live = [package for package in account.packages if package.expires_ms > context.now_ms]
    group = offer.group()
    alike = sum(package.code == code and package.kind == group for package in live)
    if alike >= offer.max_at_once:
        return denied("pkg.many", max=offer.max_at_once)
    if len(live) >= context.catalogue.max_packages:
        return denied("pkg.many", max=context.catalogue.max_packages)
    exchanged = _without_minutes(account, offer.minutes_for, context.now_ms)
    if exchanged is None:
        return denied("pkg.minutes", minutes=offer.minutes_for)
    refusal = too_poor(account, offer.price)
    if refusal is not None:
        return refusal
    after, entries = pay(exchanged, offer.price, name, context)
    bought = fresh(code, offer, context.now_ms)
    after = after._replace(packages=(*after.packages, *bought))
    terms: dict[str, Value] = {"name": name, "price_kop": offer.price, "expires_ms": bought[0].expires_ms}
    return Decision(done(**terms), after, entries, [sms(context, "pkg.on", **terms)])


def _without_minutes(account: Account, minutes: int, now_ms: int) -> Account | None:
    """The account after giving up minutes of its tariff's own package; None when there are not so many."""
    if not minutes:
        return account
    for place, package in enumerate(account.packages):
        own = (
            package.code == account.tariff and package.kind == "minutes" and package in account.usable(now_ms)
        )
        if own and package.left >= minutes:
            rest = package._replace(left=package.left - minutes)
            return account._replace(
                packages=(*account.packages[:place], rest, *account.packages[place + 1 :])
            )
    return None


def autorenew(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Whether packages that can be renewed are bought again when they end."""
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    on = switched_on(args.get("on"))
    return Decision(done(on=on), account._replace(autorenew=on))
