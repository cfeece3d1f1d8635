"""Who gets in, what the others are told, and how much guessing costs."""

import pytest

from ussd_gateway.access.accounts import Accounts, NumberPatterns, Refusal, SmppAccount
from ussd_gateway.access.budgets import Budget

HANDSET = SmppAccount("handset", "handset", msisdns=NumberPatterns(["79*"]))
OFFICE = SmppAccount("office", "secret", addresses=("10.0.0.0/8", "2001:db8::/32"))
OFF = SmppAccount("off", "secret", enabled=False)


def accounts(*, exact: bool = False, **budgets: Budget) -> Accounts:
    return Accounts([HANDSET, OFFICE, OFF], exact_errors=exact, **budgets)


def test_the_right_password_gets_the_account():
    assert accounts().authenticate("handset", "handset", "127.0.0.1", 0) is HANDSET


@pytest.mark.parametrize(
    "system_id, password, address, exact_status",
    [
        ("nobody", "handset", "127.0.0.1", 0x0F),
        ("handset", "Handset", "127.0.0.1", 0x0E),
        ("handset", "", "127.0.0.1", 0x0E),
        ("handset", "пароль", "127.0.0.1", 0x0E),
        ("office", "secret", "127.0.0.1", 0x0D),
        ("office", "secret", "not an address", 0x0D),
        ("off", "secret", "127.0.0.1", 0x0D),
    ],
)
def test_all_refusals_look_alike_unless_asked_to_be_exact(system_id, password, address, exact_status):
    uniform = accounts().authenticate(system_id, password, address, 0)
    exact = accounts(exact=True).authenticate(system_id, password, address, 0)
    assert isinstance(uniform, Refusal)
    assert isinstance(exact, Refusal)
    assert uniform.status == 0x0E
    assert exact.status == exact_status
    assert uniform.reason == exact.reason


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "2001:db8::1%eth0"])
def test_an_account_may_be_tied_to_networks(address):
    assert accounts().authenticate("office", "secret", address, 0) is OFFICE


def test_one_address_that_guesses_is_refused_unheard_until_its_budget_refills():
    door = accounts(exact=True, per_address=Budget(capacity=2, refill_per_s=1))
    for _ in range(2):
        assert door.authenticate("handset", "wrong", "10.0.0.1", 0) == Refusal(0x0E, "wrong password")
    assert door.authenticate("handset", "handset", "10.0.0.1", 0) == Refusal(0x0D, "too many failed binds")
    assert door.authenticate("handset", "handset", "10.0.0.2", 0) is HANDSET
    assert door.authenticate("handset", "handset", "10.0.0.1", 3) is HANDSET


def test_one_account_that_is_guessed_from_everywhere_closes_too():
    door = accounts(per_account=Budget(capacity=3, refill_per_s=1))
    for host in range(3):
        door.authenticate("handset", "wrong", f"10.0.0.{host}", 0)
    refusal = door.authenticate("handset", "handset", "10.0.1.1", 0)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "too many failed binds"
    assert door.authenticate("office", "secret", "10.0.1.1", 0) is OFFICE


def test_guessing_everything_from_everywhere_closes_the_door_for_all():
    door = accounts(in_all=Budget(capacity=3, refill_per_s=1))
    for guess in range(3):
        door.authenticate(f"guess{guess}", "wrong", f"10.0.0.{guess}", 0)
    assert isinstance(door.authenticate("handset", "handset", "10.0.1.1", 0), Refusal)
    assert door.authenticate("handset", "handset", "10.0.1.1", 2) is HANDSET


def test_success_costs_nothing():
    door = accounts(per_address=Budget(capacity=1, refill_per_s=0))
    for _ in range(100):
        assert door.authenticate("handset", "handset", "10.0.0.1", 0) is HANDSET


def test_a_password_is_in_no_repr():
    assert "secret" not in repr(OFFICE)


def test_number_patterns():
    owned = NumberPatterns(["7926*", "79031112233"])
    assert "79261234567" in owned
    assert "79031112233" in owned
    assert "79031112234" not in owned
    assert "79041112233" not in owned
    assert "" not in owned
    assert "anything" in NumberPatterns(["*"])
    assert "79261234567" not in NumberPatterns([])


@pytest.mark.parametrize("pattern", ["", "7*9", "+79*", "79**", "abc"])
def test_a_pattern_is_digits_and_perhaps_a_star(pattern):
    with pytest.raises(ValueError, match="pattern"):
        NumberPatterns([pattern])


def test_a_budget_bounds_its_memory():
    budget = Budget(capacity=2, refill_per_s=1, max_keys=3)
    for key in "abc":
        budget.spend(key, 0)
    assert not budget.has("d", 0)
    budget.spend("d", 0)
    assert budget.has("d", 1)  # the others have refilled and were forgotten
    assert budget.has("a", 1)
