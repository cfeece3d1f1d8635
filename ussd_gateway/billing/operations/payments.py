"""Paying in (`pay.…`): by bank card, by scratch card, by a promised payment; autopay and its card.

Money for another number never touches that account here: it goes to `system:transit` and an order carries
it on (`money.receive`); should nobody take it, it comes back to the one who paid (`money.returned`).
"""

from collections.abc import Mapping

from ussd_gateway.billing import codes, purse, quotas
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files_payments import PromisedTier
from ussd_gateway.billing.holdings import Autopay, Card, Promised
from ussd_gateway.billing.ledger import CASH, PROMISED, TRANSIT, LedgerEntry, pocket_name
from ussd_gateway.billing.numbers import subscriber_number
from ussd_gateway.billing.operations.base import (
    Context,
    Decision,
    Message,
    denied,
    done,
    order,
    whole,
)
from ussd_gateway.vocabulary import Value

PROMISED_QUOTA = "promised"
SCRATCH_QUOTA = "scratch"
NO_AUTOPAY = Autopay()


def sms(
    context: Context,
    text_key: str,
    params: Mapping[str, Value],
    *,
    to: str | None = None,
    secret: bool = False,
) -> Message:
    """A message about payments."""
    delay_ms = context.catalogue.settings.sms.delay_s * 1000
    return Message(text_key, params, context.catalogue.payments.sms_from, secret, delay_ms, to)


# ---------------------------------------------------------------- paying in


