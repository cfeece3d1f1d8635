"""The block of a number at its owner's wish: a fee each local midnight, and its end.

A day for which there is no money costs nothing; the block stays.
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, day_start_ms
from ussd_gateway.billing.operations.base import Context, Decision, done
from ussd_gateway.billing.operations.common import sms, word
from ussd_gateway.billing.rules.base import NEVER, Rule, taken


def due(account: Account) -> int:
    """When the next fee is due or the block ends."""
    block = account.block
    if block is None:
        return NEVER
    return min(block.until_ms, block.paid_until_ms) if block.paid_until_ms else block.until_ms


def play(account: Account, context: Context) -> Decision:
    """The end of the block, or one more day of it."""
    block = account.block
    assert block is not None, "due says so"
    if block.until_ms <= context.now_ms:
        after = account._replace(block=None, status="active")
        return Decision(done(ended=True), after, messages=[sms(context, "block.end")])
    fee_kop = context.catalogue.rules.block.fee
    charged = taken(
        account, fee_kop, word(context.catalogue, "note.block", account.language), "daily", context
    )
    paid_until_ms = day_start_ms(day_of(context.now_ms) + 1)
    after, entries = charged if charged else (account, [])
    after = after._replace(block=block._replace(paid_until_ms=paid_until_ms))
    return Decision(done(fee_kop=fee_kop if charged else 0), after, entries)


RULE = Rule("block", due, play)
