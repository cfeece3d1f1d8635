"""The bonus programme (`bonus.…`): joining, points, what they buy for oneself or for another member.

Points lie in lots, each with the instant it vanishes; the lot that vanishes first is spent first.  How points
are earned and how they vanish is a matter of time: `rules/`.  A gift takes the points at once and leaves
an order; should the other one be no member, the same lots come back (`bonus.returned`).
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of, month_start_ms
from ussd_gateway.billing.files_bonus import Reward
from ussd_gateway.billing.holdings import Bonus, Lot
from ussd_gateway.billing.ledger import BONUS, LedgerEntry, pocket_name
from ussd_gateway.billing.numbers import subscriber_number
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done, order
from ussd_gateway.billing.rating import REWARD_PREFIX
from ussd_gateway.vocabulary import Value

NO_BONUS = Bonus()
LONGEST_CODE = 6
"""Digits of a reward's code (`files_bonus.RewardCode`); every subscriber's number has more."""


def sms(context: Context, text_key: str, params: Mapping[str, Value]) -> Message:
    """A message about the programme."""
    delay_ms = context.catalogue.settings.sms.delay_s * 1000
    return Message(text_key, params, context.catalogue.bonus.sms_from, delay_ms=delay_ms)


# ---------------------------------------------------------------- membership


def join(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Become a member; free, for individuals only."""
    if account.status == "blocked":
        return denied("number.blocked")
    if account.corporate:
        return denied("bonus.corp")
    if account.bonus.member:
        return denied("bonus.already")
    rules = context.catalogue.bonus
    now_ms, month = context.now_ms, month_of(day_of(context.now_ms))
    lots: tuple[Lot, ...] = ()
    if rules.welcome_points:
        lots = (Lot(rules.welcome_points, now_ms, month_start_ms(month + rules.months)),)
    # The month of joining is the first whose spending will count.
    after = account._replace(bonus=Bonus(True, now_ms, month - 1, lots))
    months, spend_kop = rules.months, rules.spend_per_point
    message = sms(context, "bonus.join", {"spend_kop": spend_kop, "months": months})
    return Decision(done(points=after.bonus.points), after, messages=[message])


