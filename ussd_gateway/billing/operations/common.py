"""What operations on tariffs, services and packages have in common: who may, who pays, what is said.

A number may change nothing while it is blocked.  An employee whose company forbade it may change nothing
that costs money (tariff, services, packages), but say where calls go.  Looking is always allowed.
"""

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied
from ussd_gateway.vocabulary import Value

Paid = tuple[Account, list[LedgerEntry]]


def blocked(account: Account) -> Decision | None:
    """The refusal of a blocked number; None for one that works."""
    return denied("number.blocked") if account.status == "blocked" else None


def forbidden(account: Account) -> Decision | None:
    """Why this number may change nothing about its contract by itself; None when it may."""
    return blocked(account) or (denied("corp.restricted") if account.employee.restricted else None)


def too_poor(account: Account, need_kop: int) -> Decision | None:
    """The refusal of somebody who cannot pay so much at once; None for one who can."""
    left_kop = purse.spendable_kop(account)
    return denied("no.money", need_kop=need_kop, balance_kop=left_kop) if need_kop > left_kop else None


def pay(account: Account, amount_kop: int, note: str, context: Context, *, kind: str = "fee") -> Paid:
    """Take a fee that the account can pay (`too_poor` said so); nothing for a fee of nothing."""
    if not amount_kop:
        return account, []
    paid = purse.charge(
        account,
        amount_kop,
        note,
        key=context.key,
        now_ms=context.now_ms,
        remember=context.catalogue.settings.last_charges,
        kind=kind,
    )
    assert paid is not None, "the money was looked at before"
    return paid


def sms(context: Context, text_key: str, **params: Value) -> Message:
    """A message about services, after the usual short while."""
    rules = context.catalogue.settings.sms
    return Message(text_key, params, rules.service_from, delay_ms=rules.delay_s * 1000)


def word(catalogue: Catalogue, key: str, language: str) -> str:
    """A word of the catalogue that other texts are put together from."""
    return catalogue.texts[key].render(language, {})


def per(catalogue: Catalogue, period: str, language: str) -> str:
    """`day`, `month` or `30d` as a price names it: `320р/мес`."""
    return word(catalogue, f"per.{period}", language)


def price(catalogue: Catalogue, fee_kop: int, period: str, language: str) -> str:
    """What a period costs, `320р/мес`; nothing for what costs nothing."""
    if not fee_kop:
        return ""
    values: dict[str, Value] = {"fee_kop": fee_kop, "per": per(catalogue, period, language)}
    return catalogue.texts["price"].render(language, values)


def switched_on(value: Value | None) -> bool:
    """An argument that says yes or no; left out, it says yes."""
    return value in (None, True, 1, "", "1", "on", "yes", "true")
