"""Whole months as text."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.kit import NOW_MS
from ussd_gateway.billing.periods import bounds_ms, month_back, shown


def test_months_back() -> None:
    assert [month_back(months, NOW_MS) for months in (0, 1, 3, 6)] == [
        "2026-05-01/2026-05-31",
        "2026-04-01/2026-04-30",
        "2026-02-01/2026-02-28",
        "2025-11-01/2025-11-30",
    ]


def test_as_messages_show_them() -> None:
    assert shown("2026-05-01/2026-05-31") == "01.05-31.05"
    assert shown("2026") == "2026"


def test_what_is_no_period_has_no_bounds() -> None:
    assert bounds_ms("2026") is None
    assert bounds_ms("2026-05-01/2026-05-32") is None


@given(st.integers(0, 2**41), st.integers(0, 11))
def test_the_present_month_holds_now_and_months_follow_each_other(now_ms: int, months: int) -> None:
    present = bounds_ms(month_back(0, now_ms))
    assert present is not None
    assert present[0] <= now_ms < present[1]
    later, earlier = bounds_ms(month_back(months, now_ms)), bounds_ms(month_back(months + 1, now_ms))
    assert later is not None
    assert earlier is not None
    assert earlier[1] == later[0]
