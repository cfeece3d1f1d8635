"""Fees of tariffs and services: when they come, what happens without money, how it ends with a top-up."""

from dataclasses import replace

import pytest

from tests.unit.billing.kit import NOW_MS, catalogue, employee, individual
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of, month_start_ms, period_end_ms
from ussd_gateway.billing.files import Volumes
from ussd_gateway.billing.holdings import Service, TariffFee
from ussd_gateway.billing.operations import accounts

JUNE_MS = month_start_ms(month_of(day_of(NOW_MS)) + 1)
JULY_MS = month_start_ms(month_of(day_of(NOW_MS)) + 2)

BLACK_LIST, LIVE_BALANCE = "130", "134"


def monthly(balance_kop: int, due_ms: int = JUNE_MS) -> Account:
    """On 0618P: 320 roubles a month for 250 minutes, 250 messages, 3 GB."""
    packages = (Package("0618P", "minutes", 7, 250, due_ms),)
    fee = TariffFee(due_ms)
    return individual(balance_kop=balance_kop, tariff_fee=fee, packages=packages, due_ms=due_ms)


def daily(balance_kop: int) -> Account:
    """On 16M: 17 roubles a day for packages that last the month."""
    packages = (Package("16M", "minutes", 400, 500, JUNE_MS),)
    return individual(
        balance_kop=balance_kop,
        tariff="16M",
        tariff_fee=TariffFee(midnight_ms()),
        packages=packages,
        due_ms=midnight_ms(),
    )


def with_services(balance_kop: int, *codes: str) -> Account:
    services = tuple(Service(code, NOW_MS, midnight_ms()) for code in codes)
    return individual(balance_kop=balance_kop, tariff="16N", services=services, due_ms=midnight_ms())


# ---------------------------------------------------------------- the tariff


def test_a_month_is_paid_and_brings_new_packages() -> None:
    life = Life(monthly(40_000))
    life.until(JUNE_MS - 1)
    assert life.account.balance_kop == 40_000
    life.until(JUNE_MS)
    assert life.account.balance_kop == 8_000
    assert life.account.tariff_fee == TariffFee(JULY_MS)
    assert [(p.kind, p.left, p.expires_ms) for p in life.account.packages] == [
        ("minutes", 250, JULY_MS),
        ("sms", 250, JULY_MS),
        ("mb", 3072, JULY_MS),
    ]
    assert life.paid_kop("monthly") == 32_000
    assert life.account.last_charges[0].note == "Включайся! Пиши"
    assert life.texts() == []


def test_without_money_the_packages_wait_for_a_top_up() -> None:
    life = Life(monthly(20_000))
    life.until(JUNE_MS + DAY_MS)
    assert life.account.balance_kop == 20_000
    assert life.account.tariff_fee.unpaid
    assert life.account.packages == ()
    assert life.texts() == ["Тариф Включайся! Пиши не оплачен. Пополните счет на 320.00р"]
    life.do(accounts.topup, amount_kop=11_999)
    assert life.account.tariff_fee.unpaid
    life.do(accounts.topup, amount_kop=1)
    assert life.account.balance_kop == 0
    # A new period begins when it is paid for.
    assert life.account.tariff_fee == TariffFee(period_end_ms("month", JUNE_MS + DAY_MS))
    assert life.account.left_of("minutes", life.now_ms) == 250
    assert life.texts() == ["Тариф Включайся! Пиши оплачен: 320р"]


def test_a_daily_tariff_pays_each_night_and_keeps_its_packages() -> None:
    life = Life(daily(5_000))
    life.until(midnight_ms(2))
    assert life.account.balance_kop == 5_000 - 2 * 1_700
    assert life.account.left_of("minutes", life.now_ms) == 400
    life.until(midnight_ms(3))
    assert life.account.tariff_fee.unpaid
    assert life.account.left_of("minutes", life.now_ms) == 0
    life.until(midnight_ms(3) + 3_600_000)
    life.do(accounts.topup, amount_kop=10_000)
    assert life.account.balance_kop == 1_600 + 10_000 - 1_700
    # It is June by now: the packages are the new month's.
    assert [(p.left, p.expires_ms) for p in life.account.packages if p.kind == "minutes"] == [(400, JUNE_MS)]
    life.until(midnight_ms(4))
    assert midnight_ms(4) == JUNE_MS
    assert life.account.left_of("minutes", life.now_ms) == 500


def test_an_account_from_before_fees_pays_when_its_packages_end() -> None:
    account = individual(
        balance_kop=40_000, packages=(Package("0618P", "minutes", 7, 250, JUNE_MS),), due_ms=1
    )
    life = Life(account)
    life.until(NOW_MS + 1)
    assert (life.account.due_ms, life.account.balance_kop) == (JUNE_MS, 40_000)
    life.until(JUNE_MS)
    assert (life.account.balance_kop, life.account.tariff_fee) == (8_000, TariffFee(JULY_MS))


