"""What an account does by itself when its money has changed.

    a top-up    -> gives back the promised payment, pays for the tariff and services that wait for money
    low balance -> autopay charges the card (once), and with that money the same again
                -> those who watch the balance are told

Played once after every operation and every event of time, on the state they left.
"""

from collections.abc import Sequence
from itertools import takewhile

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account, Charge
from ussd_gateway.billing.holdings import Service
from ussd_gateway.billing.ledger import CASH, LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision, Message, done
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.operations.relatives import low_balance_notices
from ussd_gateway.billing.rules import promised, services, tariff_fee
from ussd_gateway.billing.rules.base import Course
from ussd_gateway.billing.services import first_paid_ms
from ussd_gateway.vocabulary import Value

LENT = frozenset({"promised", "refund"})
"""Money that came in and is no top-up."""
ACTIVE = frozenset({"usage", "topup", "autopay", "transfer"})
"""Money that moves because somebody uses the number or pays for it."""
_LOST_AND_FOUND = (("svc.suspended", "svc.resumed", "name"), ("tariff.unpaid", "tariff.paid", "tariff"))
"""Texts that a thing stopped for want of money and that it works again; what they call it."""


def react(course: Course, before: Account, entries: Sequence[LedgerEntry], context: Context) -> None:
    """Add to the course what follows from a change: `before` became `course.account` by these entries."""
    if course.account.services:
        _break_silence(course, before, entries, context)
    unblocked = course.account.status == "active" and before.status == "blocked"
    if _topped_up(course, entries, context) or unblocked:
        _pay_what_waits(course, context)
    changed = bool(entries) or unblocked or course.account.autopay != before.autopay
    if changed and _autopay_is_due(course.account):
        paid = _autopay(course.account, context)
        course.add("autopay", context.now_ms, paid)
        if _topped_up(course, paid.entries, context):
            _pay_what_waits(course, context)
            _unsay(course, context.now_ms)
    notices = low_balance_notices(before, course.account, context) if entries else []
    if notices:
        course.add("low balance", context.now_ms, Decision(done(told=len(notices)), messages=notices))


def _break_silence(course: Course, before: Account, entries: Sequence[LedgerEntry], context: Context) -> None:
    """A number that is used or paid for is silent no more: fees for its silence begin to wait anew."""
    account = course.account
    offers = {held.code: context.catalogue.services.get(held.code) for held in account.services}
    waiting = {code: offer for code, offer in offers.items() if offer is not None and offer.silent_days}
    if not waiting or not (any(entry.kind in ACTIVE for entry in entries) or _used_packages(before, account)):
        return
    services = [
        held._replace(paid_until_ms=first_paid_ms(waiting[held.code], context.now_ms), suspended=False)
        if held.code in waiting
        else held
        for held in account.services
    ]
    course.account = account._replace(services=tuple(services))


def _used_packages(before: Account, after: Account) -> bool:
    """Whether there are the same packages with less in them."""
    return [package._replace(left=0) for package in before.packages] == [
        package._replace(left=0) for package in after.packages
    ] and before.packages != after.packages


def _topped_up(course: Course, entries: Sequence[LedgerEntry], context: Context) -> bool:
    """Whether money came in from outside; the account remembers the newest such sums."""
    account, pocket = course.account, purse.own_pocket(course.account)
    topups = [
        Charge(entry.at_ms, entry.amount_kop, entry.note)
        for entry in entries
        if entry.amount_kop > 0 and entry.account == pocket and entry.kind not in LENT
    ]
    if topups:
        newest = (*topups, *account.last_topups)[: context.catalogue.settings.last_charges]
        course.account = account._replace(last_topups=newest)
    return bool(topups)


# ---------------------------------------------------------------- paying what waits for money


def _pay_what_waits(course: Course, context: Context) -> None:
    """The loan first, then the tariff, then services in the order they were switched on."""
    if course.account.promised:
        decision = promised.repay(course.account, context)
        if decision.account is not None:
            course.add("promised payment", context.now_ms, decision)
    account = course.account
    if account.status != "active":
        return
    if account.tariff_fee.unpaid:
        paid = tariff_fee.pay(account, context)
        if paid is not None:
            after, entries = paid
            name = context.catalogue.tariff_name(account.tariff, account.language)
            message = sms(context, "tariff.paid", tariff=name, fee_kop=tariff_fee.fee_kop(account, context))
            course.add("tariff fee", context.now_ms, Decision(done(), after, entries, [message]))
    if any(service.suspended for service in course.account.services):
        decision = _resumed(course.account, context)
        if decision.account is not None:
            course.add("service fees", context.now_ms, decision)


def _resumed(account: Account, context: Context) -> Decision:
    """Suspended services that can be paid for work again."""
    kept: list[Service] = []
    entries: list[LedgerEntry] = []
    messages: list[Message] = []
    resumed: list[str] = []
    for service in account.services:
        paid = services.pay(account, service, context) if service.suspended else None
        if paid is None:
            kept.append(service)
            continue
        account, working, charged = paid
        kept.append(working)
        entries += charged
        resumed.append(service.code)
        offer = context.catalogue.services.get(service.code)
        if offer is not None:
            messages.append(sms(context, "svc.resumed", name=offer.name.render(account.language, {})))
    if not resumed:
        return Decision(done())
    return Decision(
        done(services=" ".join(resumed)), account._replace(services=tuple(kept)), entries, messages
    )


# ---------------------------------------------------------------- autopay


def _unsay(course: Course, at_ms: int) -> None:
    """What lacked money and got it from the card within the same instant was never off: no word of it."""
    present = takewhile(lambda happening: happening.at_ms == at_ms, reversed(course.happened))
    decisions = [happening.decision for happening in present]
    messages = [message for decision in decisions for message in decision.messages]
    for lost, found, name in _LOST_AND_FOUND:
        back = _named(messages, lost, name) & _named(messages, found, name)
        for decision in decisions:
            decision.messages = [
                message
                for message in decision.messages
                if message.text_key not in (lost, found) or message.params[name] not in back
            ]


def _named(messages: Sequence[Message], text_key: str, name: str) -> set[Value]:
    return {message.params[name] for message in messages if message.text_key == text_key}


def _autopay_is_due(account: Account) -> bool:
    autopay = account.autopay
    return (
        autopay.on
        and bool(account.cards)
        and account.status == "active"
        and purse.own_kop(account) < autopay.threshold_kop
    )


def _autopay(account: Account, context: Context) -> Decision:
    """Charge the card; a card that is declined ends the autopay, for it would be declined again and again."""
    autopay, last4 = account.autopay, account.cards[-1].last4
    if last4 in context.catalogue.payments.card.declined:
        after = account._replace(autopay=autopay._replace(on=False))
        return Decision(done(declined=True), after, messages=[sms(context, "autopay.declined", last4=last4)])
    after = purse.with_own_kop(account, purse.own_kop(account) + autopay.amount_kop)
    entries = [
        LedgerEntry(context.key, name, amount_kop, "autopay", context.now_ms, f"card *{last4}")
        for name, amount_kop in ((purse.own_pocket(account), autopay.amount_kop), (CASH, -autopay.amount_kop))
    ]
    message = sms(
        context, "autopay", amount_kop=autopay.amount_kop, last4=last4, balance_kop=purse.own_kop(after)
    )
    return Decision(done(amount_kop=autopay.amount_kop), after, entries, [message])
