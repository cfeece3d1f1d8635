"""The billing core against a second opinion (`model.py`), through any life a few subscribers can lead.

Transfers, packages, tariffs, services, bonus points, promised payments, autopay, the login's lock, and the
clock between them, by seconds or by months; some accounts are settled at once, others at their next use.
After every step the outcome is the model's, the account is the model's, and all ledger accounts sum to zero.

`SIMULATION_STEPS=1000000` makes it that long, `SIMULATION_SEED=7` another life.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.simulation import model
from tests.simulation.core import Core
from tests.simulation.model import DAY_MS, HOUR_MS, Person
from tests.unit.billing.kit import NOW_MS, individual
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.holdings import Bonus, Card, Lot, TariffFee
from ussd_gateway.vocabulary import Outcome

STEPS = int(os.environ.get("SIMULATION_STEPS", "20000"))
SEED = int(os.environ.get("SIMULATION_SEED", "20261122"))
AT_ONCE = 50_000
"""Steps in one run; hypothesis remembers them all."""
STEPS_OF_A_LIFE = 75
"""On the average; a life may be a third longer."""

TARIFF_OF = {"79260000001": "16N", "79260000002": "16M", "79260000003": "15S"}
PEOPLE = list(TARIFF_OF)
MEMBER = PEOPLE[0]
"""Has bonus points from the beginning."""

people = st.sampled_from(PEOPLE)
sums = st.sampled_from([1, 99, 100, 500, 2_999, 3_000, 5_000, 6_000, 10_000, 50_000, 300_000, 1_500_000])
thresholds = st.sampled_from([0, 999, 1_000, 3_000, 50_000])
"""Of autopay; 0 switches it off."""
pauses = st.sampled_from(
    [1, 60_000, HOUR_MS, 5 * HOUR_MS, DAY_MS, DAY_MS, 3 * DAY_MS, 10 * DAY_MS, 31 * DAY_MS, 200 * DAY_MS]
)


class CoreAgainstModel(RuleBasedStateMachine):
    checked = 0
    """How often the books were checked: after each beginning and after each step."""
    begun = 0

    @initialize(balance=sums)
    def begin(self, balance: int) -> None:
        type(self).begun += 1
        self.core = Core()
        self.people: dict[str, Person] = {}
        for msisdn, tariff in TARIFF_OF.items():
            person = self.people[msisdn] = model.newcomer(balance, tariff, NOW_MS)
            due_ms = person["tariff_due"]
            fee = TariffFee() if due_ms == model.LATER else TariffFee(due_ms)
            account = individual(msisdn, balance, tariff=tariff, tariff_fee=fee)
            account = account._replace(cards=(Card("token", "1234"),))
            if msisdn == MEMBER:
                person.update(member=True, credited=None, lots=[(200, NOW_MS + 90 * DAY_MS)])
                lots = (Lot(200, NOW_MS, NOW_MS + 90 * DAY_MS),)
                account = account._replace(bonus=Bonus(True, NOW_MS, 0, lots))
            self.core.open(account)

    def both(self, msisdn: str, action: str, args: dict[str, Any], expected: str, **prepared: str) -> None:
        """The core does it; the model said how that must end and what the account is then."""
        assert reason(self.core.do(msisdn, action, args, prepared)) == expected
        self.compare(msisdn, self.core.accounts[msisdn])

    def compare(self, msisdn: str, account: Account) -> None:
        assert seen(account, self.core.now_ms) == wanted(self.people[msisdn], self.core.now_ms)

    # ------------------------------------------------------------ money

    @rule(who=people, amount=sums)
    def topup(self, who: str, amount: int) -> None:
        expected = model.topup(self.people[who], self.core.now_ms, amount)
        self.both(who, "account.topup", {"amount_kop": amount}, expected)

    @rule(who=people, amount=sums)
    def charge(self, who: str, amount: int) -> None:
        expected = model.charge(self.people[who], self.core.now_ms, amount)
        self.both(who, "account.charge", {"fee_kop": amount}, expected)

    @rule(who=people, to=st.sampled_from([0, 99, 100, 1_000, 1_700, 3_000, 5_999, 6_000, 50_000]))
    def bring_to(self, who: str, to: int) -> None:
        """The sums at which things are decided are met exactly, by paying in or by spending."""
        more = to - self.people[who]["balance"]
        if more > 0:
            self.topup(who, more)
        elif more < 0:
            self.charge(who, -more)

    @rule(who=people, others=st.integers(1, 2), amount=st.sampled_from([99, 100, 500, 500, 5_000, 50_000]))
    def transfer(self, who: str, others: int, amount: int) -> None:
        to = PEOPLE[(PEOPLE.index(who) + others) % len(PEOPLE)]
        expected = model.send(self.people[who], self.core.now_ms, amount)
        self.both(who, "pay.transfer_now", {"to": to, "amount_kop": amount}, expected)

    @rule()
    def deliver(self) -> None:
        """Money on its way arrives, or comes back."""
        now_ms = self.core.now_ms
        for order, refused in self.core.deliver():
            amount = int(order.args["amount_kop"])
            arrived = model.arrive(self.people[order.target], now_ms, amount)
            assert refused == (arrived != "done")
            if refused:
                model.come_back(self.people[order.origin], now_ms, amount)
        for msisdn in PEOPLE:
            self.compare(msisdn, self.view(msisdn))

    @rule(who=people, what=st.sampled_from(["bar", "renew", "renew"]), on=st.booleans())
    def set_switch(self, who: str, what: str, on: bool) -> None:
        self.people[who][what] = on
        self.both(who, {"bar": "pay.transfer_bar", "renew": "pkg.autorenew"}[what], {"on": on}, "done")

    @rule(who=people, tier=st.sampled_from(list(model.TIERS)))
    def promise(self, who: str, tier: str) -> None:
        expected = model.promise(self.people[who], self.core.now_ms, tier)
        self.both(who, "pay.promised", {"tier": tier}, expected)

    @rule(who=people, threshold=thresholds, amount=st.sampled_from([9_999, 10_000, 40_000]))
    def autopay(self, who: str, threshold: int, amount: int) -> None:
        if threshold == 0:
            expected = model.autopay_off(self.people[who], self.core.now_ms)
            self.both(who, "pay.autopay_off", {}, expected)
        else:
            expected = model.autopay(self.people[who], self.core.now_ms, threshold, amount)
            args = {"threshold_kop": threshold, "amount_kop": amount}
            self.both(who, "pay.autopay_set", args, expected)

    # ------------------------------------------------------------ what is bought

    @rule(who=people, code=st.sampled_from(list(model.PACKAGES)))
    def buy_package(self, who: str, code: str) -> None:
        expected = model.buy(self.people[who], self.core.now_ms, code)
        self.both(who, "pkg.buy", {"code": code}, expected)

    @rule(who=people, code=st.sampled_from(list(model.SERVICES)), on=st.booleans())
    def service(self, who: str, code: str, on: bool) -> None:
        switch = model.service_on if on else model.service_off
        expected = switch(self.people[who], self.core.now_ms, code)
        self.both(who, "svc.on" if on else "svc.off", {"code": code}, expected)

    @rule(who=people, code=st.sampled_from([*model.TARIFFS, *model.TARIFFS, ""]))
    def change_tariff(self, who: str, code: str) -> None:
        if code:
            expected = model.order_tariff(self.people[who], self.core.now_ms, code)
            self.both(who, "tariff.change", {"code": code}, expected)
        else:
            expected = model.cancel_tariff(self.people[who], self.core.now_ms)
            self.both(who, "tariff.cancel", {}, expected)

    # ------------------------------------------------------------ points

    @rule(who=people, stay=st.sampled_from([True, True, True, True, True, False]))
    def join(self, who: str, stay: bool) -> None:
        if stay:
            self.both(who, "bonus.join", {}, model.join(self.people[who], self.core.now_ms))
        else:
            self.both(who, "bonus.leave", {}, model.leave(self.people[who], self.core.now_ms))

    @rule(who=people, what=st.sampled_from([*model.REWARDS, *model.MONEY_FOR_POINTS]))
    def redeem(self, who: str, what: str | int) -> None:
        if isinstance(what, str):
            expected = model.redeem(self.people[who], self.core.now_ms, what)
            self.both(who, "bonus.redeem", {"code": what}, expected)
        else:
            expected = model.redeem_money(self.people[who], self.core.now_ms, what)
            self.both(who, "bonus.redeem_money", {"amount": what}, expected)

    # ------------------------------------------------------------ the login

    @rule(who=people, wrong=st.integers(0, 7), then=st.sampled_from(["right", "right", "new", ""]))
    def login(self, who: str, wrong: int, then: str) -> None:
        person, now_ms = self.people[who], self.core.now_ms
        for right in [""] * wrong + ["yes"] * (then == "right"):
            expected = model.login(person, now_ms, bool(right))
            self.both(who, "auth.login", {"password": "?"}, expected, right=right)
        if then == "new":
            expected = model.new_password(person, now_ms)
            self.both(who, "password.new", {}, expected, hash="hash", password="483920")

    # ------------------------------------------------------------ time

    @rule(pause_ms=pauses, settled=st.sets(people))
    def wait(self, pause_ms: int, settled: set[str]) -> None:
        """Time goes by; some accounts are settled, the others sleep on."""
        self.core.now_ms += pause_ms
        for msisdn, person in self.people.items():
            model.live(person, self.core.now_ms)
            if msisdn in settled:
                self.core.settle(msisdn)
                self.compare(msisdn, self.core.accounts[msisdn])

    def view(self, msisdn: str) -> Account:
        """The account as a look would show it now."""
        draft: Draft = self.core.draft(msisdn)
        return draft.account

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "core"):
            self.core.check_books()
            type(self).checked += 1

    def teardown(self) -> None:
        if hasattr(self, "core"):
            for msisdn in PEOPLE:
                self.compare(msisdn, self.view(msisdn))


def reason(outcome: Outcome) -> str:
    return str(outcome.params["reason"]) if outcome.name == "denied" else outcome.name


def seen(account: Account, now_ms: int) -> dict[str, object]:
    """What model and core must agree on, read from the core."""
    loan = account.promised[0] if account.promised else None
    pending = account.pending_tariff
    return {
        "balance": account.balance_kop,
        "tariff": (account.tariff, account.tariff_fee.unpaid, account.tariff_fee.due_ms),
        "change": (pending.code, pending.effective_ms) if pending else None,
        "services": {each.code: not each.suspended for each in account.services},
        "packages": sorted(
            (each.code, each.expires_ms) for each in account.packages if each.code != account.tariff
        ),
        "points": sorted((lot.points, lot.expires_ms) for lot in account.bonus.lots),
        "member": account.bonus.member,
        "loan": (loan.amount_kop + loan.fee_kop, loan.due_ms) if loan else None,
        "auto": account.autopay[1:] if account.autopay.on else None,
        "login": (account.password.wrong, account.password.locked),
        "spendable": account.balance_kop - account.floor_kop,
    }


def wanted(person: Person, now_ms: int) -> dict[str, object]:
    """The same, read from the model."""
    due_ms = person["tariff_due"]
    return {
        "balance": person["balance"],
        "tariff": (person["tariff"], person["unpaid"], 0 if due_ms == model.LATER else due_ms),
        "change": person["change"],
        "services": {code: ok for code, (_, ok) in person["services"].items()},
        "packages": sorted((code.replace("bonus ", "bonus:"), end) for code, end in person["packages"]),
        "points": sorted(person["lots"]),
        "member": person["member"],
        "loan": person["loan"],
        "auto": person["auto"],
        "login": (person["wrong"], person["locked"]),
        "spendable": max(0, person["balance"]),
    }


@pytest.mark.timeout(120 + AT_ONCE // 50)
@pytest.mark.parametrize("part", range(-(-STEPS // AT_ONCE)))
def test_any_life(part: int) -> None:
    check_lives(part)


def check_lives(part: int) -> None:
    """Live so many steps with the model beside; every step asserts that the two agree."""

    class Lives(CoreAgainstModel):
        pass

    steps = min(STEPS, AT_ONCE)
    run_state_machine_as_test(
        seed(SEED + part)(Lives),
        settings=settings(
            max_examples=steps // STEPS_OF_A_LIFE,
            stateful_step_count=STEPS_OF_A_LIFE * 4 // 3,
            phases=[Phase.generate, Phase.shrink],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    assert Lives.checked - Lives.begun >= steps
