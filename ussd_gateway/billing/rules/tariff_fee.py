"""The fee of the tariff, and what the tariff brings for it: minutes, messages, megabytes.

Paid for a month, 30 days or a day.  Too little money: the tariff's packages are not renewed (those of a daily
tariff cannot be used) until a top-up pays for a new period, which begins then.  A blocked number pays
nothing and gets nothing.  The tariff of a corporate number is paid by its company, after the event.
"""

from ussd_gateway.billing.account import NO_FEE, Account, Package, PackageKind
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms, period_end_ms
from ussd_gateway.billing.files import Tariff, Volumes
from ussd_gateway.billing.holdings import TariffFee
from ussd_gateway.billing.ledger import FEES, LedgerEntry, company_account
from ussd_gateway.billing.operations.base import Context, Decision, done
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.rules.base import NEVER, Rule, taken

UNPAID = TariffFee(0, unpaid=True)
KINDS: tuple[PackageKind, ...] = ("minutes", "sms", "mb")


def due(account: Account) -> int:
    """When the next fee is due.

    An account from before fees were kept has its packages only: its first fee is due when they end.
    """
    fee = account.tariff_fee
    if fee.due_ms:
        return fee.due_ms
    if fee.unpaid or not account.packages:
        return NEVER
    return min((each.expires_ms for each in account.packages if each.code == account.tariff), default=NEVER)


def play(account: Account, context: Context) -> Decision:
    """A new period, if it can be paid."""
    if account.status == "active":
        paid = pay(account, context)
        if paid is not None:
            after, entries = paid
            return Decision(done(tariff=account.tariff, fee_kop=fee_kop(account, context)), after, entries)
    left = tuple(
        each for each in account.packages if each.code != account.tariff or each.expires_ms > context.now_ms
    )
    after = account._replace(tariff_fee=UNPAID, packages=left)
    message = sms(
        context,
        "tariff.unpaid",
        tariff=context.catalogue.tariff_name(account.tariff, account.language),
        need_kop=fee_kop(account, context),
    )
    messages = [message] if account.status == "active" else []
    return Decision(done(tariff=account.tariff, unpaid=True), after, messages=messages)


def fee_kop(account: Account, context: Context) -> int:
    """What a period of the account's tariff costs; nothing when the tariff is no longer in the catalogue."""
    tariff = context.catalogue.tariffs.get(account.tariff)
    return tariff.fee if tariff else 0


def pay(account: Account, context: Context) -> tuple[Account, list[LedgerEntry]] | None:
    """The account with its tariff paid for a period from now on; None when there is not enough money."""
    tariff = context.catalogue.tariffs.get(account.tariff)
    if tariff is None:
        others = tuple(each for each in account.packages if each.code != account.tariff)
        return account._replace(tariff_fee=NO_FEE, packages=others), []
    kind = "daily" if tariff.period == "day" else "monthly"
    note = tariff.name.render(account.language, {})
    if account.company is not None:
        company = company_account(account.company)
        entries = [
            LedgerEntry(context.key, name, amount_kop, kind, context.now_ms, account.msisdn)
            for name, amount_kop in ((company, -tariff.fee), (FEES, tariff.fee))
            if amount_kop
        ]
        return begun(account, tariff, context.now_ms), entries
    charged = taken(account, tariff.fee, note, kind, context)
    if charged is None:
        return None
    return begun(charged[0], tariff, context.now_ms), charged[1]


def begun(account: Account, tariff: Tariff, now_ms: int) -> Account:
    """The account at the beginning of a period of its tariff, with new packages where the old have ended."""
    brings = any(getattr(tariff.volumes, kind) for kind in KINDS)
    own = [each for each in account.packages if each.code == account.tariff and each.expires_ms > now_ms]
    others = [each for each in account.packages if each.code != account.tariff]
    if not (tariff.fee or brings):
        # It brought something before the catalogue changed: that ends, and nothing follows.
        return account._replace(tariff_fee=NO_FEE, packages=(*own, *others))
    ends_ms = period_end_ms(tariff.period, now_ms)
    if tariff.period != "day" or not own:
        expires_ms = month_start_ms(month_of(day_of(now_ms)) + 1) if tariff.period == "day" else ends_ms
        own = packages_of(account.tariff, tariff, tariff.volumes, expires_ms)
    return account._replace(tariff_fee=TariffFee(ends_ms), packages=(*own, *others))


def packages_of(code: str, tariff: Tariff, left: Volumes, expires_ms: int) -> list[Package]:
    """The tariff's packages, with what is `left` of each."""
    return [
        Package(code, kind, getattr(left, kind), size, expires_ms)
        for kind in KINDS
        if (size := getattr(tariff.volumes, kind))
    ]


RULE = Rule("tariff fee", due, play)
