"""The block of a number at its owner's wish (`num.…`).

Today is the first of the days asked for, the block ends at the local midnight after the last.  Each day has
its fee, today's is taken at once; a day for which there is no money costs nothing (`rules/block`), for
somebody who lost the phone must be able to block it with an empty account.
"""

from collections.abc import Mapping

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import DAY_MS, day_of, day_start_ms
from ussd_gateway.billing.holdings import Block
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, whole
from ussd_gateway.billing.operations.common import blocked, pay, sms, word
from ussd_gateway.vocabulary import Value


def block(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Block the number for so many days.

    Refused in this order: blocked already (by the owner, by the operator), not a number of days we offer.
    """
    rules = context.catalogue.rules.block
    if account.block is not None:
        return denied("num.already", until_ms=account.block.until_ms)
    refusal = blocked(account)
    if refusal is not None:
        return refusal
    days = whole(args.get("days"))
    if days is None or not rules.min_days <= days <= rules.max_days:
        return denied("num.days", min=rules.min_days, max=rules.max_days)
    today = day_of(context.now_ms)
    until_ms = day_start_ms(today + days)
    fee_kop = rules.fee if rules.fee <= purse.spendable_kop(account) else 0
    note = word(context.catalogue, "note.block", account.language)
    after, entries = pay(account, fee_kop, note, context, kind="daily")
    paid_until_ms = day_start_ms(today + 1) if rules.fee else 0
    after = after._replace(status="blocked", block=Block(context.now_ms, until_ms, paid_until_ms))
    outcome = done(until_ms=until_ms, days=days, fee_kop=rules.fee)
    return Decision(outcome, after, entries, [sms(context, "block", until_ms=until_ms)])


def unblock(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """End the block early.  A block of the operator's is not the owner's to lift."""
    if account.block is None:
        return denied("number.blocked" if account.status == "blocked" else "num.not_blocked")
    return Decision(done(), account._replace(status="active", block=None), messages=[sms(context, "unblock")])


def status(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Whether the number is blocked; by its owner: until when, and how many days that is, today included."""
    until_ms = account.block.until_ms if account.block else 0
    left = -((context.now_ms - until_ms) // DAY_MS) if until_ms else 0
    return Decision(done(blocked=account.status == "blocked", until_ms=until_ms, days_left=left))
