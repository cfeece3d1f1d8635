"""The company itself: numbers that join or cannot, the password that goes to control numbers only."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.billing.kit import ALICE, BOB, EMPLOYEE, NOW_MS, catalogue, employee, individual, run
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import Autopay, Bonus, Promised
from ussd_gateway.billing.operations import companies
from ussd_gateway.billing.operations.opening import opening

CONTRACT, CONTROL = "10052733", "79260000002"
TERMS: dict[str, Any] = {"company": "romashka", "name": "Анна", "position": "HR", "tariff": "CSTD"}
FRESH = {"password": "123456", "hash": "h"}


def company() -> Account:
    [account] = opening(CONTRACT, catalogue(), NOW_MS).accounts
    return account


def test_the_account_of_a_company_holds_no_money() -> None:
    commit = opening(CONTRACT, catalogue(), NOW_MS)
    assert commit.entries == []
    assert (commit.accounts[0].company, commit.accounts[0].due_ms) == ("romashka", 0)
    assert companies.numbers(company(), catalogue()) == [EMPLOYEE, CONTROL]


def test_employees_of_the_catalogue_have_names_and_labels() -> None:
    [account] = opening(EMPLOYEE, catalogue(), NOW_MS).accounts
    assert (account.employee.name, account.tags) == ("Анна Иванова", ("продажи",))


def test_enrolling_notes_the_number_and_orders_it_to_join() -> None:
    decision = run(companies.enrol, company(), {"number": ALICE, "name": " Анна "})
    assert decision.account is not None
    assert companies.numbers(decision.account, catalogue()) == [EMPLOYEE, CONTROL, ALICE]
    [order] = decision.orders
    assert (order.target, order.action, order.refund) == (ALICE, "corp.join", "company.not_joined")
    assert (order.args["name"], order.args["tariff"]) == ("Анна", "C7040")
    again = run(companies.enrol, decision.account, {"number": ALICE})
    assert again.outcome.params["reason"] == "corp.already"


@pytest.mark.parametrize(
    "args, reason",
    [
        ({"number": "74951234567"}, "number.bad"),
        ({"number": EMPLOYEE}, "corp.already"),
        ({"number": ALICE, "name": "я" * 61}, "corp.words"),
        ({"number": ALICE, "tariff": "0618P"}, "tariff.unknown"),
    ],
)
def test_what_enrolling_refuses(args: dict[str, Any], reason: str) -> None:
    assert run(companies.enrol, company(), args).outcome.params["reason"] == reason


def test_a_company_is_full_at_some_number() -> None:
    others = tuple(str(79_100_000_000 + each) for each in range(companies.MAX_ROSTER))
    full = company()._replace(roster=others)
    assert run(companies.enrol, full, {"number": ALICE}).outcome.params["reason"] == "corp.full"


def test_joining_turns_the_balance_into_own_money_and_changes_the_tariff() -> None:
    life = Life(individual(balance_kop=25_000, autopay=Autopay(True, 1, 1), bonus=Bonus(True)))
    assert life.do(companies.join, **TERMS).name == "done"
    life.until(NOW_MS)
    account = life.account
    assert (account.kind, account.company, account.tariff) == ("corporate", "romashka", "CSTD")
    assert (account.balance_kop, account.personal_kop, account.floor_kop) == (0, 25_000, 0)
    assert (account.employee.name, account.autopay.on, account.bonus.member) == ("Анна", False, False)
    assert life.texts()[0] == "Номер подключен к договору ООО Ромашка. Бюджет: *105*1*1#"
    life.until(midnight_ms(40))
    assert life.account.personal_kop == 25_000, "the company pays the tariff"


@pytest.mark.parametrize(
    "account, reason",
    [
        (individual(status="blocked"), "number.blocked"),
        (employee(), "corp.taken"),
        (individual(balance_kop=-1, floor_kop=-1), "corp.debt"),
        (individual(promised=(Promised(100, 0, NOW_MS + 1),)), "corp.debt"),
    ],
)
def test_who_may_not_join(account: Account, reason: str) -> None:
    assert Life(account).refused(companies.join, **TERMS) == reason


def test_a_number_that_did_not_join_is_forgotten_and_told() -> None:
    joined = company()._replace(roster=(ALICE, BOB))
    decision = run(companies.not_joined, joined, {"number": ALICE})
    assert decision.account is not None
    assert decision.account.roster == (BOB,)
    assert [message.to for message in decision.messages] == [CONTROL]


def test_a_control_number_asks_from_its_phone() -> None:
    [order] = run(companies.password_reset, employee(msisdn=CONTROL)).orders
    assert (order.target, order.action, order.args) == (CONTRACT, "company.password", {"to": CONTROL})
    assert run(companies.password_reset, employee()).outcome.params["reason"] == "corp.no_control"
    assert run(companies.password_reset, individual()).outcome.params["reason"] == "corp.only"


def test_the_password_goes_to_a_control_number_only() -> None:
    decision = run(companies.password, company(), prepared=FRESH)
    assert decision.account is not None
    assert decision.account.password.hash == "h"
    [message] = decision.messages
    assert (message.to, message.secret, message.params["login"]) == (CONTROL, True, CONTRACT)
    stranger = run(companies.password, company(), {"to": EMPLOYEE}, prepared=FRESH)
    assert (stranger.outcome.params["reason"], stranger.account) == ("corp.no_control", None)


def test_a_company_without_control_numbers_gets_no_password() -> None:
    alone = catalogue().companies["romashka"].model_copy(update={"control_numbers": ()})
    life = Life(company(), replace(catalogue(), companies={"romashka": alone}))
    assert life.refused(companies.password) == "corp.no_control"
    for _ in range(6):
        life.do(companies.login, password="?")
    assert (life.account.password.locked, life.texts()) == (True, [])


def test_the_sixth_wrong_answer_locks_the_login_and_the_control_number_hears() -> None:
    life = Life(company())
    answers = [life.do(companies.login, password="?").params["attempts_left"] for _ in range(6)]
    assert answers == [5, 4, 3, 2, 1, 0]
    assert [message.destination for message in life.messages] == [CONTROL]
    assert "10052733" in life.texts()[0]
