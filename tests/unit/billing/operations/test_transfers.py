"""Transfers, requests to others, relatives: what is taken, what is ordered, what comes back."""

from typing import Any

import pytest

from tests.unit.billing.kit import ALICE, BOB, NOW_MS, catalogue, employee, individual, run
from tests.unit.billing.operations.test_accounts import assert_adds_up, reason
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.holdings import Quota, Relative
from ussd_gateway.billing.ledger import FEES, TRANSIT, sums
from ussd_gateway.billing.operations import relatives, transfers
from ussd_gateway.billing.operations.base import Context, Decision, Operation
from ussd_gateway.vocabulary import Value

MONTH = 2026 * 12 + 4
SEALED = {"code": "5555", "sealed": "S"}


def sent(amount_kop: Value = 10_000, to: str = BOB, **fields: Any) -> Decision:
    return run(transfers.transfer_now, individual(**fields), {"to": to, "amount_kop": amount_kop})


def after(decision: Decision) -> Account:
    assert decision.account is not None
    return decision.account


# ---------------------------------------------------------------- transfer


def test_a_transfer_takes_sum_and_fee_and_leaves_an_order() -> None:
    account = individual()
    decision = sent()
    assert decision.outcome.params == {
        "to": BOB,
        "amount_kop": 10_000,
        "fee_kop": 500,
        "balance_kop": 14_500,
    }
    assert sums(decision.entries, by="account") == {f"{ALICE}:main": -10_500, TRANSIT: 10_000, FEES: 500}
    assert_adds_up(account, decision)
    [order] = decision.orders
    assert (order.target, order.action, order.refund) == (BOB, "money.receive", "money.returned")
    [charge] = after(decision).last_charges
    assert (charge.amount_kop, charge.note) == (10_500, f"перевод {BOB}")
    # Only the fee is money spent on services.
    assert after(decision).spent.month_kop == 500


@pytest.mark.parametrize(
    "fields, args, expected",
    [
        ({"status": "blocked", "transfer_bar": True}, {"to": "1"}, "number.blocked"),
        ({"transfer_bar": True}, {"to": "1"}, "transfer.barred"),
        ({}, {"to": "4915112345678"}, "number.bad"),
        ({}, {"to": "74951234567"}, "number.bad"),
        ({}, {"to": ALICE, "amount_kop": 1}, "number.own"),
        ({}, {"amount_kop": 99}, "transfer.limits"),
        ({}, {"amount_kop": 50_001}, "transfer.limits"),
        ({"quotas": (Quota("transfer", MONTH, 490_001),)}, {}, "transfer.month"),
        ({"balance_kop": 13_499}, {}, "no.money"),
    ],
)
def test_transfers_refused_in_a_fixed_order(
    fields: dict[str, Any], args: dict[str, Value], expected: str
) -> None:
    given: dict[str, Value] = {"to": BOB, "amount_kop": 10_000, **args}
    for operation in (transfers.transfer_now, transfers.transfer):
        assert reason(run(operation, individual(**fields), given, prepared=SEALED)) == expected


def test_corporate_numbers_send_nothing() -> None:
    decision = run(transfers.transfer_now, employee(), {"to": BOB, "amount_kop": 10_000})
    assert reason(decision) == "individual.only"


def test_thirty_roubles_must_be_left() -> None:
    assert after(sent(balance_kop=13_500)).balance_kop == 3_000
    decision = sent(balance_kop=13_499)
    assert decision.outcome.params == {"reason": "no.money", "need_kop": 13_500, "balance_kop": 13_499}


def test_the_month_ends_a_full_quota() -> None:
    assert sent(quotas=(Quota("transfer", MONTH - 1, 500_000),)).outcome.name == "done"
    assert sent(quotas=(Quota("transfer", MONTH, 490_000),)).outcome.name == "done"


def test_a_code_by_sms_commits_the_transfer() -> None:
    asked = run(transfers.transfer, individual(), {"to": BOB, "amount_kop": 50_000 - 40_000}, prepared=SEALED)
    assert asked.entries == []
    [message] = asked.messages
    assert message.secret
    text = catalogue().texts.render("transfer.code", "ru", message.params)
    assert text == "Для перевода 100р абоненту 79261234569 наберите *109*5555# и вызов"
    wrong = run(transfers.transfer_confirm, after(asked), {}, prepared={"sealed": "X"})
    assert wrong.outcome.params == {"reason": "code.wrong", "attempts_left": 4}
    right = run(transfers.transfer_confirm, after(wrong), {}, prepared={"sealed": "S"})
    assert (right.outcome.params["amount_kop"], after(right).codes) == (10_000, ())
    assert_adds_up(individual(), right)
    replay = run(transfers.transfer_confirm, after(right), {}, prepared={"sealed": "S"})
    assert reason(replay) == "code.none"


