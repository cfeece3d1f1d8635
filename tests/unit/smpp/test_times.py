from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.smpp.times import format_absolute, format_relative, parse_time

NOW_MS = int(datetime(2026, 11, 22, 15, 4, 5, tzinfo=UTC).timestamp()) * 1000


def ms(*moment: int) -> int:
    year, month, day, hour, minute, second = moment
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1000


ABSOLUTE = {
    "UTC": ("261122150405000+", ms(2026, 11, 22, 15, 4, 5)),
    "tenths": ("261122150405700+", ms(2026, 11, 22, 15, 4, 5) + 700),
    "nn are quarter-hours: Moscow is 12": ("261122180405012+", ms(2026, 11, 22, 15, 4, 5)),
    "behind UTC": ("261122120405012-", ms(2026, 11, 22, 15, 4, 5)),
    "across midnight": ("261123020405048+", ms(2026, 11, 22, 14, 4, 5)),
    "37 is 2037": ("370101000000000+", ms(2037, 1, 1, 0, 0, 0)),
    "38 is 1938": ("380101000000000+", ms(1938, 1, 1, 0, 0, 0)),
    "a leap day": ("280229000000000+", ms(2028, 2, 29, 0, 0, 0)),
}
RELATIVE = {
    "an hour": ("000000010000000R", NOW_MS + 3_600_000),
    "ninety-nine days": ("000099000000000R", NOW_MS + 99 * 86_400_000),
    "a month": ("000100000000000R", ms(2026, 12, 22, 15, 4, 5)),
    "two months into another year": ("000200000000000R", ms(2027, 1, 22, 15, 4, 5)),
    "a year, a second": ("010000000001000R", ms(2027, 11, 22, 15, 4, 6)),
    "nothing": ("000000000000000R", NOW_MS),
}
WRONG = {
    "too short": "26112215040500+",
    "too long": "2611221504050000+",
    "letters": "26112215O405000+",
    "no sign": "261122150405000Z",
    "month 13": "261322150405000+",
    "30 February": "260230150405000+",
    "hour 24": "261122240405000+",
    "49 quarters": "261122150405049+",
    "relative with tenths": "000000010000100R",
    "digits of another script": "٢٦١١٢٢١٥٠٤٠٥٠٠٠+",
}


@pytest.mark.parametrize("text,expected", (ABSOLUTE | RELATIVE).values(), ids=ABSOLUTE | RELATIVE)
def test_parse(text, expected):
    assert parse_time(text, NOW_MS) == expected


def test_no_time_is_none():
    assert parse_time("", NOW_MS) is None


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_no_time_at_all(text):
    with pytest.raises(ValueError, match=r"."):
        parse_time(text, NOW_MS)


def test_the_31st_of_a_shorter_month_is_its_last_day():
    start_ms = ms(2027, 12, 31, 10, 0, 0)
    assert parse_time("000200000000000R", start_ms) == ms(2028, 2, 29, 10, 0, 0)


@given(st.integers(ms(1970, 1, 1, 0, 0, 0) // 100, ms(2037, 12, 30, 0, 0, 0) // 100), st.integers(-48, 48))
def test_absolute_times_come_back(tenths, quarters):
    text = format_absolute(tenths * 100, quarters=quarters)
    assert len(text) == 16
    assert parse_time(text, NOW_MS) == tenths * 100


@given(st.integers(0, 99 * 86_400))
def test_relative_times_come_back(span_s):
    assert parse_time(format_relative(span_s), NOW_MS) == NOW_MS + span_s * 1000


@pytest.mark.parametrize("span_s", [-1, 100 * 86_400])
def test_spans_that_cannot_be_said(span_s):
    with pytest.raises(ValueError, match="99 days"):
        format_relative(span_s)


def test_an_offset_that_cannot_be_said():
    with pytest.raises(ValueError, match="48"):
        format_absolute(NOW_MS, quarters=49)
