"""Between subscribers (`pay.transfer…`, `pay.call_me`, `pay.pay_me`): money sent, money asked for.

A transfer takes sum and fee from the sender and leaves an order; the money lies on `system:transit` until
the recipient's account has taken it (`money.receive`) or refused it: then sum and fee come back
(`money.returned`).
"""

from collections.abc import Mapping

from ussd_gateway.billing import codes, purse, quotas
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of
from ussd_gateway.billing.files_payments import RequestRules
from ussd_gateway.billing.ledger import FEES, TRANSIT, LedgerEntry, pocket_name
from ussd_gateway.billing.numbers import subscriber_number
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, order, whole
from ussd_gateway.billing.operations.payments import sms, wrong_code
from ussd_gateway.vocabulary import Value

TRANSFER_QUOTA = "transfer"

# ---------------------------------------------------------------- transfer


def transfer(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Ask for a transfer: everything is checked, then a code comes by SMS.

    Prepared: `code`, `sealed`; and by all three, `declined`: the recipient, when it would not take the money.
    """
    checked = _checked(account, args, context)
    if isinstance(checked, Decision):
        return checked
    to, amount_kop = checked
    rules = context.catalogue.payments.transfer
    expires_ms = context.now_ms + rules.code_minutes * codes.MINUTE_MS
    after = codes.issued(account, "transfer", context.prepared["sealed"], expires_ms, f"{to}:{amount_kop}")
    said: dict[str, Value] = {"amount_kop": amount_kop, "to": to, "code": context.prepared["code"]}
    message = sms(context, "transfer.code", said, secret=True)
    return Decision(done(to=to, amount_kop=amount_kop, fee_kop=rules.fee), after, messages=[message])


def transfer_confirm(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Carry out the transfer whose code is given.  Prepared: `sealed`.

    Everything is checked again, since the balance may have changed; the code is used up either way.
    """
    pending = codes.waiting(account, "transfer", context.now_ms)
    verdict, after, left = codes.answered(
        account,
        "transfer",
        context.prepared["sealed"],
        context.now_ms,
        context.catalogue.payments.transfer.code_tries,
    )
    if pending is None or verdict == "none":
        return denied("code.none", attempts_left=0)
    if verdict == "wrong":
        return wrong_code(after, left)
    to, _, amount = pending.payload.partition(":")
    decision = transfer_now(after, {"to": to, "amount_kop": amount}, context)
    if decision.account is None:
        decision.account = after
    return decision


def transfer_now(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Carry out a transfer that was confirmed on the screen."""
    checked = _checked(account, args, context)
    if isinstance(checked, Decision):
        return checked
    to, amount_kop = checked
    catalogue, fee_kop = context.catalogue, context.catalogue.payments.transfer.fee
    after = account
    entries: list[LedgerEntry] = []
    if fee_kop:
        paid = purse.charge(
            after,
            fee_kop,
            catalogue.texts.render("note.transfer", account.language, {"to": to}),
            key=context.key,
            now_ms=context.now_ms,
            remember=catalogue.settings.last_charges,
        )
        assert paid is not None, "checked above"
        after, entries = paid
        # "Last charges" shows what the transfer took as a whole; the counters of spending only the fee.
        newest, *others = after.last_charges
        newest = newest._replace(amount_kop=amount_kop + fee_kop)
        after = after._replace(last_charges=(newest, *others))
    entries += [
        LedgerEntry(context.key, name, part_kop, "transfer", context.now_ms, to)
        for name, part_kop in ((pocket_name(account.msisdn, "main"), -amount_kop), (TRANSIT, amount_kop))
    ]
    after = quotas.use(after, TRANSFER_QUOTA, month_of(day_of(context.now_ms)), amount_kop)
    after = after._replace(balance_kop=after.balance_kop - amount_kop)
    parcel: dict[str, Value] = {
        "from": account.msisdn,
        "to": to,
        "amount_kop": amount_kop,
        "fee_kop": fee_kop,
        "kind": "transfer",
    }
    result: dict[str, Value] = {"to": to, "amount_kop": amount_kop, "balance_kop": after.balance_kop}
    return Decision(
        done(fee_kop=fee_kop, **result),
        after,
        entries,
        [sms(context, "transfer.sent", result)],
        [order(to, "money.receive", parcel, refund="money.returned")],
    )


def recipient(account: Account, args: Mapping[str, Value], context: Context) -> str | None:
    """To whom the request would transfer money; None when that is nobody."""
    if "to" in args:
        return subscriber_number(args["to"], context.catalogue)
    pending = codes.waiting(account, "transfer", context.now_ms)
    return pending.payload.partition(":")[0] if pending else None


def untransferable(account: Account) -> Decision | None:
    """Why no transfer goes from this account, nor to it; None when one may."""
    if account.status == "blocked":
        return denied("number.blocked")
    if account.corporate:
        return denied("individual.only")
    return denied("transfer.barred") if account.transfer_bar else None


def transfer_bar(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Forbid or allow transfers, from this number and to it."""
    on = args.get("on") in (True, 1, "1", "on", "true")
    return Decision(done(on=on), account._replace(transfer_bar=on))


def _checked(account: Account, args: Mapping[str, Value], context: Context) -> tuple[str, int] | Decision:
    """Recipient and sum, or the refusal.

    In this order: blocked, corporate, barred, recipient, sum, the month's limit, money.
    """
    rules = context.catalogue.payments.transfer
    refusal = untransferable(account)
    if refusal is not None:
        return refusal
    to = subscriber_number(args.get("to"), context.catalogue)
    if to is None:
        return denied("number.bad")
    if to == account.msisdn:
        return denied("number.own")
    if context.prepared.get("declined") == to:
        return denied("transfer.declined", to=to)
    amount_kop = whole(args.get("amount_kop"))
    if amount_kop is None or not rules.least <= amount_kop <= rules.most:
        return denied("transfer.limits", min_kop=rules.least, max_kop=rules.most)
    sent_kop = quotas.used(account, TRANSFER_QUOTA, month_of(day_of(context.now_ms)))
    if sent_kop + amount_kop > rules.per_month:
        return denied("transfer.month", left_kop=max(0, rules.per_month - sent_kop))
    need_kop = amount_kop + rules.fee + rules.keep
    if account.balance_kop < need_kop:
        return denied("no.money", need_kop=need_kop, balance_kop=account.balance_kop)
    return to, amount_kop


# ---------------------------------------------------------------- money that arrives, or comes back


def receive(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take money out of transit.  A transfer is refused by blocked, corporate and barred numbers."""
    amount_kop, kind = _amount(args), str(args["kind"])
    refusal = untransferable(account) if kind == "transfer" else None
    if refusal is not None:
        return refusal
    after, entries = _out_of_transit(account, amount_kop, kind, str(args["from"]), context)
    balance_kop = purse.own_kop(after)
    said: dict[str, Value] = {"from": args["from"], "amount_kop": amount_kop, "balance_kop": balance_kop}
    message = sms(context, "money.received", said)
    return Decision(done(amount_kop=amount_kop, balance_kop=balance_kop), after, entries, [message])


def returned(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Nobody took the money: the sum comes back, and with it the fee.

    A payment by card or scratch card stays on the account of the one who paid.
    """
    amount_kop, fee_kop, to = _amount(args), int(args["fee_kop"]), str(args["to"])
    after, entries = _out_of_transit(account, amount_kop, "refund", to, context)
    if fee_kop:
        after = purse.with_own_kop(after, purse.own_kop(after) + fee_kop)
        entries += [
            LedgerEntry(context.key, name, part_kop, "refund", context.now_ms, to)
            for name, part_kop in ((purse.own_pocket(account), fee_kop), (FEES, -fee_kop))
        ]
    if args["kind"] == "transfer":
        month = month_of(day_of(context.now_ms))
        used_kop = quotas.used(after, TRANSFER_QUOTA, month)
        after = quotas.use(after, TRANSFER_QUOTA, month, -min(used_kop, amount_kop))
    balance_kop = purse.own_kop(after)
    said: dict[str, Value] = {"to": to, "amount_kop": amount_kop, "balance_kop": balance_kop}
    message = sms(context, "money.returned", said)
    return Decision(done(amount_kop=amount_kop, balance_kop=balance_kop), after, entries, [message])


def _amount(args: Mapping[str, Value]) -> int:
    amount_kop = args["amount_kop"]
    assert isinstance(amount_kop, int), "our own orders carry kopecks"
    return amount_kop


def _out_of_transit(
    account: Account, amount_kop: int, kind: str, note: str, context: Context
) -> tuple[Account, list[LedgerEntry]]:
    entries = [
        LedgerEntry(context.key, name, part_kop, kind, context.now_ms, note)
        for name, part_kop in ((purse.own_pocket(account), amount_kop), (TRANSIT, -amount_kop))
    ]
    return purse.with_own_kop(account, purse.own_kop(account) + amount_kop), entries


# ---------------------------------------------------------------- call me, pay for me


def call_me(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Ask somebody by SMS to call back; free, and with no money left too."""
    request = _request(account, args, "call_me", context.catalogue.payments.call_me, context)
    if isinstance(request, Decision):
        return request
    to, after = request
    asked = sms(context, "call.me", {"msisdn": account.msisdn}, to=to)
    return Decision(done(to=to), after, messages=[asked])


def pay_me(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Ask somebody by SMS to top up this number, perhaps by a certain sum; free."""
    request = _request(account, args, "pay_me", context.catalogue.payments.pay_me, context)
    if isinstance(request, Decision):
        return request
    to, after = request
    if args.get("amount_kop", "") == "":
        asked = sms(context, "pay.me.any", {"msisdn": account.msisdn}, to=to)
        return Decision(done(to=to), after, messages=[asked])
    amount_kop = whole(args["amount_kop"])
    limit_kop = context.catalogue.settings.max_topup
    if amount_kop is None or not 0 < amount_kop <= limit_kop:
        return denied("amount.bad", max_kop=limit_kop)
    asked = sms(context, "pay.me", {"msisdn": account.msisdn, "amount_kop": amount_kop}, to=to)
    return Decision(done(to=to), after, messages=[asked])


def _request(
    account: Account, args: Mapping[str, Value], name: str, rules: RequestRules, context: Context
) -> tuple[str, Account] | Decision:
    """Who is asked, and the account with the request counted; or the refusal."""
    if account.status == "blocked":
        return denied("number.blocked")
    to = subscriber_number(args.get("to"), context.catalogue)
    if to is None:
        return denied("number.bad")
    if to == account.msisdn:
        return denied("number.own")
    today = day_of(context.now_ms)
    for suffix, period, limit in (
        ("day", today, rules.per_day),
        ("month", month_of(today), rules.per_month),
    ):
        if limit is None:
            continue
        if quotas.used(account, f"{name}.{suffix}", period) >= limit:
            return denied("request.often", limit=limit)
        account = quotas.use(account, f"{name}.{suffix}", period)
    return to, account