def test_a_code_expires() -> None:
    asked = run(transfers.transfer, individual(), {"to": BOB, "amount_kop": 100}, prepared=SEALED)
    late_ms = NOW_MS + 15 * 60_000
    late = run(transfers.transfer_confirm, after(asked), {}, prepared={"sealed": "S"}, now_ms=late_ms)
    assert reason(late) == "code.none"


def test_the_balance_is_looked_at_again_when_the_code_comes() -> None:
    asked = run(transfers.transfer, individual(), {"to": BOB, "amount_kop": 10_000}, prepared=SEALED)
    poorer = after(asked)._replace(balance_kop=5_000)
    decision = run(transfers.transfer_confirm, poorer, {}, prepared={"sealed": "S"})
    assert decision.outcome.params["reason"] == "no.money"
    assert (decision.entries, after(decision).codes) == ([], ())


def test_a_bar_is_a_switch() -> None:
    barred = after(run(transfers.transfer_bar, individual(), {"on": True}))
    assert barred.transfer_bar
    assert not after(run(transfers.transfer_bar, barred, {"on": "0"})).transfer_bar


# ---------------------------------------------------------------- money that arrives, or comes back


def parcel(kind: str = "transfer", fee_kop: int = 500) -> dict[str, Value]:
    return {"from": ALICE, "to": BOB, "amount_kop": 10_000, "fee_kop": fee_kop, "kind": kind}


def test_money_arrives() -> None:
    account = individual(BOB, balance_kop=0)
    decision = run(transfers.receive, account, parcel())
    assert sums(decision.entries, by="account") == {f"{BOB}:main": 10_000, TRANSIT: -10_000}
    assert {entry.kind for entry in decision.entries} == {"transfer"}
    assert [message.text_key for message in decision.messages] == ["money.received"]
    assert_adds_up(account, decision)


def test_who_takes_no_transfer() -> None:
    for account in (individual(status="blocked"), employee(), individual(transfer_bar=True)):
        assert run(transfers.receive, account, parcel()).outcome.name == "denied"
        assert run(transfers.receive, account, parcel("topup")).outcome.name == "done"


def test_what_nobody_took_comes_back_with_the_fee() -> None:
    decision = sent()
    sender = after(decision)
    back = run(transfers.returned, sender, parcel())
    assert after(back).balance_kop == 25_000
    assert after(back).quotas == (Quota("transfer", MONTH, 0),)
    assert_adds_up(sender, back)
    totals = sums([*decision.entries, *back.entries], by="account")
    assert set(totals.values()) == {0}


def test_who_joined_a_company_meanwhile_gets_it_back_on_the_personal_account() -> None:
    account = employee(personal_kop=0)
    back = run(transfers.returned, account, parcel())
    assert (after(back).personal_kop, after(back).balance_kop) == (10_500, 0)
    assert_adds_up(account, back)


def test_a_card_payment_nobody_took_stays_with_the_payer() -> None:
    account = individual()
    back = run(transfers.returned, account, parcel("topup", fee_kop=0))
    assert (after(back).balance_kop, after(back).quotas) == (35_000, ())
    assert_adds_up(account, back)


# ---------------------------------------------------------------- call me, pay for me


@pytest.mark.parametrize("operation, limit", [(transfers.call_me, 10), (transfers.pay_me, 5)])
def test_requests_are_free_and_limited_by_day(operation: Operation, limit: int) -> None:
    account = individual(balance_kop=-500, floor_kop=-500)
    for _ in range(limit):
        decision = run(operation, account, {"to": BOB})
        [message] = decision.messages
        assert (message.to, message.params["msisdn"], decision.entries) == (BOB, ALICE, [])
        account = after(decision)
    assert reason(run(operation, account, {"to": BOB})) == "request.often"
    assert run(operation, account, {"to": BOB}, now_ms=NOW_MS + DAY_MS).outcome.name == "done"


def test_pay_for_me_is_limited_by_month_too() -> None:
    account = individual(quotas=(Quota("pay_me.month", MONTH, 30),))
    decision = run(transfers.pay_me, account, {"to": BOB})
    assert decision.outcome.params == {"reason": "request.often", "limit": 30}


