"""A number that leaves its company: money, tariff, services, and what the company remembers."""

from typing import Any

import pytest

from tests.unit.billing.kit import ALICE, BOB, EMPLOYEE, NOW_MS, catalogue, employee, individual, run
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import Employee, Former, Service
from ussd_gateway.billing.operations import companies, leaving
from ussd_gateway.billing.operations.opening import opening

CONTRACT, CONTROL = "10052733", "79260000002"
TERMS: dict[str, Any] = {"company": "romashka", "contract": CONTRACT, "tariff": "0618P"}


def company(**fields: Any) -> Account:
    [account] = opening(CONTRACT, catalogue(), NOW_MS).accounts
    return account._replace(**fields)


def test_the_budget_returns_and_own_money_pays_the_new_tariff() -> None:
    rich = employee(
        personal_kop=100_000,
        tags=("HR",),
        services=(Service("222", NOW_MS), Service("3636", NOW_MS)),
        employee=Employee("Анна", "", restricted=True, since_ms=5),
    )
    life = Life(rich)
    assert life.do(leaving.leave, **TERMS).params == {"returned_kop": 41_250}
    account, fee_kop = life.account, catalogue().tariffs["0618P"].fee
    assert (account.kind, account.company, account.tariff) == ("individual", None, "0618P")
    assert (account.balance_kop, account.personal_kop) == (100_000 - fee_kop, 0)
    assert (account.budget_kop, account.budget_limit_kop) == (0, 0)
    assert (account.employee, account.tags) == (Employee(), ())
    assert [held.code for held in account.services] == ["222"], "machines are for companies"
    assert account.left_of("minutes", NOW_MS) == catalogue().tariffs["0618P"].volumes.minutes
    life.until(midnight_ms(40))
    assert life.account.budget_kop == 0, "no new month brings a budget"


def test_too_little_money_waits_for_a_top_up() -> None:
    life = Life(employee())
    life.do(leaving.leave, **TERMS)
    assert (life.account.balance_kop, life.account.tariff_fee.unpaid) == (3_500, True)


def test_only_its_own_company_lets_a_number_go() -> None:
    assert Life(individual()).refused(leaving.leave, **TERMS) == "corp.foreign"


def test_releasing_orders_it_and_the_company_remembers() -> None:
    decision = run(leaving.release, company(roster=(ALICE, BOB)), {"number": ALICE})
    [order] = decision.orders
    assert (order.target, order.action, order.refund) == (ALICE, "corp.leave", "company.left")
    args: dict[str, Any] = {"number": ALICE, "name": "Анна", "since_ms": 5}
    decision = run(leaving.left, company(roster=(ALICE, BOB)), args)
    assert decision.account is not None
    assert (decision.account.roster, decision.account.former) == (
        (BOB,),
        (Former(ALICE, "Анна", 5, NOW_MS),),
    )
    assert run(leaving.left, decision.account, args).account is None, "once"


def test_a_number_of_the_catalogue_leaves_for_good_and_may_come_back() -> None:
    after = run(leaving.left, company(), {"number": EMPLOYEE, "since_ms": 0}).account
    assert after is not None
    assert companies.numbers(after, catalogue()) == [CONTROL]
    again = run(companies.enrol, after, {"number": EMPLOYEE}).account
    assert again is not None
    assert companies.numbers(again, catalogue()) == [CONTROL, EMPLOYEE]
    assert companies.is_ours(again, EMPLOYEE, catalogue())


@pytest.mark.parametrize(
    "args, reason",
    [
        ({"number": ALICE}, "corp.foreign"),
        ({"number": CONTROL}, "corp.control"),
        ({"number": EMPLOYEE, "tariff": "C7040"}, "tariff.unknown"),
    ],
)
def test_what_releasing_refuses(args: dict[str, Any], reason: str) -> None:
    assert run(leaving.release, company(), args).outcome.params["reason"] == reason