@pytest.mark.parametrize("fee_due_ms", [JUNE_MS, 0])
def test_what_a_tariff_brought_ends_though_the_catalogue_has_made_it_free_and_empty(fee_due_ms: int) -> None:
    tariffs = dict(catalogue().tariffs)
    tariffs["0618P"] = tariffs["0618P"].model_copy(update={"fee": 0, "volumes": Volumes()})
    life = Life(
        monthly(40_000)._replace(tariff_fee=TariffFee(fee_due_ms)), replace(catalogue(), tariffs=tariffs)
    )
    life.until(JUNE_MS - 1)
    assert life.account.left_of("minutes", life.now_ms) == 7
    life.until(JUNE_MS)
    assert (life.account.packages, life.account.tariff_fee, life.account.due_ms) == ((), TariffFee(), 0)
    assert life.account.balance_kop == 40_000


def test_the_company_pays_for_the_tariff() -> None:
    life = Life(employee(tariff_fee=TariffFee(JUNE_MS), due_ms=JUNE_MS))
    life.until(JUNE_MS)
    paid = {entry.account: entry.amount_kop for entry in life.entries if entry.kind == "monthly"}
    assert paid == {"system:company:romashka": -40_000, "system:fees": 40_000}
    # The budget was filled up that night too, from the company.
    assert (life.account.budget_kop, life.account.personal_kop) == (70_000, 3_500)
    assert life.account.left_of("minutes", JUNE_MS) == 700


def test_a_blocked_number_pays_nothing_and_gets_nothing() -> None:
    life = Life(monthly(90_000)._replace(status="blocked"))
    life.until(JULY_MS)
    assert (life.account.balance_kop, life.account.packages) == (90_000, ())
    assert life.account.tariff_fee.unpaid
    assert life.texts() == []


# ---------------------------------------------------------------- services


def test_each_service_is_paid_each_night() -> None:
    life = Life(with_services(1_000, BLACK_LIST, LIVE_BALANCE))
    life.until(midnight_ms(3))
    assert life.account.balance_kop == 1_000 - 3 * (100 + 200)
    assert life.paid_kop("daily") == 900
    assert {service.paid_until_ms for service in life.account.services} == {midnight_ms(4)}
    assert [charge.note for charge in life.account.last_charges[:2]] == ["Живой баланс", "Черный список"]


def test_the_service_there_is_no_money_for_is_suspended_till_a_top_up() -> None:
    life = Life(with_services(250, LIVE_BALANCE, BLACK_LIST))
    life.until(midnight_ms(2))
    # The first night paid 2 roubles for one; the second had 50 kopecks left and nothing to pay with.
    assert life.account.balance_kop == 50
    assert not life.account.has(LIVE_BALANCE)
    assert not life.account.has(BLACK_LIST)
    assert life.account.service(BLACK_LIST) is not None
    assert life.texts() == [
        "Услуга Черный список не оплачена и приостановлена. Пополните счет",
        "Услуга Живой баланс не оплачена и приостановлена. Пополните счет",
    ]
    life.do(accounts.topup, amount_kop=200)
    assert (life.account.has(LIVE_BALANCE), life.account.has(BLACK_LIST)) == (True, False)
    life.do(accounts.topup, amount_kop=100)
    assert (life.account.has(LIVE_BALANCE), life.account.has(BLACK_LIST)) == (True, True)
    assert life.account.balance_kop == 50
    assert len(life.texts()) == 2


def test_suspended_services_cost_nothing() -> None:
    life = Life(with_services(0, BLACK_LIST))
    life.until(midnight_ms(300))
    assert life.account.due_ms == 0
    life.do(accounts.topup, amount_kop=1_000)
    assert life.account.balance_kop == 900


def test_a_service_that_left_the_catalogue_is_free() -> None:
    life = Life(with_services(500, "0000X"))
    life.until(midnight_ms(5))
    assert (life.account.balance_kop, life.account.services[0].paid_until_ms) == (500, 0)


def test_money_short_by_the_last_kopeck() -> None:
    life = Life(with_services(100, BLACK_LIST))
    life.until(midnight_ms(1))
    assert (life.account.balance_kop, life.account.has(BLACK_LIST)) == (0, True)
    life = Life(with_services(99, BLACK_LIST))
    life.until(midnight_ms(1))
    assert (life.account.balance_kop, life.account.has(BLACK_LIST)) == (99, False)


# ---------------------------------------------------------------- periods


@pytest.mark.parametrize(
    "begins, ends",
    [((2026, 1, 1), (2026, 2, 1)), ((2026, 1, 31), (2026, 2, 28)), ((2026, 6, 30), (2026, 7, 30))],
)
def test_a_month_ends_on_the_same_day_or_the_last_one(
    begins: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    def start_ms(year: int, month: int, day: int) -> int:
        return month_start_ms(year * 12 + month - 1) + (day - 1) * DAY_MS

    noon_ms = start_ms(*begins) + 12 * 3_600_000
    assert period_end_ms("month", noon_ms) == start_ms(*ends)
    assert period_end_ms("day", noon_ms) == start_ms(*begins) + DAY_MS
    assert period_end_ms("30d", noon_ms) == noon_ms + 30 * DAY_MS
