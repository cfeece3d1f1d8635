"""Packages: what they bring and for how long, how many there may be, and buying them again by themselves."""

from dataclasses import replace

import pytest

from tests.unit.billing.kit import NOW_MS, catalogue, employee, individual
from tests.unit.billing.life import Life, midnight_ms
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms
from ussd_gateway.billing.holdings import Employee
from ussd_gateway.billing.operations import packages, usage

DAY_MS = 86_400_000
MONTH_END_MS = month_start_ms(month_of(day_of(NOW_MS)) + 1)


@pytest.mark.parametrize(
    "code, kind, size, price_kop, expires_ms",
    [
        ("372", "mb", 70, 1_900, midnight_ms()),
        ("3351", "mb", 100, 6_000, NOW_MS + 30 * DAY_MS),
        ("945", "minutes", 30, 4_500, NOW_MS + 30 * DAY_MS),
        ("G100", "minutes", 100, 30_000, MONTH_END_MS),
        ("100s", "sms", 100, 10_000, NOW_MS + 30 * DAY_MS),
    ],
)
def test_buying(code: str, kind: str, size: int, price_kop: int, expires_ms: int) -> None:
    life = Life(individual(balance_kop=30_000))
    outcome = life.do(packages.buy, code=code)
    assert (outcome.params["price_kop"], outcome.params["expires_ms"]) == (price_kop, expires_ms)
    (bought,) = life.account.packages
    assert bought == (code.upper(), kind, size, size, expires_ms)
    assert life.paid_kop("fee") == price_kop
    assert len(life.texts()) == 1


def test_the_message() -> None:
    life = Life()
    life.do(packages.buy, code="372")
    assert life.texts() == ["Продли интернет 70 МБ подключен за 19р, до 29.05 00:00"]


def test_a_package_ends() -> None:
    life = Life()
    life.do(packages.buy, code="372")
    life.until(midnight_ms())
    assert (life.account.packages, life.paid_kop()) == ((), 1_900)


def test_a_package_is_bought_again_when_that_is_switched_on() -> None:
    life = Life(individual(balance_kop=13_000))
    assert life.do(packages.autorenew, on=True).params == {"on": True}
    life.do(packages.buy, code="3351")
    life.do(packages.buy, code="372")
    assert life.account.balance_kop == 5_100
    life.until(NOW_MS + 30 * DAY_MS)
    assert life.account.packages == (), "too little money; the daily one never renews"
    assert life.account.balance_kop == 5_100
    rich = Life(individual(balance_kop=20_000))
    rich.do(packages.autorenew, on=True)
    rich.do(packages.buy, code="3351")
    rich.until(NOW_MS + 60 * DAY_MS)
    assert rich.paid_kop() == 3 * 6_000
    rich.do(packages.autorenew, on=False)
    rich.until(NOW_MS + 120 * DAY_MS)
    assert (rich.paid_kop(), rich.account.packages) == (3 * 6_000, ())


def test_refusals_in_their_order() -> None:
    assert Life(individual(status="blocked")).refused(packages.buy, code="?") == "number.blocked"
    restricted = employee(employee=Employee(restricted=True))
    assert Life(restricted).refused(packages.buy, code="372") == "corp.restricted"
    assert Life().refused(packages.buy, code="373") == "pkg.unknown"
    assert Life(individual(balance_kop=1_899)).refused(packages.buy, code="372") == "no.money"
    shipped = catalogue()
    private = shipped.packages["372"].model_copy(update={"kind": "individual", "max_at_once": 2})
    rules = replace(shipped, packages={**shipped.packages, "372": private}, max_packages=3)
    assert Life(employee(), rules).refused(packages.buy, code="372") == "pkg.unfit"
    life = Life(rules=rules)
    life.do(packages.buy, code="372")
    life.do(packages.buy, code="372")
    assert life.refused(packages.buy, code="372") == "pkg.many"
    life.do(packages.buy, code="945")
    assert life.refused(packages.buy, code="945") == "pkg.many"


def test_a_package_without_end_pays_for_everything_it_covers_while_it_lasts() -> None:
    life = Life(individual(balance_kop=40_000, tariff="16N"))
    for code in ("236", "9901"):
        life.do(packages.buy, code=code)
    assert [package[:4] for package in life.account.packages] == [
        ("236", "mb", 0, 0),
        ("9901", "minutes", 0, 0),
    ]
    paid_kop = life.paid_kop()
    data = life.do(usage.data, mb=5_000).params
    assert (data["cost_kop"], data["units"], data["from_package"]) == (0, 5_000, 5_000)
    # The tariff takes money for the first minute only, the package pays for that one.
    call = life.do(usage.call, to="79261110000", minutes=600, direction="out").params
    assert (call["cost_kop"], call["units"], call["from_package"]) == (0, 600, 1)
    assert life.paid_kop() == paid_kop
    elsewhere = life.do(usage.call, to="79161110000", minutes=1, direction="out").params
    assert elsewhere["cost_kop"] == 260
    life.until(NOW_MS + 30 * DAY_MS)
    assert life.account.packages == ()
    assert life.do(usage.data, mb=1).params["cost_kop"] == 1_010
