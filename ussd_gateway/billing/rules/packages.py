"""Bought packages end; with auto-renewal on, those that may be are bought again.

A package that is live several times and ends several times at the same instant is bought again once.  Too
little money: it is not renewed, and the subscriber is told.
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.files_packages import PackageOffer
from ussd_gateway.billing.holdings import Package, PackageKind
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Message, done
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.rules.base import NEVER, Rule, taken

KINDS: tuple[PackageKind, ...] = ("minutes", "sms", "mb")


def due(account: Account) -> int:
    """When the first bought package ends."""
    first = NEVER
    for package in account.packages:
        if package.expires_ms < first and package.code != account.tariff:
            first = package.expires_ms
    return first


def play(account: Account, context: Context) -> Decision:
    """Every bought package that has ended goes, or begins anew."""
    tariff = account.tariff
    kept = [p for p in account.packages if p.code == tariff or p.expires_ms > context.now_ms]
    ended = dict.fromkeys(
        p.code for p in account.packages if p.code != tariff and p.expires_ms <= context.now_ms
    )
    account = account._replace(packages=tuple(kept))
    entries: list[LedgerEntry] = []
    messages: list[Message] = []
    for code in ended:
        offer = context.catalogue.packages.get(code)
        if offer is None or not (offer.renews and account.autorenew) or account.status == "blocked":
            continue
        name = offer.name.render(account.language, {})
        charged = taken(account, offer.price, name, "fee", context)
        if charged is None:
            messages.append(sms(context, "pkg.not_renewed", name=name, need_kop=offer.price))
            continue
        account, paid = charged
        entries += paid
        bought = fresh(code, offer, context.now_ms)
        account = account._replace(packages=(*account.packages, *bought))
        messages.append(
            sms(context, "pkg.renewed", name=name, price_kop=offer.price, expires_ms=bought[0].expires_ms)
        )
    return Decision(done(packages=" ".join(ended)), account, entries, messages)


def fresh(code: str, offer: PackageOffer, now_ms: int) -> tuple[Package, ...]:
    """What buying the package brings."""
    expires_ms = offer.ends_ms(now_ms)
    return tuple(
        Package(code, kind, size := getattr(offer.volumes, kind), size, expires_ms)
        for kind in KINDS
        if offer.brings(kind)
    )


RULE = Rule("packages", due, play)
