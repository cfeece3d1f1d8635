"""The promised payment: given back at a top-up that allows it, taken when due, with a debt if need be."""

import pytest

from tests.unit.billing.kit import NOW_MS, individual
from tests.unit.billing.life import Life
from ussd_gateway.billing import purse
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.operations import accounts, payments

DUE_MS = NOW_MS + 3 * DAY_MS


def borrowed(balance_kop: int = 0, tier: str = "50") -> Life:
    life = Life(individual(balance_kop=balance_kop, tariff="16N"))
    assert life.do(payments.promised, tier=tier).name == "done"
    life.texts()
    return life


def test_it_is_lent_and_not_given_back_at_once() -> None:
    life = borrowed(4_000)
    assert (life.account.balance_kop, len(life.account.promised)) == (9_000, 1)
    assert life.account.due_ms == DUE_MS


def test_the_top_up_that_covers_it_gives_it_back() -> None:
    life = borrowed()
    life.do(accounts.topup, amount_kop=999)
    assert (life.account.balance_kop, len(life.account.promised)) == (5_999, 1)
    life.do(accounts.topup, amount_kop=1)
    assert (life.account.balance_kop, life.account.promised) == (0, ())
    assert life.account.due_ms == 0
    assert life.texts() == ["Обещанный платеж погашен: 60р. Баланс 0.00р"]
    totals = {entry.account: 0 for entry in life.entries}
    for entry in life.entries:
        totals[entry.account] += entry.amount_kop
    assert (totals["system:promised"], totals["system:fees"]) == (0, 1_000)


def test_money_that_is_spent_again_is_taken_when_due() -> None:
    life = borrowed()
    life.do(accounts.charge, fee_kop=4_500)
    life.until(DUE_MS - 1)
    assert life.account.balance_kop == 500
    life.until(DUE_MS)
    assert (life.account.balance_kop, life.account.promised) == (500 - 6_000, ())
    assert purse.spendable_kop(life.account) == 0
    assert life.account.last_charges[0].note == "обещанный платеж"


def test_a_debt_is_paid_off_by_top_ups_and_the_limit_comes_back() -> None:
    life = borrowed()
    life.do(accounts.charge, fee_kop=5_000)
    life.until(DUE_MS)
    assert life.account.balance_kop == -6_000
    for amount_kop, balance_kop, spendable_kop in ((2_000, -4_000, 0), (4_000, 0, 0), (100, 100, 100)):
        life.do(accounts.topup, amount_kop=amount_kop)
        assert life.account.balance_kop == balance_kop
        assert purse.spendable_kop(life.account) == spendable_kop
    assert (life.account.floor_kop, life.account.debt_floor_kop) == (0, None)


def test_a_second_debt_on_top_of_the_first() -> None:
    life = borrowed()
    life.do(accounts.charge, fee_kop=5_000)
    life.until(DUE_MS)
    assert life.do(payments.promised, tier="150").name == "done"
    assert life.account.balance_kop == 9_000
    assert purse.spendable_kop(life.account) == 9_000
    life.do(accounts.charge, fee_kop=9_000)
    life.until(DUE_MS + 3 * DAY_MS)
    assert life.account.balance_kop == -17_000
    life.do(accounts.topup, amount_kop=20_000)
    assert (purse.spendable_kop(life.account), life.account.floor_kop) == (3_000, 0)


@pytest.mark.parametrize("floor_kop", [0, -5_000])
def test_a_credit_limit_is_kept_in_mind(floor_kop: int) -> None:
    life = Life(individual(balance_kop=0, tariff="16N", floor_kop=floor_kop))
    life.do(payments.promised, tier="50")
    life.do(accounts.charge, fee_kop=purse.spendable_kop(life.account))
    life.until(DUE_MS)
    assert life.account.balance_kop == floor_kop - 6_000
    life.do(accounts.topup, amount_kop=6_001)
    assert (life.account.floor_kop, purse.spendable_kop(life.account)) == (floor_kop, 1)
