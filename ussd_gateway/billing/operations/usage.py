"""Usage (`usage.…`): a call, a message, megabytes, as the network would report them, rated and charged.

Packages pay first, then money.  With too little money as many whole minutes or megabytes are charged as it
pays for, the call or the session ends there, and the outcome tells how many they were (`units`); if not
even one can be paid, the request is refused.  What the company pays for its employee comes out of the
budget first, like any charge (`purse`).
"""

from collections.abc import Mapping
from typing import NamedTuple

from ussd_gateway.billing import purse, rating
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files import Destination
from ussd_gateway.billing.numbers import phone_number
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, whole
from ussd_gateway.billing.rating import Rated
from ussd_gateway.vocabulary import Outcome, Value

DIRECTIONS = ("out", "in", "forwarded")
BARS_ALL_OUT, BARS_ABROAD, BARS_ALL_IN = "33", ("331", "332"), "35"
"""Barring by its GSM codes (3GPP TS 22.030 Annex C): all outgoing, to abroad, all incoming."""
WEALTH_KOP = 1 << 60


class Party(NamedTuple):
    """The other end: its digits, and the class that decides the price."""

    number: str
    destination: Destination


def call(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A call of `minutes` (begun ones count whole): `direction` out, in, or forwarded to another number.

    Prepared, for `other_party`: `company`, whose number that is.
    """
    minutes, direction = whole(args.get("minutes")), str(args.get("direction", "")) or "out"
    if account.status == "blocked":
        return denied("number.blocked")
    party = _party(args.get("to"), context.catalogue)
    if party is None:
        return denied("number.bad")
    most = context.catalogue.rating.max_units
    if minutes is None or not 0 < minutes <= most or direction not in DIRECTIONS:
        return denied("usage.bad", max=most)
    if direction == "in":
        return _incoming(account, party, minutes, context)
    if direction == "forwarded":
        return _forwarded(account, party.number, minutes, context)
    refusal = _forbidden(account, party, context.catalogue)
    if refusal is not None:
        return refusal
    note = _note(account, "note.call", party.number, context)
    if _closed_group(account, context):
        return _charged(account, Rated(minutes, 0, 0, account.packages), "company", note, 0, context)
    paid_kop = context.catalogue.rating.paid_short.get(party.number)
    spendable_kop = purse.spendable_kop(account)
    if paid_kop is not None:
        rated = rating.priced(account, minutes, paid_kop, spendable_kop=spendable_kop)
        return _charged(account, rated, "short", note, paid_kop, context)
    rated, first = (
        rating.rate_call(
            account, count, party.destination, context.catalogue, spendable_kop=kop, now_ms=context.now_ms
        )
        for count, kop in ((minutes, spendable_kop), (1, WEALTH_KOP))
    )
    return _charged(account, rated, party.destination, note, first.cost_kop, context)


def sms(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """One message to a number.  Prepared as for a call."""
    if account.status == "blocked":
        return denied("number.blocked")
    party = _party(args.get("to"), context.catalogue)
    if party is None:
        return denied("number.bad")
    refusal = _forbidden(account, party, context.catalogue)
    if refusal is not None:
        return refusal
    note = _note(account, "note.sms", party.number, context)
    if _closed_group(account, context):
        return _charged(account, Rated(1, 0, 0, account.packages), "company", note, 0, context)
    spendable_kop = purse.spendable_kop(account)
    paid_kop = context.catalogue.rating.paid_short.get(party.number)
    if paid_kop is not None:
        rated = rating.priced(account, 1, paid_kop, spendable_kop=spendable_kop)
        return _charged(account, rated, "short", note, paid_kop, context)
    price_kop = rating.message_price_kop(account, party.destination, context.catalogue)
    rated = rating.rate_units(
        account,
        "sms",
        1,
        price_kop,
        party.destination,
        context.catalogue,
        spendable_kop=spendable_kop,
        now_ms=context.now_ms,
    )
    return _charged(account, rated, party.destination, note, price_kop, context)


def data(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """So many megabytes (begun ones count whole)."""
    megabytes, most = whole(args.get("mb")), context.catalogue.rating.max_units
    if account.status == "blocked":
        return denied("number.blocked")
    if megabytes is None or not 0 < megabytes <= most:
        return denied("usage.bad", max=most)
    price_kop = rating.megabyte_price_kop(account, context.catalogue)
    rated = rating.rate_units(
        account,
        "mb",
        megabytes,
        price_kop,
        None,
        context.catalogue,
        spendable_kop=purse.spendable_kop(account),
        now_ms=context.now_ms,
    )
    return _charged(account, rated, "data", _note(account, "note.data", "", context), price_kop, context)


# ---------------------------------------------------------------- calls that come in


def _incoming(account: Account, party: Party, minutes: int, context: Context) -> Decision:
    """Nothing to pay, unless all calls are forwarded; those on the black list do not get through."""
    if party.number in account.black_list and _works(account, "black_list", context.catalogue):
        return denied("call.rejected")
    if BARS_ALL_IN in account.barring.kinds:
        return denied("call.barred")
    for forward in account.forwarding:
        if forward.kind == "all":
            return _forwarded(account, forward.number, minutes, context)
    return Decision(_told(Rated(minutes, 0, 0, account.packages), "incoming"))


def _forwarded(account: Account, number: str, minutes: int, context: Context) -> Decision:
    """Minutes of a call that was diverted to `number`: one price wherever it went."""
    price_kop = context.catalogue.rating.forwarded
    rated = rating.priced(account, minutes, price_kop, spendable_kop=purse.spendable_kop(account))
    note = _note(account, "note.forwarded", number, context)
    return _charged(account, rated, "forwarded", note, price_kop, context)


# ---------------------------------------------------------------- who, whether, what is charged


def _party(value: Value | None, catalogue: Catalogue) -> Party | None:
    """The other end of a call or message; None when it is no number."""
    digits = str(value or "").strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= catalogue.rating.short_digits:
        return Party(digits, "short")
    number = catalogue.plan.parse_any(str(value)) if value else None
    if number is None:
        return None
    # A number in full is never short, however few digits its country has.
    short = len(number) <= catalogue.rating.short_digits
    return Party(number, "abroad" if short else rating.destination_of(number, catalogue.rating))


def _forbidden(account: Account, party: Party, catalogue: Catalogue) -> Decision | None:
    """Why the subscriber may not call or write there; None when there is no reason."""
    barred = account.barring.kinds
    if party.destination != "short" and BARS_ALL_OUT in barred:
        return denied("call.barred")
    if party.destination == "abroad" and any(kind in barred for kind in BARS_ABROAD):
        return denied("call.barred")
    if account.content_ban and party.number in catalogue.rating.paid_short:
        return denied("svc.banned")
    return None


def other_party(account: Account, args: Mapping[str, Value], catalogue: Catalogue) -> str | None:
    """The number whose company matters to the price; None when it does not."""
    if account.company is None or not catalogue.rating.closed_group:
        return None
    return phone_number(args.get("to"), catalogue)


def _closed_group(account: Account, context: Context) -> bool:
    """Whether both numbers belong to one company, whose calls among themselves are free."""
    return account.company is not None and context.prepared.get("company") == account.company


def _works(account: Account, feature: str, catalogue: Catalogue) -> bool:
    """Whether the service that stands for a feature is on and paid."""
    return any(
        service.feature == feature and account.has(code) for code, service in catalogue.services.items()
    )


def _note(account: Account, text_key: str, number: str, context: Context) -> str:
    """What "last charges" calls it."""
    return context.catalogue.texts.render(text_key, account.language, {"to": number})


def _charged(
    account: Account, rated: Rated, kind: str, note: str, price_kop: int, context: Context
) -> Decision:
    """Use up packages and money as rated; a refusal when there is not enough for one unit at `price_kop`."""
    if rated.units == 0:
        return denied("no.money", need_kop=price_kop, balance_kop=purse.spendable_kop(account))
    after = account._replace(packages=rated.packages)
    decision = Decision(_told(rated, kind))
    if rated.cost_kop:
        paid = purse.charge(
            after,
            rated.cost_kop,
            note,
            key=context.key,
            now_ms=context.now_ms,
            remember=context.catalogue.settings.last_charges,
            kind="usage",
        )
        assert paid is not None, "no more was rated than can be paid"
        decision.account, decision.entries = paid
    elif rated.packages is not account.packages:
        decision.account = after
    return decision


def _told(rated: Rated, kind: str) -> Outcome:
    results: dict[str, Value] = {
        "cost_kop": rated.cost_kop,
        "from_package": rated.from_package,
        "class": kind,
        "units": rated.units,
    }
    return done(**results)
