"""A number blocked at its owner's wish: a rouble a day, an end at midnight, little to be done meanwhile."""

import pytest

from tests.unit.billing.kit import NOW_MS, individual
from tests.unit.billing.life import Life, midnight_ms, under
from ussd_gateway.billing.operations import blocking, services

DAY_MS = 86_400_000


@pytest.mark.parametrize("days", [1, 7, 180])
def test_each_day_has_its_fee_and_the_last_ends_at_midnight(days: int) -> None:
    life = Life(individual(balance_kop=25_000, tariff="16N"))
    outcome = life.do(blocking.block, days=days)
    assert outcome.params == {"until_ms": midnight_ms(days), "days": days, "fee_kop": 100}
    assert life.texts() == ["Номер заблокирован по вашей просьбе. Снять: 0500 или Личный кабинет"]
    life.until(midnight_ms(days) - 1)
    assert life.account.status == "blocked"
    life.until(midnight_ms(days))
    assert (life.account.status, life.account.block) == ("active", None)
    assert life.paid_kop("daily") == days * 100
    assert len(life.texts()) == 1
    life.until(midnight_ms(days + 30))
    assert life.paid_kop("daily") == days * 100


def test_a_blocked_number_can_do_little_else() -> None:
    life = Life()
    life.do(blocking.block, days=3)
    assert life.refused(services.on, code="134") == "number.blocked"
    assert life.refused(blocking.block, days=3) == "num.already"
    assert life.do(blocking.status).params == {
        "blocked": True,
        "until_ms": midnight_ms(3),
        "days_left": 3,
    }


def test_unblocking_early() -> None:
    life = Life()
    assert life.refused(blocking.unblock) == "num.not_blocked"
    life.do(blocking.block, days=30)
    life.texts()
    life.until(NOW_MS + DAY_MS)
    assert life.do(blocking.unblock).name == "done"
    assert (life.account.status, life.texts()) == ("active", ["Номер разблокирован"])
    life.until(midnight_ms(40))
    assert life.paid_kop("daily") == 200
    assert life.do(blocking.status).params == {"blocked": False, "until_ms": 0, "days_left": 0}


def test_the_operators_block_is_not_the_owners_to_lift() -> None:
    life = Life(individual(status="blocked"))
    assert life.refused(blocking.unblock) == "number.blocked"
    assert life.refused(blocking.block, days=3) == "number.blocked"


@pytest.mark.parametrize("days", [0, 181, -1, "x", ""])
def test_days(days: int | str) -> None:
    assert Life().refused(blocking.block, days=days) == "num.days"


def test_without_money_the_number_is_blocked_all_the_same() -> None:
    life = Life(individual(balance_kop=50))
    assert life.do(blocking.block, days=2).name == "done"
    life.until(midnight_ms(2))
    assert (life.account.status, life.account.balance_kop) == ("active", 50)


def test_a_free_block() -> None:
    life = Life(rules=under(block={"fee": 0}))
    life.do(blocking.block, days=2)
    life.until(midnight_ms(2))
    assert (life.account.status, life.paid_kop()) == ("active", 0)
