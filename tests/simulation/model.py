"""What the billing core should do, written a second time in the plainest way: dictionaries and loops.

A person is a dictionary.  Time is played event by event, each kind of event spelled out here.  Prices are
those of the shipped catalogue.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

Person = dict[str, Any]
Event = tuple[int, int, Callable[[Person, int], None]]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LATER = 1 << 60

TARIFFS: dict[str, tuple[int, str]] = {"16N": (0, "never"), "15S": (25_000, "month"), "16M": (1_700, "day")}
SERVICES = {"134": (200, "day"), "130": (100, "day"), "272": (1_500, "month")}
PACKAGES = {"372": (1_900, "today", False), "3351": (6_000, "30d", True)}
TIERS = {"50": (5_000, 1_000, -4_000), "150": (15_000, 2_000, -10_000), "300": (30_000, 2_000, -25_000)}
REWARDS = {"110": 12, "015": 10, "250": 30}
MONEY_FOR_POINTS = {5: 10, 10: 20, 30: 55}


# ---------------------------------------------------------------- the calendar, Moscow time


def local(ms: int) -> date:
    return (datetime.fromtimestamp(ms / 1000, UTC) + timedelta(hours=3)).date()


def midnight(day: date) -> int:
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=3)).timestamp()) * 1000


def first_of_month(day: date, later: int = 0) -> date:
    months = day.year * 12 + day.month - 1 + later
    return date(months // 12, months % 12 + 1, 1)


def period_end(period: str, ms: int) -> int:
    day = local(ms)
    if period in ("day", "today"):
        return midnight(day + timedelta(days=1))
    if period == "30d":
        return ms + 30 * DAY_MS
    last = first_of_month(day, 2) - timedelta(days=1)
    return midnight(first_of_month(day, 1).replace(day=min(day.day, last.day)))


# ---------------------------------------------------------------- a person


def newcomer(balance: int, tariff: str, now: int) -> Person:
    fee, period = TARIFFS[tariff]
    return {
        "balance": balance, "tariff": tariff, "tariff_due": period_end(period, now) if fee else LATER,
        "unpaid": False, "change": None, "changes": {}, "spent": {}, "member": False, "credited": None,
        "lots": [], "loan": None, "loans": {}, "auto": None, "services": {}, "paid": {}, "packages": [],
        "renew": False, "sent": {}, "bar": False, "wrong": 0, "locked": False,
    }  # fmt: skip


def can_pay(person: Person, amount: int) -> bool:
    return bool(amount <= max(0, person["balance"]))


def take(person: Person, amount: int, now: int) -> bool:
    """A fee: counts as spending."""
    if not can_pay(person, amount):
        return False
    person["balance"] -= amount
    if amount:
        month = first_of_month(local(now))
        person["spent"][month] = person["spent"].get(month, 0) + amount
    return True


def points(person: Person) -> int:
    return sum(count for count, _ in person["lots"])


# ---------------------------------------------------------------- time


def live(person: Person, until: int) -> None:
    """Play everything that happens to the person up to an instant."""
    while True:
        at, _, happen = min(events(person), key=lambda event: event[:2])
        if at > until:
            return
        before = person["balance"]
        happen(person, at)
        if person["balance"] != before:
            after_money(person, at, topped_up=False)


def events(person: Person) -> list[Event]:
    """The next event of each kind; the number decides between those at the same instant."""
    uncredited = [month for month, kop in person["spent"].items() if person["member"] and kop and
                  (person["credited"] is None or month > person["credited"])]  # fmt: skip
    credit = midnight(first_of_month(max(uncredited), 1)) if uncredited else LATER
    working = [until for until, ok in person["services"].values() if ok]
    return [
        (credit, 0, credit_points),
        (min((end for _, end in person["lots"]), default=LATER), 1, drop_points),
        (person["loan"][1] if person["loan"] else LATER, 2, take_loan),
        (person["change"][1] if person["change"] else LATER, 3, change_tariff),
        (person["tariff_due"], 4, pay_tariff),
        (min((end for _, end in person["packages"]), default=LATER), 5, end_packages),
        (min(working, default=LATER), 6, pay_services),
    ]


def credit_points(person: Person, now: int) -> None:
    month = first_of_month(local(now), -1)
    person["credited"] = month
    earned = person["spent"][month] // 3_000
    if earned:
        person["lots"].append((earned, midnight(first_of_month(local(now), 12))))


def drop_points(person: Person, now: int) -> None:
    person["lots"] = [lot for lot in person["lots"] if lot[1] > now]


def take_loan(person: Person, now: int) -> None:
    person["balance"] -= person["loan"][0]
    person["loan"] = None


def change_tariff(person: Person, now: int) -> None:
    code, person["change"] = person["change"][0], None
    fee, period = TARIFFS[code]
    if can_pay(person, 3_000 + fee):
        take(person, 3_000, now)
        take(person, fee, now)
        person.update(tariff=code, unpaid=False, tariff_due=period_end(period, now) if fee else LATER)


def pay_tariff(person: Person, now: int) -> None:
    fee, period = TARIFFS[person["tariff"]]
    paid = take(person, fee, now)
    person["unpaid"] = not paid
    person["tariff_due"] = period_end(period, now) if paid else LATER


def end_packages(person: Person, now: int) -> None:
    ended = list(dict.fromkeys(code for code, end in person["packages"] if end <= now))
    person["packages"] = [each for each in person["packages"] if each[1] > now]
    for code in ended:
        price, lasts, renews = PACKAGES.get(code, (0, "", False))
        if renews and person["renew"] and take(person, price, now):
            person["packages"].append((code, period_end(lasts, now)))


def pay_services(person: Person, now: int) -> None:
    for code, (until, ok) in person["services"].items():
        if ok and until <= now:
            fee, period = SERVICES[code]
            paid = take(person, fee, now)
            person["services"][code] = (period_end(period, now) if paid else until, paid)


def after_money(person: Person, now: int, *, topped_up: bool) -> None:
    """A top-up pays for what waits; a low balance calls the card, once."""
    if topped_up:
        pay_what_waits(person, now)
    if person["auto"] and person["balance"] < person["auto"][0]:
        person["balance"] += person["auto"][1]
        pay_what_waits(person, now)


def pay_what_waits(person: Person, now: int) -> None:
    if person["loan"] and can_pay(person, person["loan"][0]):
        take_loan(person, now)
    if person["unpaid"]:
        pay_tariff(person, now)
    for code, (until, ok) in person["services"].items():
        fee, period = SERVICES[code]
        if not ok:
            paid = take(person, fee, now)
            person["services"][code] = (period_end(period, now) if paid else until, paid)


# ---------------------------------------------------------------- what people do: "done", or why not


def topup(person: Person, now: int, amount: int) -> str:
    person["balance"] += amount
    after_money(person, now, topped_up=True)
    return "done"


def charge(person: Person, now: int, amount: int) -> str:
    if not take(person, amount, now):
        return "no.money"
    after_money(person, now, topped_up=False)
    return "done"


def send(person: Person, now: int, amount: int) -> str:
    """A transfer leaves; whether it arrives is the other one's business."""
    month = first_of_month(local(now))
    if person["bar"]:
        return "transfer.barred"
    if not 100 <= amount <= 50_000:
        return "transfer.limits"
    if person["sent"].get(month, 0) + amount > 500_000:
        return "transfer.month"
    if person["balance"] < amount + 500 + 3_000:
        return "no.money"
    take(person, 500, now)
    person["balance"] -= amount
    person["sent"][month] = person["sent"].get(month, 0) + amount
    after_money(person, now, topped_up=False)
    return "done"


