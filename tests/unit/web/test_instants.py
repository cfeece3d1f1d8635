"""Durations and instants in requests."""

import pytest

from ussd_gateway.clock import duration_ms
from ussd_gateway.web.instants import instant_ms, iso

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    "text, expected_ms",
    [
        ("24h", 24 * HOUR_MS),
        ("1h30m", 90 * 60_000),
        ("1h 30m", 90 * 60_000),
        ("90s", 90_000),
        ("2w", 14 * 24 * HOUR_MS),
        ("250ms", 250),
        (" 1D ", 24 * HOUR_MS),
        ("0s", 0),
    ],
)
def test_duration(text, expected_ms):
    assert duration_ms(text) == expected_ms


@pytest.mark.parametrize(
    "text", ["", "  ", "24", "h", "-1h", "1.5h", "24 hours", "1h;", "9999999999s", "٣h", "999999999d"]
)
def test_no_duration(text):
    with pytest.raises(ValueError, match=r"duration|hundred years"):
        duration_ms(text)


@pytest.mark.parametrize(
    "text, expected_ms",
    [
        ("2026-12-01T09:00:00+03:00", 1_796_104_800_000),
        ("2026-12-01T06:00:00Z", 1_796_104_800_000),
        ("2026-12-01T06:00:00", 1_796_104_800_000),
        ("2026-12-01", 1_796_083_200_000),
    ],
)
def test_instant(text, expected_ms):
    assert instant_ms(text) == expected_ms


@pytest.mark.parametrize("text", ["", "tomorrow", "1796115600", "2026-13-01"])
def test_no_instant(text):
    with pytest.raises(ValueError, match="instant"):
        instant_ms(text)


def test_iso_and_back():
    assert iso(1_796_104_800_123) == "2026-12-01T06:00:00.123Z"
    assert instant_ms(iso(1_796_104_800_123)) == 1_796_104_800_123
