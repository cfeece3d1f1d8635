"""The subscriber's own day and month: counters and fees go by local midnight, not by UTC.

A day is its proleptic Gregorian ordinal (1 January of year 1 is 1), a month is `year * 12 + month - 1`:
two integers that compare and subtract.
"""

from datetime import date
from functools import lru_cache

from ussd_gateway.billing.holdings import Period
from ussd_gateway.filters import HOME_ZONE

DAY_MS = 86_400_000
_OFFSET_MS = int(HOME_ZONE.utcoffset(None).total_seconds()) * 1000
_EPOCH = date(1970, 1, 1).toordinal()


def day_of(now_ms: int) -> int:
    """The local day an instant lies in."""
    return (now_ms + _OFFSET_MS) // DAY_MS + _EPOCH


@lru_cache(maxsize=64)
def month_of(day: int) -> int:
    """The month a day lies in."""
    there = date.fromordinal(day)
    return there.year * 12 + there.month - 1


def day_start_ms(day: int) -> int:
    """The instant a day begins, by local midnight."""
    return (day - _EPOCH) * DAY_MS - _OFFSET_MS


@lru_cache(maxsize=64)
def month_start_ms(month: int) -> int:
    """The instant a month begins, by local midnight."""
    year, index = divmod(month, 12)
    return (date(year, index + 1, 1).toordinal() - _EPOCH) * DAY_MS - _OFFSET_MS


def period_end_ms(period: Period, from_ms: int) -> int:
    """When a period that begins at an instant ends, and the next fee is due.

    `day`: at the next local midnight; `30d`: 30 days of 24 hours later; `month`: a month later at local
    midnight, on the same day or the last one the month has.
    """
    if period == "30d":
        return from_ms + 30 * DAY_MS
    day = day_of(from_ms)
    if period == "day":
        return day_start_ms(day + 1)
    present, following = month_of(day), month_of(day) + 1
    later = day_of(month_start_ms(following)) + day - day_of(month_start_ms(present))
    return min(day_start_ms(later), month_start_ms(following + 1) - DAY_MS)
