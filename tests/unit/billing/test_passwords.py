"""What a password may look like, and what each guess does."""

import pytest

from tests.unit.billing.kit import NOW_MS, individual
from ussd_gateway.billing.account import Password
from ussd_gateway.billing.files import PasswordRules
from ussd_gateway.billing.passwords import acceptable, attempts_left, guessed, renewed

RULES = PasswordRules()


@pytest.mark.parametrize("password", ["Secret", "123456", "Secret77", "a" * 26])
def test_acceptable(password: str) -> None:
    assert acceptable(password, RULES)


@pytest.mark.parametrize(
    "password", ["", "12345", "a" * 27, "secret!", "пароль", "with space", "secret\n", "１２３４５６"]
)
def test_not_acceptable(password: str) -> None:
    assert not acceptable(password, RULES)


def test_five_wrong_answers_are_allowed_and_the_sixth_locks() -> None:
    account = individual(password=Password("hash"))
    verdicts = []
    for _ in range(7):
        verdict, account = guessed(account, False, RULES)
        verdicts.append((verdict, attempts_left(account, RULES)))
    assert verdicts == [
        ("wrong", 5), ("wrong", 4), ("wrong", 3), ("wrong", 2), ("wrong", 1), ("locks", 0), ("locked", 0),
    ]  # fmt: skip
    assert account.password.wrong == 6


def test_lock_on_five_gives_the_other_reading() -> None:
    rules = PasswordRules(lock_on_wrong=5)
    account = individual(password=Password("hash", wrong=4))
    assert guessed(account, False, rules)[0] == "locks"


def test_the_right_answer_sets_the_count_back() -> None:
    verdict, account = guessed(individual(password=Password("hash", wrong=5)), True, RULES)
    assert (verdict, account.password) == ("right", Password("hash"))


def test_a_locked_login_refuses_even_the_right_answer() -> None:
    locked = individual(password=Password("hash", wrong=6, locked=True))
    assert guessed(locked, True, RULES) == ("locked", locked)


def test_a_new_password_unlocks_and_kills_the_old_one() -> None:
    locked = individual(password=Password("old", wrong=6, locked=True))
    assert renewed(locked, "new", NOW_MS).password == Password("new", 0, False, NOW_MS)
