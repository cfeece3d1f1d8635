"""Days and months go by Moscow midnight."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.billing.calendar import DAY_MS, day_of, month_of, month_start_ms


def ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type,misc]


def test_the_day_begins_at_local_midnight() -> None:
    before, after = ms(2026, 5, 31, 20, 59, 59), ms(2026, 5, 31, 21)
    assert day_of(after) == day_of(before) + 1
    assert month_of(day_of(before)) == 2026 * 12 + 4
    assert month_of(day_of(after)) == 2026 * 12 + 5


@pytest.mark.parametrize(
    "month, starts", [(2026 * 12 + 5, ms(2026, 5, 31, 21)), (2027 * 12, ms(2026, 12, 31, 21))]
)
def test_the_month_begins_at_local_midnight(month: int, starts: int) -> None:
    assert month_start_ms(month) == starts


@given(st.integers(0, 4_000_000_000_000))
def test_every_instant_lies_in_its_month(now_ms: int) -> None:
    month = month_of(day_of(now_ms))
    assert month_start_ms(month) <= now_ms < month_start_ms(month + 1)
    assert (month_start_ms(month + 1) - month_start_ms(month)) % DAY_MS == 0