def arrive(person: Person, now: int, amount: int) -> str:
    if person["bar"]:
        return "transfer.barred"
    return topup(person, now, amount)


def come_back(person: Person, now: int, amount: int) -> str:
    month = first_of_month(local(now))
    person["balance"] += amount + 500
    person["sent"][month] = max(0, person["sent"].get(month, 0) - amount)
    after_money(person, now, topped_up=False)
    return "done"


def buy(person: Person, now: int, code: str) -> str:
    price, lasts, _ = PACKAGES[code]
    if sum(each[0] == code for each in person["packages"]) >= 10 or len(person["packages"]) >= 30:
        return "pkg.many"
    if not take(person, price, now):
        return "no.money"
    person["packages"].append((code, period_end(lasts, now)))
    after_money(person, now, topped_up=False)
    return "done"


def service_on(person: Person, now: int, code: str) -> str:
    fee, period = SERVICES[code]
    if code in person["services"]:
        return "svc.already"
    end = period_end(period, now)
    paid_before = person["paid"].get(code) == end
    if not paid_before and not take(person, fee, now):
        return "no.money"
    person["services"][code] = (end, True)
    if not paid_before:
        after_money(person, now, topped_up=False)
    return "done"


def service_off(person: Person, now: int, code: str) -> str:
    until, ok = person["services"].pop(code, (0, False))
    if ok and until > now:
        person["paid"][code] = until
    return "done" if until else "svc.not_on"


