"""A change of tariff: ordered now, carried out at midnight, once; and what may stand in its way."""

import pytest

from tests.unit.billing.kit import NOW_MS, employee, individual
from tests.unit.billing.life import Life, midnight_ms, under
from ussd_gateway.billing.holdings import Employee
from ussd_gateway.billing.operations import tariffs


def rich() -> Life:
    return Life(individual(balance_kop=500_000))


def test_a_change_waits_for_midnight_and_tells_when_it_is_done() -> None:
    life = rich()
    outcome = life.do(tariffs.change, code="15s")
    assert outcome.params == {"name": "Всё включено S", "fee_kop": 3_000, "effective_ms": midnight_ms()}
    assert (life.account.tariff, life.texts(), life.paid_kop()) == ("0618P", [], 0)
    life.until(midnight_ms() - 1)
    assert life.account.tariff == "0618P"
    life.until(midnight_ms())
    assert life.account.tariff == "15S"
    assert (life.paid_kop("fee"), life.paid_kop("monthly")) == (3_000, 25_000)
    assert life.texts() == ["Тариф изменен: Всё включено S. Плата 250р/мес"]
    assert life.account.left_of("minutes", life.now_ms) == 500
    assert life.do(tariffs.current).params["effective_ms"] == 0


def test_a_second_order_is_refused_or_replaces_the_first_as_configured() -> None:
    life = rich()
    life.do(tariffs.change, code="15S")
    assert life.refused(tariffs.change, code="16N") == "tariff.waiting"
    replacing = Life(individual(balance_kop=500_000), under(tariff_change={"second": "replace"}))
    replacing.do(tariffs.change, code="15S")
    assert replacing.do(tariffs.change, code="16N").name == "done"
    replacing.until(midnight_ms())
    assert replacing.account.tariff == "16N"
    assert replacing.texts() == ["Тариф изменен: Переходи на НОЛЬ. Плата 0р/мес"]


def test_an_order_can_be_taken_back_and_still_counts() -> None:
    life = rich()
    assert life.refused(tariffs.cancel) == "tariff.nothing"
    for _ in range(10):
        assert life.do(tariffs.change, code="16N").name == "done"
        assert life.do(tariffs.cancel).params == {"name": "Переходи на НОЛЬ"}
    outcome = life.do(tariffs.change, code="16N")
    assert (outcome.params["reason"], outcome.params["max"]) == ("tariff.often", 10)
    life.until(midnight_ms(30))
    assert life.account.tariff == "0618P"
    assert life.do(tariffs.change, code="16N").name == "done", "another month, another ten"


def test_refusals_in_their_order() -> None:
    life = rich()
    assert life.refused(tariffs.change, code="0000") == "tariff.unknown"
    assert life.refused(tariffs.change, code="C7040") == "tariff.unknown", "for companies"
    assert life.refused(tariffs.change, code="0618P") == "tariff.same"
    assert Life(individual(status="blocked")).refused(tariffs.change, code="?") == "number.blocked"
    restricted = Life(employee(employee=Employee(restricted=True)))
    assert restricted.refused(tariffs.change, code="CSTD") == "corp.restricted"


@pytest.mark.parametrize(
    "funds, enough_kop, need_kop", [("all", 28_000, 28_000), ("change", 3_000, 3_000), ("none", 0, None)]
)
def test_the_money_is_looked_at_when_ordering(funds: str, enough_kop: int, need_kop: int | None) -> None:
    rules = under(tariff_change={"funds": funds})
    assert Life(individual(balance_kop=enough_kop), rules).do(tariffs.change, code="15S").name == "done"
    if need_kop is not None:
        refusal = Life(individual(balance_kop=enough_kop - 1), rules).do(tariffs.change, code="15S")
        assert refusal.params == {"reason": "no.money", "need_kop": need_kop, "balance_kop": enough_kop - 1}


def test_an_employee_pays_for_the_change_only() -> None:
    life = Life(employee(budget_kop=3_000, personal_kop=0))
    assert life.do(tariffs.change, code="CSTD").name == "done"
    life.until(midnight_ms())
    assert (life.account.tariff, life.account.budget_kop) == ("CSTD", 0)
    poor = Life(employee(budget_kop=2_999, personal_kop=0))
    assert poor.refused(tariffs.change, code="CSTD") == "no.money"


def test_without_money_at_midnight_nothing_changes_and_the_subscriber_is_told() -> None:
    life = Life(individual(balance_kop=0), under(tariff_change={"funds": "none"}))
    life.do(tariffs.change, code="15S")
    life.until(midnight_ms())
    assert (life.account.tariff, life.account.pending_tariff, life.paid_kop()) == ("0618P", None, 0)
    assert len(life.texts()) == 1


def test_a_change_may_be_made_to_happen_at_once() -> None:
    life = Life(individual(balance_kop=500_000), under(tariff_change={"when": "now"}))
    assert life.do(tariffs.change, code="15S").params["effective_ms"] == NOW_MS
    life.until(NOW_MS)
    assert life.account.tariff == "15S"


def test_the_list_by_sms_names_what_is_for_the_number() -> None:
    life = Life(employee(language="en"))
    assert life.do(tariffs.offered).params == {"count": 2}
    assert life.texts() == ["Tariffs: Special 700/40 400/month, Standard VIP 200/month. To change: *105*20#"]


def test_current_tells_what_waits() -> None:
    life = rich()
    life.do(tariffs.change, code="16N")
    assert life.do(tariffs.current).params == {
        "code": "0618P",
        "name": "Включайся! Пиши",
        "fee_kop": 32_000,
        "per": "мес",
        "next_name": "Переходи на НОЛЬ",
        "effective_ms": midnight_ms(),
    }