def card(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Charge the bound card, for oneself or for `to`.

    Refused in this order: sum outside the limits, no card, not a subscriber's number, declined by the bank.
    """
    rules = context.catalogue.payments.card
    amount_kop = whole(args.get("amount_kop"))
    if amount_kop is None or not rules.least <= amount_kop <= rules.most:
        return denied("card.limits", min_kop=rules.least, max_kop=rules.most)
    if not account.cards:
        return denied("card.none")
    to = _payee(account, args, context.catalogue)
    if to is None:
        return denied("number.bad")
    last4 = account.cards[-1].last4
    if last4 in rules.declined:
        return denied("card.declined", last4=last4)
    return _paid_in(account, amount_kop, to, f"card *{last4}", context)


def scratch(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Redeem a scratch card.  Prepared, when `may_claim`: `card` (its name), `mine` (whether it is).

    A card belongs for ever to the first subscriber who claims it, and counts once on that account.  Wrong and
    used codes count alike against the day's tries.
    """
    rules = context.catalogue.payments.scratch
    today = day_of(context.now_ms)
    tries = quotas.used(account, SCRATCH_QUOTA, today)
    if tries >= rules.tries_per_day:
        return denied("scratch.locked", attempts_left=0)
    to = _payee(account, args, context.catalogue)
    if to is None:
        return denied("number.bad")
    offer = rules.cards.get(scratch_code(args))
    name = f"{SCRATCH_QUOTA}:{context.prepared.get('card', '')}"
    mine = offer is not None and bool(context.prepared["mine"])
    if offer is None or not mine or quotas.used(account, name, quotas.EVER):
        reason = "scratch.bad" if offer is None else "scratch.used"
        refusal = denied(reason, attempts_left=rules.tries_per_day - tries - 1)
        refusal.account = quotas.use(account, SCRATCH_QUOTA, today)
        return refusal
    return _paid_in(quotas.use(account, name, quotas.EVER), offer.amount, to, "scratch card", context)


def may_claim(account: Account, args: Mapping[str, Value], catalogue: Catalogue, now_ms: int) -> bool:
    """Whether `scratch` would take a card with this code, provided it is nobody else's."""
    rules = catalogue.payments.scratch
    return (
        quotas.used(account, SCRATCH_QUOTA, day_of(now_ms)) < rules.tries_per_day
        and _payee(account, args, catalogue) is not None
        and scratch_code(args) in rules.cards
    )


def scratch_code(args: Mapping[str, Value]) -> str:
    """The code as printed: blanks and dashes that people type between groups of digits do not count."""
    return str(args.get("code", "")).replace(" ", "").replace("-", "")


def _payee(account: Account, args: Mapping[str, Value], catalogue: Catalogue) -> str | None:
    """Whose account is meant: `to`, by default one's own; None when `to` is no subscriber's number."""
    to = args.get("to", "")
    return subscriber_number(to, catalogue) if to != "" else account.msisdn


def _paid_in(account: Account, amount_kop: int, to: str, note: str, context: Context) -> Decision:
    """Money that came from outside: onto this account, or on its way to another."""
    if to == account.msisdn:
        after, entries = purse.pay_in(account, amount_kop, note, key=context.key, now_ms=context.now_ms)
        balance_kop = purse.own_kop(after)
        params: dict[str, Value] = {"amount_kop": amount_kop, "balance_kop": balance_kop}
        return Decision(done(**params), after, entries, [sms(context, "pay.received", params)])
    entries = [
        LedgerEntry(context.key, name, part_kop, "topup", context.now_ms, note)
        for name, part_kop in ((CASH, -amount_kop), (TRANSIT, amount_kop))
    ]
    parcel: dict[str, Value] = {"from": account.msisdn, "to": to, "amount_kop": amount_kop, "fee_kop": 0}
    return Decision(
        done(amount_kop=amount_kop, balance_kop=purse.own_kop(account)),
        account,
        entries,
        [sms(context, "pay.sent", {"amount_kop": amount_kop, "to": to})],
        [order(to, "money.receive", {**parcel, "kind": "topup"}, refund="money.returned")],
    )


# ---------------------------------------------------------------- the card and autopay


def card_bind(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Begin to bind a card: a code comes by SMS.  Prepared: `code`, `sealed`, `token`.

    Of the card's number only the token and the last four digits are kept.
    """
    rules = context.catalogue.payments.card
    number = card_number(args)
    if account.status == "blocked":
        return denied("number.blocked")
    if not _luhn(number):
        return denied("card.bad")
    expires_ms = context.now_ms + rules.code_minutes * codes.MINUTE_MS
    payload = f"{context.prepared['token']}:{number[-4:]}"
    after = codes.issued(account, "card", context.prepared["sealed"], expires_ms, payload)
    last4 = number[-4:]
    message = sms(context, "card.code", {"code": context.prepared["code"], "last4": last4}, secret=True)
    return Decision(done(last4=last4), after, messages=[message])


def card_confirm(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Bind the card whose code is given; it replaces the one bound before.  Prepared: `sealed`."""
    pending = codes.waiting(account, "card", context.now_ms)
    tries = context.catalogue.payments.card.code_tries
    verdict, after, left = codes.answered(account, "card", context.prepared["sealed"], context.now_ms, tries)
    if pending is None or verdict == "none":
        return denied("code.none", attempts_left=0)
    if verdict == "wrong":
        return wrong_code(after, left)
    token, _, last4 = pending.payload.partition(":")
    after = after._replace(cards=(Card(token, last4),))
    return Decision(done(last4=last4), after, messages=[sms(context, "card.bound", {"last4": last4})])


def wrong_code(after: Account, left: int) -> Decision:
    """A wrong code was counted."""
    refusal = denied("code.wrong", attempts_left=left)
    refusal.account = after
    return refusal


def card_unbind(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Forget the card; autopay ends with it."""
    if not account.cards:
        return denied("card.none")
    last4 = account.cards[-1].last4
    return Decision(done(last4=last4), account._replace(cards=(), autopay=NO_AUTOPAY))


def card_number(args: Mapping[str, Value]) -> str:
    """The number of the card as digits."""
    return str(args.get("number", "")).replace(" ", "").replace("-", "")


def _luhn(number: str) -> bool:
    """Whether this can be the number of a bank card (ISO/IEC 7812-1: 12 to 19 digits, a check digit)."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def autopay_set(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Let the card be charged whenever the balance falls below the threshold; both sums have defaults."""
    payments = context.catalogue.payments
    rules, limits = payments.autopay, payments.card
    threshold_kop = whole(args.get("threshold_kop", rules.threshold))
    amount_kop = whole(args.get("amount_kop", rules.amount))
    if account.corporate:
        return denied("individual.only")
    if threshold_kop is None or not rules.least_threshold <= threshold_kop <= rules.most_threshold:
        return denied("autopay.threshold", min_kop=rules.least_threshold, max_kop=rules.most_threshold)
    if amount_kop is None or not limits.least <= amount_kop <= limits.most:
        return denied("card.limits", min_kop=limits.least, max_kop=limits.most)
    if not account.cards:
        return denied("card.none")
    after = account._replace(autopay=Autopay(True, threshold_kop, amount_kop))
    params: dict[str, Value] = {"threshold_kop": threshold_kop, "amount_kop": amount_kop}
    return Decision(done(**params), after, messages=[sms(context, "autopay.on", params)])


def autopay_off(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Charge the card no more."""
    if not account.autopay.on:
        return denied("autopay.is_off")
    return Decision(done(), account._replace(autopay=NO_AUTOPAY))


def autopay_status(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Whether it is on, and its two sums; those offered when it is off."""
    rules, own = context.catalogue.payments.autopay, account.autopay
    return Decision(
        done(
            on=own.on,
            threshold_kop=own.threshold_kop if own.on else rules.threshold,
            amount_kop=own.amount_kop if own.on else rules.amount,
        )
    )


# ---------------------------------------------------------------- the promised payment


def promised(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Lend a sum for some days.  `tier` is its name (`150`); without it, the smallest.

    Refused in this order: blocked, corporate, one is running, too many this month, no such sum, too new
    or spent too little for it, balance too low for it.
    """
    rules = context.catalogue.payments.promised
    month = month_of(day_of(context.now_ms))
    if account.status == "blocked":
        return denied("number.blocked")
    if account.corporate:
        return denied("individual.only")
    if account.promised:
        running = account.promised[0]
        return denied("promised.running", amount_kop=owed_kop(running), due_ms=running.due_ms)
    if quotas.used(account, PROMISED_QUOTA, month) >= rules.per_month:
        return denied("promised.often", per_month=rules.per_month)
    wanted = str(args.get("tier", "")).strip()
    name = wanted or min(rules.tiers, key=lambda name: rules.tiers[name].amount, default="")
    tier = rules.tiers.get(name)
    if tier is None:
        return denied("promised.unknown")
    if not _earned(account, tier, context.now_ms):
        return denied("promised.early", days=tier.after_days, spent_kop=tier.spent)
    if account.balance_kop < -tier.down_to:
        return denied("promised.low", min_kop=-tier.down_to)
    loan = Promised(tier.amount, tier.fee, context.now_ms + rules.days * DAY_MS)
    after = quotas.use(account, PROMISED_QUOTA, month)
    after = after._replace(
        balance_kop=account.balance_kop + loan.amount_kop, promised=(*account.promised, loan)
    )
    entries = [
        LedgerEntry(context.key, name, amount_kop, "promised", context.now_ms)
        for name, amount_kop in (
            (pocket_name(account.msisdn, "main"), loan.amount_kop),
            (PROMISED, -loan.amount_kop),
        )
    ]
    params: dict[str, Value] = {
        "amount_kop": loan.amount_kop,
        "fee_kop": loan.fee_kop,
        "total_kop": owed_kop(loan),
        "due_ms": loan.due_ms,
    }
    return Decision(done(**params), after, entries, [sms(context, "promised.done", params)])


def owed_kop(loan: Promised) -> int:
    """What has to be given back."""
    return loan.amount_kop + loan.fee_kop


def _earned(account: Account, tier: PromisedTier, now_ms: int) -> bool:
    """Whether the number has been with the operator long enough, and spent enough, for this sum."""
    recent = account.spent.month >= month_of(day_of(now_ms)) - 1
    spent_kop = account.spent.month_kop if recent else 0
    return now_ms - account.created_ms >= tier.after_days * DAY_MS and spent_kop >= tier.spent


def tiers_for(account: Account, catalogue: Catalogue, now_ms: int) -> list[tuple[str, PromisedTier]]:
    """The sums this subscriber may borrow now, smallest first."""
    rules = catalogue.payments.promised
    if account.corporate or account.promised:
        return []
    tiers = [
        item
        for item in rules.tiers.items()
        if account.balance_kop >= -item[1].down_to and _earned(account, item[1], now_ms)
    ]
    return sorted(tiers, key=lambda item: item[1].amount)
