"""Operations on money and settings: what they do, and why they refuse."""

import pytest

from tests.unit.billing.kit import ALICE, NOW_MS, catalogue, employee, individual, run
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.ledger import ADJUSTMENT, CASH, EMPTY, FEES, holding, sums
from ussd_gateway.billing.operations import accounts
from ussd_gateway.billing.operations.base import Decision, whole
from ussd_gateway.billing.store import Commit, check_commit
from ussd_gateway.vocabulary import Value


def assert_adds_up(before: Account, decision: Decision) -> None:
    after = [decision.account] if decision.account else []
    held = {before.msisdn: holding(before) or EMPTY}
    check_commit(Commit("k", "", NOW_MS, {}, after, decision.entries), held)


def reason(decision: Decision) -> object:
    assert decision.outcome.name == "denied"
    assert (decision.account, decision.entries, decision.messages) == (None, [], [])
    return decision.outcome.params["reason"]


def test_looking_changes_nothing() -> None:
    for account in (individual(), employee()):
        for operation in (accounts.balance, accounts.number, accounts.budget):
            decision = run(operation, account)
            assert (decision.account, decision.entries, decision.messages) == (None, [], [])


def test_balance_and_number() -> None:
    assert run(accounts.balance, individual(balance_kop=15_320)).outcome.params == {"balance_kop": 15_320}
    assert run(accounts.number, individual()).outcome.params == {"msisdn": ALICE}


def test_budget_is_for_corporate_numbers() -> None:
    params = run(accounts.budget, employee()).outcome.params
    assert params == {"left_kop": 41_250, "limit_kop": 70_000, "personal_kop": 3_500}
    assert reason(run(accounts.budget, individual())) == "corp.only"


def test_remains_come_by_sms() -> None:
    packages = (
        Package("0618P", "minutes", 212, 250, NOW_MS + 1),
        Package("0618P", "sms", 187, 250, NOW_MS + 2),
        Package("0618P", "mb", 2458, 3072, NOW_MS + 3),
        Package("old", "mb", 9999, 9999, NOW_MS),
    )
    decision = run(accounts.remains, individual(packages=packages))
    [message] = decision.messages
    assert (message.text_key, message.sender, message.delay_ms) == ("remains", "000105", 2000)
    assert message.params == {
        "minutes": 212,
        "sms": 187,
        "gb": "2.4",
        "renews_ms": NOW_MS + 1,
        "tariff": "Включайся! Пиши",
    }


def test_remains_without_packages_name_the_next_month() -> None:
    [message] = run(accounts.remains, individual()).messages
    text = catalogue().texts["remains"].render("ru", message.params)
    assert text == "Остатки: 0 мин, 0 SMS, 0 ГБ. Обновление 01.06. Тариф Включайся! Пиши"


def test_language() -> None:
    decision = run(accounts.language, individual(), {"language": "en"})
    assert decision.account is not None
    assert decision.account.language == "en"
    assert reason(run(accounts.language, individual(), {"language": "fr"})) == "language.unknown"


def test_charge() -> None:
    before = individual(balance_kop=1_000)
    decision = run(accounts.charge, before, {"fee_kop": 300, "note": "Черный список"})
    assert decision.outcome.params == {"fee_kop": 300, "balance_kop": 700}
    assert decision.account is not None
    assert decision.account.last_charges[0].note == "Черный список"
    assert sums(decision.entries, by="account") == {f"{ALICE}:main": -300, FEES: 300}
    assert_adds_up(before, decision)


def test_charge_says_what_is_missing() -> None:
    decision = run(accounts.charge, individual(balance_kop=1_240), {"fee_kop": 30_000})
    assert reason(decision) == "no.money"
    text = catalogue().texts["no.money"].render("ru", decision.outcome.params)
    assert text == "Недостаточно средств. Нужно 300.00р, на счете 12.40р"


def test_charge_of_nothing_leaves_nothing() -> None:
    decision = run(accounts.charge, individual(), {"fee_kop": 0})
    assert (decision.outcome.name, decision.account, decision.entries) == ("done", None, [])


def test_refusals_come_in_a_fixed_order() -> None:
    blocked = individual(balance_kop=0, status="blocked")
    assert reason(run(accounts.charge, blocked, {"fee_kop": -1})) == "number.blocked"
    assert reason(run(accounts.charge, individual(balance_kop=0), {"fee_kop": -1})) == "amount.bad"
    assert reason(run(accounts.charge, individual(balance_kop=0), {"fee_kop": 1})) == "no.money"


@pytest.mark.parametrize("account", [individual(balance_kop=100), employee(personal_kop=100)])
def test_topup(account: Account) -> None:
    decision = run(accounts.topup, account, {"amount_kop": "5000"})
    assert decision.outcome.params == {"amount_kop": 5_000, "balance_kop": 5_100}
    assert sums(decision.entries, by="account")[CASH] == -5_000
    assert_adds_up(account, decision)


@pytest.mark.parametrize("amount", [0, -1, 1_500_001, "ten", "", True])
def test_topup_of_no_sum(amount: Value) -> None:
    assert reason(run(accounts.topup, individual(), {"amount_kop": amount})) == "amount.bad"


def test_a_blocked_number_takes_money() -> None:
    assert run(accounts.topup, individual(status="blocked"), {"amount_kop": 1}).outcome.name == "done"


@pytest.mark.parametrize("account", [individual(balance_kop=700), employee(personal_kop=700)])
@pytest.mark.parametrize("wanted_kop", [0, 699, 701, 5_000_000])
def test_set_balance_goes_through_the_ledger(account: Account, wanted_kop: int) -> None:
    decision = run(accounts.set_balance, account, {"balance_kop": wanted_kop})
    assert decision.outcome.params == {"balance_kop": wanted_kop, "difference_kop": wanted_kop - 700}
    assert sums(decision.entries, by="account")[ADJUSTMENT] == 700 - wanted_kop
    assert_adds_up(account, decision)


def test_set_balance_to_what_it_is() -> None:
    assert run(accounts.set_balance, individual(balance_kop=7), {"balance_kop": 7}).account is None


def test_set_balance_not_below_the_limit() -> None:
    account = individual(balance_kop=0, floor_kop=-500)
    assert run(accounts.set_balance, account, {"balance_kop": -500}).outcome.name == "done"
    assert reason(run(accounts.set_balance, account, {"balance_kop": -501})) == "amount.bad"


@pytest.mark.parametrize(
    "value, number",
    [
        (5, 5),
        ("5", 5),
        ("-5", -5),
        (True, None),
        ("", None),
        ("5.0", None),
        ("٣", None),
        ("9" * 16, None),
        (None, None),
    ],
)
def test_whole_numbers_of_arguments(value: Value | None, number: int | None) -> None:
    assert whole(value) == number
