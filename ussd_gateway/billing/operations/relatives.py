"""The balance of those close to me (`pay.relatives_…`): who hears by SMS that somebody's balance gets low.

Whom one wants to watch must agree first.  Either side keeps its half of the bond in its own account, and
orders carry the steps across:

    relatives_add        invited   --relatives.asked-->   asked
    relatives_consent    watched   <--relatives.agreed--  watches
    relatives_remove     nothing   --relatives.dropped--> nothing      (from either side)
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import Relative
from ussd_gateway.billing.numbers import subscriber_number
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done, order
from ussd_gateway.billing.operations.payments import sms
from ussd_gateway.vocabulary import Value

MAX_ASKING = 10
"""Numbers that may wait for one subscriber's consent; more would be a nuisance."""
MINE = ("invited", "watched")
THEIRS = ("asked", "watches")


def add(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Ask to watch a balance."""
    to = subscriber_number(args.get("to"), context.catalogue)
    if to is None:
        return denied("number.bad")
    if to == account.msisdn:
        return denied("number.own")
    mine = [relative.number for relative in account.relatives if relative.role in MINE]
    if to in mine:
        return denied("relatives.already")
    most = context.catalogue.payments.relatives.most
    if len(mine) >= most:
        return denied("relatives.many", most=most)
    after = account._replace(relatives=(*account.relatives, Relative(to, "invited")))
    asked = order(to, "relatives.asked", _between(account, to), refund="relatives.refused")
    return Decision(done(to=to), after, orders=[asked])


def consent(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Let a number that asked hear of a low balance."""
    to = subscriber_number(args.get("to"), context.catalogue)
    if to is None:
        return denied("number.bad")
    if Relative(to, "asked") not in account.relatives:
        return denied("relatives.none")
    after = _put(account, Relative(to, "watches"), instead_of=THEIRS)
    agreed = order(to, "relatives.agreed", _between(account, to), refund="relatives.refused")
    return Decision(done(to=to), after, orders=[agreed])


def remove(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """End every bond with a number, in both directions, granted or only asked for."""
    to = subscriber_number(args.get("to"), context.catalogue)
    if to is None:
        return denied("number.bad")
    after = _forget(account, to)
    if after == account:
        return denied("relatives.none")
    return Decision(done(to=to), after, orders=[order(to, "relatives.dropped", _between(account, to))])


# ---------------------------------------------------------------- what the other side's steps do here


def asked(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Somebody wants to watch this balance: tell the subscriber how to agree."""
    other = str(args["from"])
    waiting = [relative for relative in account.relatives if relative.role == "asked"]
    if len(waiting) >= MAX_ASKING:
        return denied("relatives.many", most=MAX_ASKING)
    after = _put(account, Relative(other, "asked"), instead_of=THEIRS)
    return Decision(done(), after, messages=[sms(context, "relatives.ask", {"msisdn": other})])


def agreed(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The other one agreed; refused when this side no longer wants it."""
    other = str(args["from"])
    if Relative(other, "invited") not in account.relatives:
        return denied("relatives.none")
    after = _put(account, Relative(other, "watched"), instead_of=MINE)
    return Decision(done(), after, messages=[sms(context, "relatives.agreed", {"msisdn": other})])


def refused(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The other side could not be reached or does not want it: nothing remains of the bond here."""
    other = str(args["to"])
    message = sms(context, "relatives.refused", {"msisdn": other})
    return Decision(done(), _forget(account, other), messages=[message])


def dropped(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The other side ended it."""
    return Decision(done(), _forget(account, str(args["from"])))


def low_balance_notices(before: Account, after: Account, context: Context) -> list[Message]:
    """Messages to those who watch, when a request took the balance below the limit."""
    limit_kop = context.catalogue.payments.relatives.low_balance
    if not (before.balance_kop >= limit_kop > after.balance_kop):
        return []
    return [
        sms(
            context,
            "relatives.low",
            {"msisdn": after.msisdn, "balance_kop": after.balance_kop},
            to=relative.number,
        )
        for relative in after.relatives
        if relative.role == "watches"
    ]


# ---------------------------------------------------------------- bonds


def _between(account: Account, to: str) -> dict[str, Value]:
    return {"from": account.msisdn, "to": to}


def _put(account: Account, bond: Relative, *, instead_of: tuple[str, ...]) -> Account:
    others = [
        relative
        for relative in account.relatives
        if not (relative.number == bond.number and relative.role in instead_of)
    ]
    return account._replace(relatives=(*others, bond))


def _forget(account: Account, other: str) -> Account:
    left = tuple(relative for relative in account.relatives if relative.number != other)
    return account if left == account.relatives else account._replace(relatives=left)