def test_pay_for_me_may_name_a_sum() -> None:
    decision = run(transfers.pay_me, individual(), {"to": BOB, "amount_kop": "10000"})
    [message] = decision.messages
    text = catalogue().texts.render(message.text_key, "ru", message.params)
    assert text == "Абонент +79261234567 просит пополнить его счет на 100р"
    for amount in ("0", "x", "99999999"):
        bad = run(transfers.pay_me, individual(), {"to": BOB, "amount_kop": amount})
        assert reason(bad) == "amount.bad"


@pytest.mark.parametrize("to, expected", [("0500", "number.bad"), (ALICE, "number.own"), ("", "number.bad")])
def test_requests_go_to_other_subscribers(to: str, expected: str) -> None:
    assert reason(run(transfers.call_me, individual(), {"to": to})) == expected
    blocked = individual(status="blocked")
    assert reason(run(transfers.call_me, blocked, {"to": to})) == "number.blocked"


# ---------------------------------------------------------------- relatives


def carried(decision: Decision, account: Account) -> Decision:
    """What the one order of a decision does to the other account."""
    operations = {
        "relatives.asked": relatives.asked,
        "relatives.agreed": relatives.agreed,
        "relatives.dropped": relatives.dropped,
    }
    [order] = decision.orders
    assert order.target == account.msisdn
    return run(operations[order.action], account, order.args)


def test_two_become_relatives_and_part() -> None:
    alice, bob = individual(ALICE), individual(BOB)
    asked = run(relatives.add, alice, {"to": BOB})
    alice, bob = after(asked), after(carried(asked, bob))
    assert (alice.relatives, bob.relatives) == ((Relative(BOB, "invited"),), (Relative(ALICE, "asked"),))
    agreed = run(relatives.consent, bob, {"to": ALICE})
    bob, alice = after(agreed), after(carried(agreed, alice))
    assert (alice.relatives, bob.relatives) == ((Relative(BOB, "watched"),), (Relative(ALICE, "watches"),))
    parted = run(relatives.remove, bob, {"to": ALICE})
    bob, alice = after(parted), after(carried(parted, alice))
    assert (alice.relatives, bob.relatives) == ((), ())


def test_who_watches_hears_of_a_low_balance_once() -> None:
    watched = individual(relatives=(Relative(BOB, "watches"), Relative("79261234568", "asked")))
    context = Context(NOW_MS, catalogue(), "k")
    for before_kop, after_kop, told in ((3_000, 2_999, [BOB]), (3_001, 3_000, []), (2_999, 10, [])):
        before, later = watched._replace(balance_kop=before_kop), watched._replace(balance_kop=after_kop)
        notices = relatives.low_balance_notices(before, later, context)
        assert [message.to for message in notices] == told


def test_relatives_refused() -> None:
    five = tuple(Relative(f"7926000000{n}", "invited") for n in range(5))
    assert reason(run(relatives.add, individual(relatives=five), {"to": BOB})) == "relatives.many"
    assert reason(run(relatives.add, individual(relatives=five), {"to": five[0].number})) == (
        "relatives.already"
    )
    assert reason(run(relatives.add, individual(), {"to": ALICE})) == "number.own"
    assert reason(run(relatives.consent, individual(), {"to": BOB})) == "relatives.none"
    assert reason(run(relatives.remove, individual(), {"to": BOB})) == "relatives.none"
    for operation in (relatives.add, relatives.consent, relatives.remove):
        assert reason(run(operation, individual(), {"to": "0"})) == "number.bad"
    ten = tuple(Relative(f"7926000000{n}", "asked") for n in range(10))
    args: dict[str, Value] = {"from": ALICE, "to": BOB}
    assert reason(run(relatives.asked, individual(BOB, relatives=ten), args)) == "relatives.many"
    assert reason(run(relatives.agreed, individual(BOB), args)) == "relatives.none"


def test_an_invitation_that_reaches_nobody_is_forgotten() -> None:
    invited = individual(relatives=(Relative(BOB, "invited"),))
    decision = run(relatives.refused, invited, {"from": ALICE, "to": BOB})
    assert after(decision).relatives == ()
    assert [message.text_key for message in decision.messages] == ["relatives.refused"]


def test_both_may_watch_each_other() -> None:
    account = individual(relatives=(Relative(BOB, "watches"),))
    account = after(run(relatives.add, account, {"to": BOB}))
    assert account.relatives == (Relative(BOB, "watches"), Relative(BOB, "invited"))
    account = after(run(relatives.asked, account, {"from": BOB, "to": ALICE}))
    assert account.relatives == (Relative(BOB, "invited"), Relative(BOB, "asked"))
