"""What a company does with its numbers: names, labels, limits, bans; and never with those of others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import employee, individual
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.holdings import Service
from ussd_gateway.billing.ledger import company_account
from ussd_gateway.billing.operations import corporate, services
from ussd_gateway.billing.operations.base import Operation

OURS: dict[str, Any] = {"company": "romashka"}


def test_who_uses_the_number() -> None:
    life = Life(employee())
    assert life.do(corporate.describe, name=" Анна  Иванова", **OURS).name == "done"
    outcome = life.do(corporate.describe, position="бухгалтер", **OURS)
    assert outcome.params == {"name": "Анна Иванова", "position": "бухгалтер"}
    assert life.account.employee[:2] == ("Анна Иванова", "бухгалтер")
    assert life.refused(corporate.describe, name="я" * 61, **OURS) == "corp.words"


def test_labels_go_on_and_off() -> None:
    life = Life(employee())
    for label in ("HR", "доставка", "HR"):
        life.do(corporate.tag, tag=label, **OURS)
    assert life.account.tags == ("HR", "доставка")
    assert life.do(corporate.tag, tag="HR", on=False, **OURS).params == {"tags": "доставка"}
    for bad in ("", "a,b", "x" * 21):
        assert life.refused(corporate.tag, tag=bad, **OURS) == "corp.tag"
    for number in range(9):
        life.do(corporate.tag, tag=str(number), **OURS)
    assert life.refused(corporate.tag, tag="11th", **OURS) == "corp.tags"


def test_a_new_limit_moves_what_is_left_by_the_difference() -> None:
    life = Life(employee(budget_kop=41_250))
    assert life.do(corporate.limit, limit_kop=80_000, **OURS).params == {
        "limit_kop": 80_000,
        "left_kop": 51_250,
    }
    assert life.do(corporate.limit, limit_kop=10_000, **OURS).params["left_kop"] == 0
    for bad in (-1, "much", 100_000_001):
        assert life.refused(corporate.limit, limit_kop=bad, **OURS) == "amount.bad"


def test_the_new_limit_fills_the_budget_next_month() -> None:
    life = Life(employee(budget_kop=0, budget_limit_kop=0))
    life.do(corporate.limit, limit_kop=30_000, **OURS)
    life.do(corporate.limit, limit_kop=50_000, **OURS)
    life.until(midnight_ms(5))
    assert (life.account.budget_kop, life.account.budget_limit_kop) == (50_000, 50_000)


@given(
    st.integers(0, 70_000),
    st.lists(st.integers(0, 200_000), max_size=8),
)
def test_the_company_gives_what_the_budget_gets(left_kop: int, limits: list[int]) -> None:
    life = Life(employee(budget_kop=left_kop))
    for limit_kop in limits:
        life.do(corporate.limit, limit_kop=limit_kop, **OURS)
        assert 0 <= life.account.budget_kop <= life.account.budget_limit_kop == limit_kop
    given_kop = sum(
        entry.amount_kop for entry in life.entries if entry.account == company_account("romashka")
    )
    assert left_kop - given_kop == life.account.budget_kop


def test_an_employee_may_be_restricted_and_content_banned() -> None:
    life = Life(employee(services=(Service("801", 0),)))
    life.do(corporate.restrict, **OURS)
    assert life.refused(services.on, code="134") == "corp.restricted"
    life.do(corporate.restrict, on=False, **OURS)
    assert not life.account.employee.restricted
    assert life.do(corporate.content_ban, **OURS).params["on"] is True
    assert life.account.content_ban


@pytest.mark.parametrize(
    "operation, args",
    [
        (corporate.describe, {"name": "x"}),
        (corporate.tag, {"tag": "x"}),
        (corporate.limit, {"limit_kop": 1}),
        (corporate.restrict, {}),
        (corporate.content_ban, {}),
    ],
)
def test_numbers_of_others_are_left_alone(operation: Operation, args: dict[str, Any]) -> None:
    assert Life(employee()).refused(operation, company="oduvanchik", **args) == "corp.foreign"
    assert Life(individual()).refused(operation, **OURS, **args) == "corp.foreign"
    assert Life(individual()).refused(operation, company="", **args) == "corp.foreign"
