"""Paying in: limits, cards, scratch cards, autopay, the promised payment."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.billing.kit import ALICE, BOB, NOW_MS, catalogue, employee, individual, run
from tests.unit.billing.operations.test_accounts import assert_adds_up, reason
from ussd_gateway.billing import quotas
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of
from ussd_gateway.billing.files_payments import PromisedRules, PromisedTier
from ussd_gateway.billing.holdings import Autopay, Card, Promised, Quota, Spent
from ussd_gateway.billing.ledger import CASH, PROMISED, TRANSIT, sums
from ussd_gateway.billing.operations import payments
from ussd_gateway.billing.operations.base import Context
from ussd_gateway.vocabulary import Value

CARD = (Card("token", "1234"),)
VISA = "4111 1111 1111 1111"


def with_card(**fields: Any) -> Account:
    return individual(cards=CARD, **fields)


# ---------------------------------------------------------------- the bound card


@pytest.mark.parametrize("amount_kop", [10_000, 100_000, "25000"])
def test_scenario_21_a_card_pays_100_to_1000(amount_kop: Value) -> None:
    account = with_card()
    decision = run(payments.card, account, {"amount_kop": amount_kop})
    assert decision.outcome.params["balance_kop"] == 25_000 + int(amount_kop)
    assert sums(decision.entries, by="account")[CASH] == -int(amount_kop)
    assert [message.text_key for message in decision.messages] == ["pay.received"]
    assert_adds_up(account, decision)


@pytest.mark.parametrize("amount_kop", [9_900, 9_999, 100_001, 100_100, 0, -10_000, "", "x"])
def test_scenario_21_a_card_pays_nothing_else(amount_kop: Value) -> None:
    decision = run(payments.card, with_card(), {"amount_kop": amount_kop})
    assert reason(decision) == "card.limits"
    text = catalogue().texts.render("card.limits", "ru", decision.outcome.params)
    assert text == "Сумма с карты: от 100 до 1000р"


def test_no_card_a_bad_number_a_bank_that_declines() -> None:
    assert reason(run(payments.card, individual(), {"amount_kop": 10_000})) == "card.none"
    assert reason(run(payments.card, with_card(), {"amount_kop": 10_000, "to": "112"})) == "number.bad"
    poor = individual(cards=(Card("token", "0002"),))
    assert reason(run(payments.card, poor, {"amount_kop": 10_000})) == "card.declined"


def test_a_card_pays_for_another_number_through_transit() -> None:
    account = with_card()
    decision = run(payments.card, account, {"amount_kop": 10_000, "to": "8 926 123-45-69"})
    assert sums(decision.entries, by="account") == {CASH: -10_000, TRANSIT: 10_000}
    [order] = decision.orders
    assert (order.target, order.action, order.refund) == (BOB, "money.receive", "money.returned")
    assert order.args == {"from": ALICE, "to": BOB, "amount_kop": 10_000, "fee_kop": 0, "kind": "topup"}
    assert_adds_up(account, decision)


def test_an_employee_pays_into_the_personal_account() -> None:
    decision = run(payments.card, employee(personal_kop=100)._replace(cards=CARD), {"amount_kop": 10_000})
    assert decision.account is not None
    assert decision.account.personal_kop == 10_100


def test_binding_a_card_keeps_token_and_last_digits_only() -> None:
    prepared = {"code": "4821", "sealed": "S", "token": "T"}
    begun = run(payments.card_bind, with_card(), {"number": VISA}, prepared=prepared)
    assert begun.account is not None
    [message] = begun.messages
    assert (message.text_key, message.secret, message.params["code"]) == ("card.code", True, "4821")
    assert begun.account.cards == CARD
    assert "4111" not in repr(begun.account).replace("1111'", "")
    wrong = run(payments.card_confirm, begun.account, {"code": "1"}, prepared={"sealed": "X"})
    assert wrong.outcome.params == {"reason": "code.wrong", "attempts_left": 4}
    assert wrong.account is not None
    bound = run(payments.card_confirm, wrong.account, {"code": "4821"}, prepared={"sealed": "S"})
    assert bound.account is not None
    assert (bound.account.cards, bound.account.codes) == ((Card("T", "1111"),), ())


@pytest.mark.parametrize("number", ["4111111111111112", "4111", "", "abcd", "0" * 40])
def test_what_is_no_card(number: str) -> None:
    prepared = {"code": "4821", "sealed": "S", "token": "T"}
    assert reason(run(payments.card_bind, individual(), {"number": number}, prepared=prepared)) == "card.bad"


def test_confirming_what_was_not_asked() -> None:
    decision = run(payments.card_confirm, individual(), {"code": "1"}, prepared={"sealed": ""})
    assert reason(decision) == "code.none"


def test_unbinding_ends_autopay() -> None:
    decision = run(payments.card_unbind, with_card(autopay=Autopay(True, 3_000, 10_000)))
    assert decision.account is not None
    assert (decision.account.cards, decision.account.autopay) == ((), Autopay())
    assert reason(run(payments.card_unbind, individual())) == "card.none"


# ---------------------------------------------------------------- autopay


def test_autopay_has_defaults_and_is_chosen() -> None:
    status = run(payments.autopay_status, individual()).outcome.params
    assert status == {"on": False, "threshold_kop": 3_000, "amount_kop": 10_000}
    for args, expected in (
        ({}, Autopay(True, 3_000, 10_000)),
        ({"threshold_kop": 1_000, "amount_kop": 20_000}, Autopay(True, 1_000, 20_000)),
    ):
        decision = run(payments.autopay_set, with_card(), args)
        assert decision.account is not None
        assert decision.account.autopay == expected
        status = run(payments.autopay_status, decision.account).outcome.params
        assert status == {"on": True, "threshold_kop": expected[1], "amount_kop": expected[2]}


@pytest.mark.parametrize(
    "args, expected",
    [
        ({"threshold_kop": 999}, "autopay.threshold"),
        ({"threshold_kop": 100_001}, "autopay.threshold"),
        ({"amount_kop": 9_999}, "card.limits"),
        ({"amount_kop": 100_001}, "card.limits"),
        ({}, "card.none"),
    ],
)
def test_autopay_refused(args: dict[str, Value], expected: str) -> None:
    assert reason(run(payments.autopay_set, individual(), args)) == expected


def test_autopay_off() -> None:
    on = with_card(autopay=Autopay(True, 3_000, 10_000))
    decision = run(payments.autopay_off, on)
    assert decision.account is not None
    assert not decision.account.autopay.on
    assert reason(run(payments.autopay_off, decision.account)) == "autopay.is_off"
    assert reason(run(payments.autopay_set, employee())) == "individual.only"


# ---------------------------------------------------------------- scratch cards

GOOD = {"code": "1111 2222-3333 44"}
MINE = {"card": "c1", "mine": "yes"}


def test_a_scratch_card_is_good_once() -> None:
    account = individual()
    assert payments.may_claim(account, GOOD, catalogue(), NOW_MS)
    decision = run(payments.scratch, account, GOOD, prepared=MINE)
    assert decision.outcome.params == {"amount_kop": 10_000, "balance_kop": 35_000}
    assert_adds_up(account, decision)
    assert decision.account is not None
    again = run(payments.scratch, decision.account, GOOD, prepared=MINE)
    assert again.outcome.params == {"reason": "scratch.used", "attempts_left": 4}
    assert again.entries == []


def test_a_scratch_card_of_somebody_else() -> None:
    decision = run(payments.scratch, individual(), GOOD, prepared={"card": "c1", "mine": ""})
    assert decision.outcome.params["reason"] == "scratch.used"


def test_wrong_codes_close_the_day() -> None:
    account = individual()
    for left in (4, 3, 2, 1, 0):
        decision = run(payments.scratch, account, {"code": "999"})
        assert decision.outcome.params == {"reason": "scratch.bad", "attempts_left": left}
        assert decision.account is not None
        account = decision.account
    assert not payments.may_claim(account, GOOD, catalogue(), NOW_MS)
    assert reason(run(payments.scratch, account, GOOD)) == "scratch.locked"
    tomorrow_ms = NOW_MS + DAY_MS
    assert payments.may_claim(account, GOOD, catalogue(), tomorrow_ms)
    assert run(payments.scratch, account, GOOD, prepared=MINE, now_ms=tomorrow_ms).outcome.name == "done"


def test_a_scratch_card_for_another_number() -> None:
    account = individual()
    decision = run(payments.scratch, account, {**GOOD, "to": BOB}, prepared=MINE)
    assert [order.target for order in decision.orders] == [BOB]
    assert_adds_up(account, decision)
    bad: dict[str, Value] = {**GOOD, "to": "0500"}
    assert not payments.may_claim(account, bad, catalogue(), NOW_MS)
    assert reason(run(payments.scratch, account, bad)) == "number.bad"


# ---------------------------------------------------------------- the promised payment


def test_scenario_25_a_promised_payment_at_zero() -> None:
    account = individual(balance_kop=0)
    decision = run(payments.promised, account, {"tier": "150"})
    due_ms = NOW_MS + 3 * DAY_MS
    assert decision.outcome.params == {
        "amount_kop": 15_000,
        "fee_kop": 2_000,
        "total_kop": 17_000,
        "due_ms": due_ms,
    }
    assert sums(decision.entries, by="account") == {f"{ALICE}:main": 15_000, PROMISED: -15_000}
    assert decision.account is not None
    assert decision.account.promised == (Promised(15_000, 2_000, due_ms),)
    [message] = decision.messages
    text = catalogue().texts.render("promised.done", "ru", message.params)
    assert text == "Обещанный платеж 150р зачислен. Пополните счет на 170р до 31.05 23:26"
    assert_adds_up(account, decision)


@pytest.mark.parametrize(
    "balance_kop, tiers",
    [
        (0, ["50", "150", "300"]),
        (-4_000, ["50", "150", "300"]),
        (-4_001, ["150", "300"]),
        (-10_001, ["300"]),
        (-25_001, []),
    ],
)
def test_tiers_by_the_balance(balance_kop: int, tiers: list[str]) -> None:
    account = individual(balance_kop=balance_kop, floor_kop=-50_000)
    assert [name for name, _ in payments.tiers_for(account, catalogue(), NOW_MS)] == tiers
    for tier in ("50", "150", "300"):
        decision = run(payments.promised, account, {"tier": tier})
        assert (decision.outcome.name == "done") == (tier in tiers)


def test_larger_sums_are_earned_by_time_and_spending() -> None:
    tier = PromisedTier.model_construct(amount=15_000, fee=2_000, after_days=90, spent=40_000)
    rules = PromisedRules.model_construct(days=3, per_month=5, tiers={"150": tier})
    book = replace(catalogue(), payments=catalogue().payments.model_copy(update={"promised": rules}))
    this_month = month_of(day_of(NOW_MS))
    old, new = NOW_MS - 90 * DAY_MS, NOW_MS - 90 * DAY_MS + 1
    for created_ms, month, spent_kop, granted in (
        (old, this_month, 40_000, True),
        (old, this_month - 1, 40_000, True),
        (old, this_month - 2, 40_000, False),
        (old, this_month, 39_999, False),
        (new, this_month, 40_000, False),
    ):
        spent = Spent(month=month, month_kop=spent_kop)
        account = individual(spent=spent)._replace(created_ms=created_ms)
        outcome = payments.promised(account, {"tier": "150"}, Context(NOW_MS, book, "k")).outcome
        assert bool(payments.tiers_for(account, book, NOW_MS)) == granted
        assert outcome.params.get("reason") == (None if granted else "promised.early")


def test_the_smallest_sum_by_default() -> None:
    assert run(payments.promised, individual()).outcome.params["amount_kop"] == 5_000


def test_promised_payments_refused_in_a_fixed_order() -> None:
    running = (Promised(5_000, 1_000, NOW_MS + 1),)
    often = (Quota("promised", 2026 * 12 + 4, 5),)
    hopeless: dict[str, Value] = {"tier": "77"}
    poor: dict[str, Any] = {"balance_kop": -30_000, "floor_kop": -30_000}
    for account, expected in (
        (individual(status="blocked", promised=running, quotas=often, **poor), "number.blocked"),
        (employee(), "individual.only"),
        (individual(promised=running, quotas=often, **poor), "promised.running"),
        (individual(quotas=often, **poor), "promised.often"),
        (individual(**poor), "promised.unknown"),
    ):
        assert reason(run(payments.promised, account, hopeless)) == expected
    assert reason(run(payments.promised, individual(**poor), {"tier": "50"})) == "promised.low"
    assert payments.tiers_for(individual(promised=running), catalogue(), NOW_MS) == []


def test_a_new_month_allows_promised_payments_again() -> None:
    account = individual(quotas=(Quota("promised", 2026 * 12 + 3, 5),))
    decision = run(payments.promised, account)
    assert decision.account is not None
    assert quotas.used(decision.account, "promised", 2026 * 12 + 4) == 1