def leave(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """End the membership; points that are left are lost."""
    if not account.bonus.member:
        return _no_member(account)
    lost = account.bonus.points
    message = sms(context, "bonus.left", {"points": lost})
    return Decision(done(points=lost), account._replace(bonus=NO_BONUS), messages=[message])


def balance(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The points, and whether the subscriber is a member at all; a look, not a change."""
    if account.corporate:
        return denied("bonus.corp")
    return Decision(done(points=account.bonus.points, member=account.bonus.member))


def expiring(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """How many points vanish next, and when; refused when there are none."""
    if not account.bonus.member:
        return _no_member(account)
    lots = account.bonus.lots
    if not lots:
        return denied("bonus.empty")
    at_ms = min(lot.expires_ms for lot in lots)
    points = sum(lot.points for lot in lots if lot.expires_ms == at_ms)
    return Decision(done(points=points, at_ms=at_ms))


def _no_member(account: Account) -> Decision:
    return denied("bonus.corp" if account.corporate else "bonus.not_member")


# ---------------------------------------------------------------- spending


def redeem(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Buy a reward by its code, for oneself; with `to`, for another member.

    Refused in this order: blocked, no member, no such reward, not a subscriber's number, too few points.
    """
    code = str(args.get("code", "")).strip()
    reward = context.catalogue.bonus.rewards.get(code)
    if account.status == "blocked":
        return denied("number.blocked")
    if not account.bonus.member:
        return _no_member(account)
    if reward is None:
        return denied("bonus.unknown")
    to = account.msisdn
    if args.get("to", "") != "":
        number = subscriber_number(args["to"], context.catalogue)
        if number is None:
            return denied("number.bad")
        to = number
    if account.bonus.points < reward.points:
        return denied("bonus.points", need=reward.points, points=account.bonus.points)
    after, spent = _spend(account, reward.points)
    name = reward.name.render(account.language, {})
    result: dict[str, Value] = {"name": name, "points": reward.points, "left": after.bonus.points}
    if to == account.msisdn:
        after = with_reward(after, code, reward, context.now_ms)
        return Decision(done(**result), after, messages=[sms(context, "bonus.spent", result)])
    gift: dict[str, Value] = {"from": account.msisdn, "to": to, "code": code, "lots": _written(spent)}
    return Decision(
        done(**result),
        after,
        messages=[sms(context, "bonus.sent", {**result, "to": to})],
        orders=[order(to, "bonus.receive", gift, refund="bonus.returned")],
    )


def gift(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Buy a reward for another member, not for oneself.

    Old guides dial number and code the other way round: what is as short as a code is the code.
    """
    given, code = args.get("to"), args.get("code", "")
    if given and len(str(given)) <= LONGEST_CODE < len(str(code)):
        given, code = code, given
    to = subscriber_number(given, context.catalogue)
    if to == account.msisdn:
        return denied("number.own")
    return redeem(account, {"to": to or "?", "code": code}, context)


def redeem_money(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Turn points into roubles on the account: `amount` in roubles, one of the sums on offer."""
    amount = str(args.get("amount", "")).strip()
    amount_kop = int(amount) * 100 if amount.isascii() and amount.isdigit() and len(amount) <= 6 else 0
    points = context.catalogue.bonus.money.get(amount_kop)
    if account.status == "blocked":
        return denied("number.blocked")
    if not account.bonus.member:
        return _no_member(account)
    if points is None:
        return denied("bonus.sum")
    if account.bonus.points < points:
        return denied("bonus.points", need=points, points=account.bonus.points)
    after, _ = _spend(account, points)
    after = after._replace(balance_kop=after.balance_kop + amount_kop)
    entries = [
        LedgerEntry(context.key, name, part_kop, "bonus", context.now_ms)
        for name, part_kop in ((pocket_name(account.msisdn, "main"), amount_kop), (BONUS, -amount_kop))
    ]
    result: dict[str, Value] = {"amount_kop": amount_kop, "points": points, "left": after.bonus.points}
    return Decision(done(**result), after, entries, [sms(context, "bonus.money", result)])


def receive(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take a gift; refused by those who are no members, and when the reward has left the catalogue."""
    reward = context.catalogue.bonus.rewards.get(str(args["code"]))
    if not account.bonus.member:
        return _no_member(account)
    if reward is None:
        return denied("bonus.unknown")
    after = with_reward(account, str(args["code"]), reward, context.now_ms)
    said = {"name": reward.name.render(account.language, {}), "from": args["from"]}
    return Decision(done(), after, messages=[sms(context, "bonus.received", said)])


def returned(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A gift was not taken: its points come back, each to the lot it was taken from."""
    lots = _read(str(args["lots"]))
    bonus = account.bonus._replace(lots=_merged((*account.bonus.lots, *lots)))
    after = account._replace(bonus=bonus) if account.bonus.member else account
    said = {"points": sum(lot.points for lot in lots), "to": args["to"]}
    return Decision(done(), after, messages=[sms(context, "bonus.returned", said)])


def with_reward(account: Account, code: str, reward: Reward, now_ms: int) -> Account:
    """The account with the package the reward brings; a partner's voucher is nothing but its message."""
    if reward.kind is None:
        return account
    package = Package(
        REWARD_PREFIX + code, reward.kind, reward.size, reward.size, now_ms + reward.days * DAY_MS
    )
    return account._replace(packages=(*account.packages, package))


# ---------------------------------------------------------------- lots


def _spend(account: Account, points: int) -> tuple[Account, list[Lot]]:
    """The account after spending points it has, and what was taken of which lot: the oldest first."""
    left: list[Lot] = []
    spent: list[Lot] = []
    for lot in sorted(account.bonus.lots, key=lambda lot: lot.expires_ms):
        part = min(lot.points, points)
        points -= part
        if part:
            spent.append(lot._replace(points=part))
        if lot.points > part:
            left.append(lot._replace(points=lot.points - part))
    return account._replace(bonus=account.bonus._replace(lots=tuple(left))), spent


def _merged(lots: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """Lots credited and vanishing together are one lot."""
    points: dict[tuple[int, int], int] = {}
    for lot in lots:
        times = (lot.credited_ms, lot.expires_ms)
        points[times] = points.get(times, 0) + lot.points
    return tuple(Lot(points[times], *times) for times in sorted(points, key=lambda times: times[1]))


def _written(lots: list[Lot]) -> str:
    """Lots as one argument of an order: `points:credited:expires …`."""
    return " ".join(f"{lot.points}:{lot.credited_ms}:{lot.expires_ms}" for lot in lots)


def _read(written: str) -> tuple[Lot, ...]:
    return tuple(Lot(*map(int, lot.split(":"))) for lot in written.split())
