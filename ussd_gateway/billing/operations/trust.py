"""The credit of trust (`pay.trust…`): a balance that may go below zero, down to one of the sums we offer.

It costs nothing and lasts until it is given up.  A debt has to be paid first, whether the sum is to be
another one or none.
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, whole
from ussd_gateway.billing.operations.common import blocked, sms
from ussd_gateway.vocabulary import Value


def grant(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Let the balance go down to `amount_kop` below zero.

    Refused in this order: blocked, a company's number, a sum we do not offer, a debt.
    """
    refusal = _refusal(account)
    if refusal is not None:
        return refusal
    amount_kop = whole(args.get("amount_kop"))
    if amount_kop is None or amount_kop not in context.catalogue.payments.trust.sums:
        return denied("trust.sum")
    if account.balance_kop < 0:
        return denied("trust.debt", balance_kop=account.balance_kop)
    message = sms(context, "trust.on", amount_kop=amount_kop)
    return Decision(done(amount_kop=amount_kop), account._replace(floor_kop=-amount_kop), messages=[message])


def end(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A balance below zero no more."""
    refusal = _refusal(account)
    if refusal is not None:
        return refusal
    if account.balance_kop < 0:
        return denied("trust.debt", balance_kop=account.balance_kop)
    if account.floor_kop == 0:
        return denied("trust.off")
    return Decision(done(), account._replace(floor_kop=0), messages=[sms(context, "trust.ended")])


def _refusal(account: Account) -> Decision | None:
    return blocked(account) or (denied("individual.only") if account.corporate else None)
