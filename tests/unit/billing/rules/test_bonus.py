"""Points: one for each full 30 roubles of a month, credited when the next begins, gone after 12 months."""

import pytest

from tests.unit.billing.kit import NOW_MS, individual
from tests.unit.billing.life import Life
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms
from ussd_gateway.billing.holdings import Bonus, Lot
from ussd_gateway.billing.operations import accounts

MAY = month_of(day_of(NOW_MS))
JUNE_MS = month_start_ms(MAY + 1)


def member(balance_kop: int = 1_000_000) -> Life:
    return Life(individual(balance_kop=balance_kop, tariff="16N", bonus=Bonus(True, NOW_MS)))


@pytest.mark.parametrize("spent_kop, points", [(29_999, 9), (30_000, 10), (2_999, 0), (3_000, 1)])
def test_spending_becomes_points_when_the_month_ends(spent_kop: int, points: int) -> None:
    life = member()
    life.do(accounts.charge, fee_kop=spent_kop)
    life.until(JUNE_MS - 1)
    assert life.account.bonus.points == 0
    life.until(JUNE_MS)
    assert life.account.bonus.points == points
    assert len(life.texts()) == (1 if points else 0)


def test_the_message_tells_what_there_is_and_what_goes_first() -> None:
    life = member()
    life.do(accounts.charge, fee_kop=36_000)
    life.until(JUNE_MS)
    [text] = life.texts()
    assert text == "Начислено 12 баллов. Всего 12, сгорят 01.06: 12. Потратить: *115#"


def test_each_month_is_credited_once_however_long_the_sleep() -> None:
    life = member()
    life.do(accounts.charge, fee_kop=30_000)
    life.until(month_start_ms(MAY + 3))
    assert [lot.points for lot in life.account.bonus.lots] == [10]
    assert life.account.bonus.lots[0].credited_ms == JUNE_MS
    life.do(accounts.charge, fee_kop=60_000)
    life.until(month_start_ms(MAY + 9))
    assert [lot.points for lot in life.account.bonus.lots] == [10, 20]


def test_spending_of_the_new_month_never_hides_that_of_the_old() -> None:
    life = member()
    life.do(accounts.charge, fee_kop=30_000)
    life.now_ms = JUNE_MS + 5
    life.do(accounts.charge, fee_kop=3_000)
    assert life.account.bonus.points == 10
    assert life.account.spent.month_kop == 3_000


def test_unspent_points_vanish_after_twelve_months() -> None:
    life = member()
    life.do(accounts.charge, fee_kop=30_000)
    life.until(month_start_ms(MAY + 13) - 1)
    assert life.account.bonus.points == 10
    life.until(month_start_ms(MAY + 13))
    assert (life.account.bonus.lots, life.account.due_ms) == ((), 0)


def test_others_get_none() -> None:
    life = Life(individual(balance_kop=100_000, tariff="16N"))
    life.do(accounts.charge, fee_kop=90_000)
    life.until(month_start_ms(MAY + 2))
    assert life.account.bonus == Bonus()


def test_lots_vanish_one_after_another() -> None:
    lots = (Lot(3, NOW_MS, NOW_MS + 10), Lot(4, NOW_MS, NOW_MS + 20))
    life = Life(individual(tariff="16N", bonus=Bonus(True, NOW_MS, 0, lots), due_ms=NOW_MS + 10))
    life.until(NOW_MS + 15)
    assert life.account.bonus.points == 4
    life.until(NOW_MS + 20)
    assert life.account.bonus.points == 0