def order_tariff(person: Person, now: int, code: str) -> str:
    month = first_of_month(local(now))
    if code == person["tariff"]:
        return "tariff.same"
    if person["change"]:
        return "tariff.waiting"
    if person["changes"].get(month, 0) >= 10:
        return "tariff.often"
    if not can_pay(person, 3_000 + TARIFFS[code][0]):
        return "no.money"
    person["changes"][month] = person["changes"].get(month, 0) + 1
    person["change"] = (code, period_end("day", now))
    return "done"


def cancel_tariff(person: Person, now: int) -> str:
    if not person["change"]:
        return "tariff.nothing"
    person["change"] = None
    return "done"


def promise(person: Person, now: int, tier: str) -> str:
    amount, fee, lowest = TIERS[tier]
    month = first_of_month(local(now))
    if person["loan"]:
        return "promised.running"
    if person["loans"].get(month, 0) >= 5:
        return "promised.often"
    if person["balance"] < lowest:
        return "promised.low"
    person["loans"][month] = person["loans"].get(month, 0) + 1
    person["loan"] = (amount + fee, now + 3 * DAY_MS)
    person["balance"] += amount
    after_money(person, now, topped_up=False)
    return "done"


def autopay(person: Person, now: int, threshold: int, amount: int) -> str:
    if not 1_000 <= threshold <= 100_000:
        return "autopay.threshold"
    if not 10_000 <= amount <= 100_000:
        return "card.limits"
    changed = person["auto"] != (threshold, amount)
    person["auto"] = (threshold, amount)
    if changed:
        after_money(person, now, topped_up=False)
    return "done"


def autopay_off(person: Person, now: int) -> str:
    if not person["auto"]:
        return "autopay.is_off"
    person["auto"] = None
    return "done"


def join(person: Person, now: int) -> str:
    if person["member"]:
        return "bonus.already"
    person.update(member=True, credited=first_of_month(local(now), -1))
    return "done"


def leave(person: Person, now: int) -> str:
    if not person["member"]:
        return "bonus.not_member"
    person.update(member=False, credited=None, lots=[])
    return "done"


def spend_points(person: Person, cost: int) -> None:
    person["lots"].sort(key=lambda lot: lot[1])
    left = []
    for count, end in person["lots"]:
        used = min(count, cost)
        cost -= used
        if count > used:
            left.append((count - used, end))
    person["lots"] = left


def redeem(person: Person, now: int, code: str) -> str:
    if not person["member"]:
        return "bonus.not_member"
    if points(person) < REWARDS[code]:
        return "bonus.points"
    spend_points(person, REWARDS[code])
    person["packages"].append((f"bonus {code}", now + 30 * DAY_MS))
    return "done"


def redeem_money(person: Person, now: int, roubles: int) -> str:
    if not person["member"]:
        return "bonus.not_member"
    if points(person) < MONEY_FOR_POINTS[roubles]:
        return "bonus.points"
    spend_points(person, MONEY_FOR_POINTS[roubles])
    return topup(person, now, roubles * 100)


def login(person: Person, now: int, right: bool) -> str:
    if person["locked"]:
        return "login.locked"
    if right:
        person["wrong"] = 0
        return "done"
    person["wrong"] += 1
    person["locked"] = person["wrong"] == 6
    return "login.locked" if person["locked"] else "login.wrong"


def new_password(person: Person, now: int) -> str:
    person.update(wrong=0, locked=False)
    return "done"
