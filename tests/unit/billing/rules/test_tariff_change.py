"""A change of tariff at its instant: done, refused for want of money, overtaken by the catalogue."""

from dataclasses import replace
from typing import Any

from tests.unit.billing.kit import NOW_MS, catalogue, individual
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.holdings import PendingTariff, TariffFee
from ussd_gateway.billing.operations import accounts


def changing(balance_kop: int, to: str = "0618P", **fields: Any) -> Account:
    return individual(
        balance_kop=balance_kop,
        tariff="15S",
        tariff_fee=TariffFee(midnight_ms()),
        packages=(Package("15S", "minutes", 3, 500, midnight_ms()), Package("372", "mb", 5, 70, 2**60)),
        pending_tariff=PendingTariff(to, NOW_MS, midnight_ms(), 3_000),
        due_ms=midnight_ms(),
    )._replace(**fields)


def test_it_happens_at_midnight_with_both_fees_and_new_packages() -> None:
    life = Life(changing(40_000))
    life.until(midnight_ms() - 1)
    assert life.account.tariff == "15S"
    life.until(midnight_ms())
    after = life.account
    assert (after.tariff, after.pending_tariff, after.balance_kop) == ("0618P", None, 40_000 - 35_000)
    assert [(p.code, p.kind, p.left) for p in after.packages] == [
        ("0618P", "minutes", 250),
        ("0618P", "sms", 250),
        ("0618P", "mb", 3072),
        ("372", "mb", 5),
    ]
    # The old tariff's fee was due the same midnight and was not taken.
    assert (life.paid_kop("fee"), life.paid_kop("monthly")) == (3_000, 32_000)
    assert life.texts() == ["Тариф изменен: Включайся! Пиши. Плата 320р/мес"]


def test_too_little_money_leaves_the_old_tariff() -> None:
    life = Life(changing(34_999))
    life.until(midnight_ms())
    assert (life.account.tariff, life.account.pending_tariff) == ("15S", None)
    # Its own fee is due then and can be paid.
    assert life.account.balance_kop == 34_999 - 25_000
    assert life.texts() == ["Тариф Включайся! Пиши не подключен: нужно 350.00р, на счете 349.99р"]


def test_exactly_enough_is_enough() -> None:
    life = Life(changing(35_000))
    life.until(midnight_ms())
    assert (life.account.tariff, life.account.balance_kop) == ("0618P", 0)


def test_a_tariff_without_fee_and_packages_never_falls_due() -> None:
    life = Life(changing(5_000, "16N"))
    life.until(midnight_ms(400))
    assert (life.account.tariff, life.account.balance_kop) == ("16N", 2_000)
    assert life.account.tariff_fee == TariffFee()


def test_a_tariff_that_left_the_catalogue_meanwhile() -> None:
    shipped = catalogue()
    tariffs = {code: tariff for code, tariff in shipped.tariffs.items() if code != "0618P"}
    life = Life(changing(40_000), replace(shipped, tariffs=tariffs))
    life.until(midnight_ms())
    assert (life.account.tariff, life.account.pending_tariff) == ("15S", None)


def test_the_own_tariff_that_left_the_catalogue_costs_nothing() -> None:
    shipped = catalogue()
    tariffs = {code: tariff for code, tariff in shipped.tariffs.items() if code != "15S"}
    life = Life(changing(40_000, pending_tariff=None), replace(shipped, tariffs=tariffs))
    life.until(midnight_ms())
    assert (life.account.balance_kop, life.account.tariff_fee) == (40_000, TariffFee())


def test_a_blocked_number_changes_and_pays_when_the_block_ends() -> None:
    life = Life(changing(40_000, status="blocked"))
    life.until(midnight_ms())
    assert (life.account.tariff, life.account.balance_kop) == ("0618P", 40_000)
    assert life.account.tariff_fee.unpaid
    life.account = life.account._replace(status="active")
    life.do(accounts.topup, amount_kop=100)
    assert life.account.balance_kop == 40_100 - 32_000
