"""Quotas count within one period, and codes by SMS live shortly and die of wrong answers."""

import pytest

from tests.unit.billing.kit import NOW_MS, individual
from ussd_gateway.billing import codes, quotas
from ussd_gateway.billing.holdings import PendingCode, Quota


def test_a_quota_counts_within_its_period() -> None:
    account = quotas.use(individual(), "calls", 100)
    account = quotas.use(account, "calls", 100, 4)
    assert quotas.used(account, "calls", 100) == 5
    assert quotas.used(account, "calls", 101) == 0
    assert quotas.used(account, "letters", 100) == 0


def test_an_earlier_period_is_forgotten_at_the_next_use() -> None:
    account = quotas.use(quotas.use(individual(), "calls", 100, 9), "letters", 100)
    account = quotas.use(account, "calls", 101)
    assert set(account.quotas) == {Quota("calls", 101, 1), Quota("letters", 100, 1)}


def test_a_right_code_is_used_up() -> None:
    account = codes.issued(individual(), "transfer", "sealed", NOW_MS + 1, "payload")
    verdict, after, _ = codes.answered(account, "transfer", "sealed", NOW_MS, 5)
    assert (verdict, after.codes) == ("right", ())
    assert codes.answered(after, "transfer", "sealed", NOW_MS, 5)[0] == "none"


@pytest.mark.parametrize("purpose, now_ms", [("otp", NOW_MS), ("transfer", NOW_MS + 1)])
def test_a_code_is_good_for_its_purpose_and_its_time(purpose: codes.Purpose, now_ms: int) -> None:
    account = codes.issued(individual(), "transfer", "sealed", NOW_MS + 1)
    assert codes.answered(account, purpose, "sealed", now_ms, 5) == ("none", account, 0)


def test_wrong_answers_are_counted_and_the_last_one_ends_the_code() -> None:
    account = codes.issued(individual(), "card", "sealed", NOW_MS + 1)
    for left in (2, 1, 0):
        verdict, account, remaining = codes.answered(account, "card", "other", NOW_MS, 3)
        assert (verdict, remaining) == ("wrong", left)
    assert codes.answered(account, "card", "sealed", NOW_MS, 3)[0] == "none"


def test_a_new_code_replaces_the_old_one_of_its_purpose_only() -> None:
    account = codes.issued(individual(), "card", "first", NOW_MS + 1)
    account = codes.issued(account, "otp", "other", NOW_MS + 1)
    account = codes.issued(account, "card", "second", NOW_MS + 2)
    assert account.codes == (
        PendingCode("otp", "other", NOW_MS + 1),
        PendingCode("card", "second", NOW_MS + 2),
    )
