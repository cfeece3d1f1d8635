"""Packages that end or begin anew, the end of a block, budgets, documents."""

from typing import Any

from tests.unit.billing.kit import NOW_MS, employee, individual
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.account import Package
from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of, month_start_ms
from ussd_gateway.billing.holdings import Block, PendingDocument, Service, TariffFee
from ussd_gateway.billing.operations import accounts, documents

END_MS = NOW_MS + 1_000
JUNE_MS = month_start_ms(month_of(day_of(NOW_MS)) + 1)

# ---------------------------------------------------------------- packages


def ending(code: str = "3351", **fields: Any) -> Life:
    """A package that ends in a second."""
    packages = (Package(code, "mb", 4, 100, END_MS), Package("930", "mb", 9, 3072, 2**60))
    account = individual(balance_kop=10_000, tariff="16N", packages=packages, due_ms=END_MS)
    return Life(account._replace(**fields))


def test_a_package_ends() -> None:
    life = ending()
    life.until(END_MS)
    assert [package.code for package in life.account.packages] == ["930"]
    assert (life.account.balance_kop, life.texts()) == (10_000, [])


def test_it_is_bought_again_if_the_subscriber_wants_that() -> None:
    life = ending(autorenew=True)
    life.until(END_MS)
    assert life.account.packages[1] == Package("3351", "mb", 100, 100, END_MS + 30 * DAY_MS)
    assert life.account.balance_kop == 4_000
    [text] = life.texts()
    assert text.startswith("Интернет 100 МБ продлен за 60р до ")


def test_not_without_money() -> None:
    life = ending(autorenew=True, balance_kop=5_999)
    life.until(END_MS)
    assert [package.code for package in life.account.packages] == ["930"]
    assert life.texts() == ["Интернет 100 МБ не продлен: нужно 60р"]


def test_nor_what_cannot_be_renewed_nor_on_a_blocked_number() -> None:
    for life in (ending("372", autorenew=True), ending(autorenew=True, status="blocked")):
        life.until(END_MS)
        assert [package.code for package in life.account.packages] == ["930"]
        assert life.account.balance_kop == 10_000


# ---------------------------------------------------------------- blocks


def blocked(days: int, balance_kop: int = 1_000, **fields: Any) -> Life:
    block = Block(NOW_MS, NOW_MS + days * DAY_MS, midnight_ms())
    account = individual(
        balance_kop=balance_kop, tariff="16N", status="blocked", block=block, due_ms=midnight_ms()
    )
    return Life(account._replace(**fields))


def test_a_block_costs_a_rouble_each_night_and_ends() -> None:
    life = blocked(3)
    life.until(NOW_MS + 3 * DAY_MS - 1)
    assert (life.account.status, life.account.balance_kop) == ("blocked", 700)
    life.until(NOW_MS + 3 * DAY_MS)
    assert (life.account.status, life.account.block) == ("active", None)
    assert life.texts() == ["Срок блокировки окончен, номер снова работает"]
    assert life.account.due_ms == 0


def test_without_money_it_stays() -> None:
    life = blocked(5, balance_kop=150)
    life.until(midnight_ms(4))
    assert (life.account.status, life.account.balance_kop) == ("blocked", 50)


def test_when_it_ends_what_waited_is_paid() -> None:
    services = (Service("130", NOW_MS, midnight_ms()),)
    life = blocked(2, 40_000, tariff="0618P", tariff_fee=TariffFee(midnight_ms()), services=services)
    life.until(midnight_ms())
    assert (life.account.balance_kop, life.account.has("130")) == (39_900, False)
    life.until(NOW_MS + 2 * DAY_MS)
    assert life.account.has("130")
    assert life.account.balance_kop == 40_000 - 2 * 100 - 32_000 - 100
    assert life.account.left_of("minutes", life.now_ms) == 250


# ---------------------------------------------------------------- budgets


def test_a_budget_is_filled_up_when_the_month_begins() -> None:
    life = Life(employee(budget_kop=100, due_ms=JUNE_MS, budget_month=month_of(day_of(NOW_MS))))
    life.until(JUNE_MS)
    assert (life.account.budget_kop, life.account.personal_kop) == (70_000, 3_500)
    granted = [(entry.account, entry.amount_kop) for entry in life.entries if entry.kind == "budget"]
    assert granted == [("79260000001:budget", 69_900), ("system:company:romashka", -69_900)]


def test_a_lower_limit_takes_the_rest_back() -> None:
    life = Life(employee(budget_kop=500, budget_limit_kop=300, due_ms=JUNE_MS))
    life.until(JUNE_MS)
    assert life.account.budget_kop == 300


def test_a_full_budget_moves_no_money() -> None:
    life = Life(employee(budget_kop=70_000, due_ms=JUNE_MS))
    life.until(month_start_ms(month_of(day_of(NOW_MS)) + 3))
    assert [entry for entry in life.entries if entry.kind == "budget"] == []
    assert life.account.budget_month == month_of(day_of(NOW_MS)) + 3


# ---------------------------------------------------------------- documents


def test_call_detail_is_mailed_a_quarter_of_an_hour_later() -> None:
    life = Life(individual(tariff="16N", email="ivanov@mail.ru"))
    assert life.do(documents.detail, month=0).name == "done"
    life.until(NOW_MS + 899_999)
    assert (life.texts(), life.mails) == ([], [])
    life.until(NOW_MS + 900_000)
    assert life.texts() == ["Детализация за 01.05-31.05 отправлена на ivanov@mail.ru, до 15 минут"]
    assert life.mails == [("ivanov@mail.ru", "detail")]
    assert life.account.documents == ()


def test_documents_of_other_kinds_have_a_text_of_their_own() -> None:
    waiting = (PendingDocument("spending", "2026-05-01/2026-05-31", "a@b.ru", END_MS),)
    life = Life(individual(tariff="16N", documents=waiting, due_ms=END_MS))
    life.until(END_MS)
    assert life.texts() == ["Документ за 01.05-31.05 отправлен на a@b.ru"]


def test_nothing_happens_to_an_account_without_dates() -> None:
    life = Life(individual(tariff="16N"))
    life.do(accounts.charge, fee_kop=100)
    assert life.account.due_ms == 0
    life.until(NOW_MS + 4000 * DAY_MS)
    assert life.account.balance_kop == 24_900
