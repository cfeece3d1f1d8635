"""The bonus programme: who may join, what points buy, how gifts come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import ALICE, BOB, NOW_MS, catalogue, employee, individual, run
from tests.unit.billing.operations.test_accounts import assert_adds_up, reason
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.holdings import Bonus, Lot
from ussd_gateway.billing.ledger import BONUS, sums
from ussd_gateway.billing.operations import bonus
from ussd_gateway.billing.operations.base import Decision, Operation
from ussd_gateway.vocabulary import Value

OLD, NEW = Lot(30, NOW_MS - 2, NOW_MS + 100), Lot(40, NOW_MS - 1, NOW_MS + 200)


def member(*lots: Lot, msisdn: str = ALICE) -> Account:
    return individual(msisdn, bonus=Bonus(True, NOW_MS - 3, 0, lots or (NEW, OLD)))


def after(decision: Decision) -> Account:
    assert decision.account is not None
    return decision.account


def text(decision: Decision) -> str:
    [message] = decision.messages
    assert message.sender == "5010"
    return catalogue().texts.render(message.text_key, "ru", message.params)


def test_scenario_18_joining_is_free_and_once_and_for_individuals() -> None:
    decision = run(bonus.join, individual())
    assert after(decision).bonus.member
    assert decision.entries == []
    assert text(decision) == "Вы в программе МегаФон-Бонус: 1 балл за каждые 30р, срок 12 мес"
    assert reason(run(bonus.join, after(decision))) == "bonus.already"
    assert reason(run(bonus.join, employee())) == "bonus.corp"
    assert reason(run(bonus.join, individual(status="blocked"))) == "number.blocked"


def test_leaving_loses_the_points() -> None:
    decision = run(bonus.leave, member())
    assert (decision.outcome.params, after(decision).bonus) == ({"points": 70}, Bonus())
    assert reason(run(bonus.leave, individual())) == "bonus.not_member"


def test_looking() -> None:
    assert run(bonus.balance, member()).outcome.params == {"points": 70, "member": True}
    assert run(bonus.balance, individual()).outcome.params == {"points": 0, "member": False}
    assert run(bonus.expiring, member()).outcome.params == {"points": 30, "at_ms": NOW_MS + 100}
    assert reason(run(bonus.expiring, individual(bonus=Bonus(True)))) == "bonus.empty"
    for operation in (bonus.balance, bonus.expiring):
        assert reason(run(operation, employee())) == "bonus.corp"


def test_a_reward_takes_the_points_that_vanish_first() -> None:
    decision = run(bonus.redeem, member(), {"code": "050"})
    assert decision.outcome.params == {"name": "50 минут", "points": 50, "left": 20}
    assert after(decision).bonus.lots == (NEW._replace(points=20),)
    expires_ms = NOW_MS + 30 * DAY_MS
    assert after(decision).packages == (Package("bonus:050", "minutes", 50, 50, expires_ms),)
    assert text(decision) == "50 минут за баллы: 50. Осталось баллов: 20"


def test_a_voucher_brings_no_package() -> None:
    decision = run(bonus.redeem, member(Lot(100, 0, NOW_MS + 1)), {"code": "700"})
    assert (after(decision).bonus.points, after(decision).packages) == (0, ())


REDEEM: dict[str, Value] = {"code": "050"}


@pytest.mark.parametrize(
    "account, args, expected",
    [
        (individual(status="blocked"), REDEEM, "number.blocked"),
        (individual(), {"code": "?"}, "bonus.not_member"),
        (employee(), REDEEM, "bonus.corp"),
        (member(), {"code": "999"}, "bonus.unknown"),
        (member(), {"code": "050", "to": "02"}, "number.bad"),
        (member(Lot(49, 0, NOW_MS + 1)), REDEEM, "bonus.points"),
    ],
)
def test_rewards_refused(account: Account, args: dict[str, Value], expected: str) -> None:
    assert reason(run(bonus.redeem, account, args)) == expected


@pytest.mark.parametrize(
    "operation, args", [(bonus.redeem, {"code": "050", "to": BOB}), (bonus.gift, {"code": "050", "to": BOB})]
)
def test_a_gift_reaches_a_member_and_returns_from_others(
    operation: Operation, args: dict[str, Value]
) -> None:
    decision = run(operation, member(), args)
    giver = after(decision)
    assert (giver.bonus.points, giver.packages) == (20, ())
    [order] = decision.orders
    assert (order.target, order.action, order.refund) == (BOB, "bonus.receive", "bonus.returned")
    taken = run(bonus.receive, member(msisdn=BOB), order.args)
    assert [package.code for package in after(taken).packages] == ["bonus:050"]
    assert text(taken) == "Вам подарок от +79261234567: 50 минут"
    assert reason(run(bonus.receive, individual(BOB), order.args)) == "bonus.not_member"
    back = run(bonus.returned, giver, order.args)
    assert set(after(back).bonus.lots) == {OLD, NEW}
    assert text(back) == f"Абонент {BOB} не в МегаФон-Бонус. Возвращено баллов: 50"


def test_number_and_code_of_a_gift_may_change_places() -> None:
    one, other = (run(bonus.gift, member(), {"code": a, "to": b}) for a, b in (("050", BOB), (BOB, "050")))
    assert one.outcome.name == "done"
    assert (one.outcome, one.account) == (other.outcome, other.account)
    assert [order.args for order in one.orders] == [order.args for order in other.orders]


def test_gifts_are_for_others() -> None:
    assert reason(run(bonus.gift, member(), {"code": "050", "to": ALICE})) == "number.own"
    assert reason(run(bonus.gift, member(), {"code": "050", "to": "xyz"})) == "number.bad"
    gone: dict[str, Value] = {"from": ALICE, "to": BOB, "code": "000", "lots": "1:1:1"}
    assert reason(run(bonus.receive, member(msisdn=BOB), gone)) == "bonus.unknown"


def test_points_become_roubles_through_the_ledger() -> None:
    account = member()
    decision = run(bonus.redeem_money, account, {"amount": "030"})
    assert decision.outcome.params == {"amount_kop": 3_000, "points": 55, "left": 15}
    assert sums(decision.entries, by="account") == {f"{ALICE}:main": 3_000, BONUS: -3_000}
    assert_adds_up(account, decision)


@pytest.mark.parametrize(
    "account, amount, expected",
    [
        (individual(status="blocked"), "5", "number.blocked"),
        (individual(), "5", "bonus.not_member"),
        (member(), "7", "bonus.sum"),
        (member(), "-5", "bonus.sum"),
        (member(), "", "bonus.sum"),
        (member(), "100", "bonus.points"),
    ],
)
def test_roubles_refused(account: Account, amount: str, expected: str) -> None:
    assert reason(run(bonus.redeem_money, account, {"amount": amount})) == expected


LOTS = st.lists(
    st.builds(Lot, st.integers(1, 300), st.integers(0, 5), st.integers(NOW_MS, NOW_MS + 20)), max_size=6
)


@given(LOTS, st.sampled_from(sorted(catalogue().bonus.rewards)))
def test_points_are_never_made_nor_lost(lots: list[Lot], code: str) -> None:
    account = individual(bonus=Bonus(True, 0, 0, tuple(lots)))
    price = catalogue().bonus.rewards[code].points
    decision = run(bonus.redeem, account, {"code": code, "to": BOB})
    if decision.outcome.name == "denied":
        assert account.bonus.points < price
        return
    assert after(decision).bonus.points == account.bonus.points - price
    assert all(lot.points > 0 for lot in after(decision).bonus.lots)
    kept_until = [lot.expires_ms for lot in after(decision).bonus.lots]
    [order] = decision.orders
    back = after(run(bonus.returned, after(decision), order.args))
    assert back.bonus.points == account.bonus.points
    by_expiry: dict[int, int] = {}
    for lot, sign in [*((lot, 1) for lot in back.bonus.lots), *((lot, -1) for lot in lots)]:
        by_expiry[lot.expires_ms] = by_expiry.get(lot.expires_ms, 0) + sign * lot.points
    assert not any(by_expiry.values())
    spent_until = [int(lot.split(":")[2]) for lot in str(order.args["lots"]).split()]
    assert max(spent_until) <= min(kept_until, default=max(spent_until))
