"""A change of tariff that was asked for, carried out at its instant if it can be paid.

The fee for the change and the new tariff's first fee are taken together, and the new packages replace those
of the old tariff.  Too little money: nothing changes, and the subscriber is told.  A blocked number changes
its tariff without paying; that comes when the block ends.
"""

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.files import Tariff
from ussd_gateway.billing.operations.base import Context, Decision, Message, done
from ussd_gateway.billing.operations.common import per, sms
from ussd_gateway.billing.rules import tariff_fee
from ussd_gateway.billing.rules.base import NEVER, Rule, taken


def due(account: Account) -> int:
    """When the change is to happen."""
    return account.pending_tariff.effective_ms if account.pending_tariff else NEVER


def play(account: Account, context: Context) -> Decision:
    """The new tariff, or the reason why not."""
    pending = account.pending_tariff
    assert pending is not None, "due says so"
    before = account._replace(pending_tariff=None)
    tariff = context.catalogue.tariffs.get(pending.code)
    if tariff is None:
        return Decision(done(tariff=pending.code, gone=True), before)
    name = tariff.name.render(account.language, {})
    changed = before._replace(
        tariff=pending.code, packages=tuple(each for each in before.packages if each.code != before.tariff)
    )
    if account.status == "blocked":
        after = changed._replace(tariff_fee=tariff_fee.UNPAID)
        return Decision(done(tariff=pending.code), after, messages=[_done(account, tariff, context)])
    charged = taken(changed, pending.fee_kop, name, "fee", context)
    paid = tariff_fee.pay(charged[0], context) if charged else None
    if charged is None or paid is None:
        need_kop = pending.fee_kop + tariff.fee
        refused = sms(
            context,
            "tariff.refused",
            tariff=name,
            need_kop=need_kop,
            balance_kop=purse.spendable_kop(account),
        )
        return Decision(done(tariff=pending.code, refused=True), before, messages=[refused])
    after, entries = paid
    return Decision(
        done(tariff=pending.code), after, [*charged[1], *entries], [_done(account, tariff, context)]
    )


def _done(account: Account, tariff: Tariff, context: Context) -> Message:
    name = tariff.name.render(account.language, {})
    return sms(
        context,
        "tariff.done",
        tariff=name,
        fee_kop=tariff.fee,
        per=per(context.catalogue, tariff.period, account.language),
    )


RULE = Rule("tariff change", due, play)
