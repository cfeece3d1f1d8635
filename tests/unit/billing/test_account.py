"""The account as a value, and its stored form."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import NOW_MS, individual
from ussd_gateway.billing.account import Account, body, from_stored
from ussd_gateway.billing.holdings import (
    Barring,
    Block,
    Bonus,
    Charge,
    Lot,
    Package,
    Password,
    PendingTariff,
    Service,
    Spent,
    TariffFee,
)

whole = st.integers(0, 2**53)
packages = st.builds(Package, st.text(), st.sampled_from(["minutes", "sms", "mb"]), whole, whole, whole)
accounts = st.builds(
    Account,
    msisdn=st.just("79261234567"),
    version=st.integers(1, 2**40),
    balance_kop=st.integers(),
    floor_kop=st.integers(max_value=0),
    budget_kop=whole,
    personal_kop=whole,
    created_ms=whole,
    kind=st.sampled_from(["individual", "corporate"]),
    language=st.sampled_from(["ru", "en"]),
    status=st.sampled_from(["active", "blocked"]),
    tariff=st.text(),
    budget_limit_kop=whole,
    company=st.none() | st.text(),
    due_ms=whole,
    debt_floor_kop=st.none() | st.integers(max_value=0),
    tariff_fee=st.builds(TariffFee, whole, st.booleans()),
    pending_tariff=st.none() | st.builds(PendingTariff, st.text(), whole, whole, whole),
    services=st.lists(st.builds(Service, st.text(), whole, whole, st.booleans()), max_size=2).map(tuple),
    bonus=st.builds(
        Bonus,
        st.booleans(),
        whole,
        whole,
        st.lists(st.builds(Lot, whole, whole, whole), max_size=2).map(tuple),
    ),
    barring=st.builds(Barring, st.lists(st.text(), max_size=2).map(tuple), st.none() | st.text()),
    block=st.none() | st.builds(Block, whole, whole),
    tags=st.lists(st.text(), max_size=2).map(tuple),
    packages=st.lists(packages, max_size=3).map(tuple),
    password=st.builds(Password, st.none() | st.text(), st.integers(0, 9), st.booleans(), whole),
    autologin=st.booleans(),
    spent=st.builds(Spent, whole, whole, whole, whole),
    last_charges=st.lists(st.builds(Charge, whole, whole, st.text()), max_size=5).map(tuple),
)


@given(accounts)
def test_stored_form_round_trip(account: Account) -> None:
    restored = from_stored(account.msisdn, account.version, account[2:7], body(account))
    assert restored == account
    for before, after in zip(account, restored, strict=True):
        assert type(after) is type(before)
        if isinstance(before, tuple):
            assert isinstance(after, tuple)
            assert [type(part) for part in after] == [type(part) for part in before]
    assert all(type(lot) is Lot for lot in restored.bonus.lots)


def test_a_row_written_before_a_field_existed_still_loads() -> None:
    text = '{"tariff":"16N","packages":[["16N","mb",1,2,3]],"password":["hash",2]}'
    account = from_stored("79261234567", 3, (1, 0, 0, 0, 0), text)
    assert account.packages == (Package("16N", "mb", 1, 2, 3),)
    assert account.password == Password("hash", 2)
    assert account.bonus == Bonus()


def test_defaults_take_no_room() -> None:
    account = Account("79261234567", 1, balance_kop=10_000, created_ms=NOW_MS, tariff="16N")
    assert json.loads(body(account)) == {"created_ms": NOW_MS, "tariff": "16N"}


def test_money_is_not_in_the_body_twice() -> None:
    assert "25000" not in body(individual(balance_kop=25_000))


def test_expired_packages_hold_nothing() -> None:
    account = individual(
        packages=(
            Package("A", "minutes", 10, 20, NOW_MS + 1),
            Package("B", "minutes", 5, 20, NOW_MS),
            Package("C", "minutes", 3, 20, NOW_MS + 5),
            Package("C", "sms", 100, 100, NOW_MS + 5),
        )
    )
    assert account.left_of("minutes", NOW_MS) == 13
    assert account.left_of("mb", NOW_MS) == 0
