"""Rating: where a number is, what packages cover, what money pays, and when it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import NOW_MS, catalogue, individual
from ussd_gateway.billing.account import Account, Package
from ussd_gateway.billing.files import Destination
from ussd_gateway.billing.holdings import Service, TariffFee
from ussd_gateway.billing.rating import (
    Rated,
    covers,
    destination_of,
    megabyte_price_kop,
    message_price_kop,
    rate_call,
    rate_units,
)

LATER_MS, LATEST_MS = NOW_MS + 1_000, NOW_MS + 2_000
PLENTY_KOP = 10**9


def package(
    code: str = "0618P", left: int = 10, kind: str = "minutes", expires_ms: int = LATER_MS
) -> Package:
    return Package(code, kind, left, 100, expires_ms)  # type: ignore[arg-type]  # kinds of tests are right


def call(
    account: Account, minutes: int, destination: Destination = "other_home", spendable_kop: int = PLENTY_KOP
) -> Rated:
    return rate_call(account, minutes, destination, catalogue(), spendable_kop=spendable_kop, now_ms=NOW_MS)


@pytest.mark.parametrize(
    "number, destination",
    [
        ("79261234567", "on_net"),
        ("79381234567", "on_net"),
        ("79161234567", "other_home"),
        ("79021234567", "other_region"),
        ("74951234567", "landline"),
        ("78121234567", "other_region"),
        ("77011234567", "abroad"),
        ("4915112345678", "abroad"),
        ("0500", "short"),
        ("000105650", "short"),
    ],
)
def test_destinations(number: str, destination: str) -> None:
    assert destination_of(number, catalogue().rating) == destination


def test_package_first_then_money() -> None:
    rated = call(individual(packages=(package(left=3),)), 5)
    assert (rated.units, rated.from_package, rated.cost_kop) == (5, 3, 400)
    assert rated.packages[0].left == 0


def test_the_package_that_expires_first_is_used_first() -> None:
    packages = (package(left=5, expires_ms=LATEST_MS), package(left=5))
    assert [each.left for each in call(individual(packages=packages), 7).packages] == [3, 0]


def test_packages_that_do_not_count() -> None:
    packages = (package(expires_ms=NOW_MS), package(kind="sms"))
    assert call(individual(packages=packages), 1).from_package == 0
    unpaid = individual(packages=(package(),), tariff_fee=TariffFee(LATER_MS, unpaid=True))
    assert call(unpaid, 1).from_package == 0
    assert call(individual(packages=(package(),)), 1, "abroad").from_package == 0


def test_what_packages_cover() -> None:
    assert covers("0618P", catalogue()) == ("on_net", "other_home", "landline")
    assert covers("989", catalogue()) == ("abroad",)
    assert covers("bonus:605", catalogue()) == ("on_net", "other_home")
    assert covers("withdrawn", catalogue()) == ("on_net", "other_home", "landline")


def test_minute_101_of_city_100_costs_its_own_price() -> None:
    account = individual(packages=(package("G100", left=100),))
    assert call(account, 100).cost_kop == 0
    assert call(account, 101).cost_kop == 250
    # Used up and still running: its price holds.
    assert call(individual(packages=(package("G100", left=0),)), 2).cost_kop == 500


def test_a_first_minute_may_have_a_price_of_its_own() -> None:
    account = individual(tariff="16N")
    assert [call(account, minutes, "on_net").cost_kop for minutes in (1, 2, 60)] == [235, 235, 235]


def test_what_is_free_comes_out_of_no_package() -> None:
    packages = (package("0120S"), package("G100", left=0), package("0120S", kind="mb"))
    account = individual(tariff="0120S", packages=packages)
    on_net = call(account, 5, "on_net")
    assert (on_net.units, on_net.from_package, on_net.cost_kop) == (5, 0, 0)
    assert megabyte_price_kop(account, catalogue()) == 0
    data = rate_units(account, "mb", 5, 0, None, catalogue(), spendable_kop=0, now_ms=NOW_MS)
    assert (data.units, data.from_package, data.packages) == (5, 0, packages)


def test_long_distance_minutes_2_to_10_are_free_with_the_option() -> None:
    with_option = individual(tariff="16N", services=(Service("410", 0),))
    assert call(with_option, 10, "other_region").cost_kop == 1_450
    assert call(with_option, 11, "other_region").cost_kop == 2_900
    assert call(individual(tariff="16N"), 10, "other_region").cost_kop == 14_500
    suspended = individual(tariff="16N", services=(Service("410", 0, suspended=True),))
    assert call(suspended, 2, "other_region").cost_kop == 2_900
    assert call(with_option, 2, "abroad").cost_kop == 12_000


def test_the_call_ends_with_the_money() -> None:
    account = individual(packages=(package(left=2),))
    rated = call(account, 60, spendable_kop=599)
    assert (rated.units, rated.from_package, rated.cost_kop) == (4, 2, 400)
    assert call(individual(), 60, spendable_kop=199).units == 0


def test_messages_and_megabytes() -> None:
    account = individual(packages=(package(kind="sms", left=1), package(kind="mb", left=100)))

    def rate(units: int, kind: str, spendable_kop: int) -> tuple[int, int, int]:
        price_kop = (
            message_price_kop(account, "on_net", catalogue())
            if kind == "sms"
            else megabyte_price_kop(account, catalogue())
        )
        rated = rate_units(
            account,
            kind,  # type: ignore[arg-type]  # as above
            units,
            price_kop,
            "on_net" if kind == "sms" else None,
            catalogue(),
            spendable_kop=spendable_kop,
            now_ms=NOW_MS,
        )
        return rated.units, rated.from_package, rated.cost_kop

    assert rate(1, "sms", 0) == (1, 1, 0)
    assert rate(3, "sms", PLENTY_KOP) == (3, 1, 510)
    assert rate(3, "sms", 509) == (2, 1, 255)
    assert rate(102, "mb", PLENTY_KOP) == (102, 100, 1_980)
    assert rate(102, "mb", 0) == (100, 100, 0)


def test_a_tariff_that_has_left_the_catalogue_has_the_usual_rates() -> None:
    assert call(individual(tariff="gone"), 2).cost_kop == 400
    assert megabyte_price_kop(individual(tariff="gone"), catalogue()) == 990


PACKAGES = st.lists(
    st.builds(
        Package,
        st.sampled_from(["0618P", "G100", "G300", "9901", "bonus:605", "bonus:010"]),
        st.sampled_from(["minutes", "sms"]),
        st.integers(0, 30),
        st.just(100),
        st.sampled_from([NOW_MS, LATER_MS, LATEST_MS]),
    ),
    max_size=5,
).map(tuple)


@given(
    PACKAGES,
    st.sampled_from(["0618P", "16N", "1019V", "gone"]),
    st.integers(1, 120),
    st.sampled_from(["on_net", "other_home", "other_region", "landline", "abroad", "short"]),
    st.integers(0, 20_000),
)
def test_nothing_is_charged_twice_and_nothing_beyond_the_money(
    packages: tuple[Package, ...], tariff: str, minutes: int, destination: Destination, spendable_kop: int
) -> None:
    account = individual(tariff=tariff, packages=packages)
    rated = call(account, minutes, destination, spendable_kop)
    assert 0 <= rated.from_package <= rated.units <= minutes
    assert 0 <= rated.cost_kop <= spendable_kop
    used = [before.left - after.left for before, after in zip(packages, rated.packages, strict=True)]
    assert min(used, default=0) >= 0
    assert sum(used) == rated.from_package
    assert all(package.left >= 0 for package in rated.packages)
    # A shorter call is the beginning of a longer one, and more money never shortens it.
    shorter = call(account, max(1, minutes // 2), destination, spendable_kop)
    assert shorter.units <= rated.units
    assert shorter.cost_kop <= rated.cost_kop
    assert call(account, minutes, destination, spendable_kop + 1_000).units >= rated.units
