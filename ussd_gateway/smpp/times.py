"""SMPP time strings: YYMMDDhhmmsstnnp, absolute or relative (SMPP 3.4 §7.1.1, appendix C).

Absolute: t tenths of a second, nn quarter-hours (00-48), p '+' when the local time is ahead of UTC, '-'
when behind. Relative: p 'R', and the rest is a span from the centre's present time. Years of two digits
turn over at 38: 37 is 2037, 38 is 1938. All instants are milliseconds since the Unix epoch, UTC.
"""

from datetime import UTC, datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENTURY_PIVOT = 38
_MAX_QUARTERS = 48
_QUARTER = timedelta(minutes=15)


def parse_time(text: str, now_ms: int) -> int | None:
    """The instant a schedule_delivery_time or validity_period names, in ms; None when it is empty.

    `now_ms` is the start of a relative time. Raises ValueError for anything that is no such time; the
    status to answer depends on the field (ESME_RINVSCHED, ESME_RINVEXPIRY).
    """
    if not text:
        return None
    if len(text) != 16 or not text[:15].isascii() or not text[:15].isdigit() or text[15] not in "+-R":
        raise ValueError("an SMPP time is YYMMDDhhmmsstnn and one of + - R")
    year, month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(0, 12, 2))
    if text[15] == "R":
        if text[12:15] != "000":
            raise ValueError("a relative SMPP time ends in 000R")
        return _shift(now_ms, years=year, months=month) + _span_ms(day, hour, minute, second)
    quarters = int(text[13:15])
    if quarters > _MAX_QUARTERS:
        raise ValueError("the offset from UTC is at most 48 quarter-hours")
    offset = quarters * _QUARTER if text[15] == "+" else -quarters * _QUARTER
    century = 1900 if year >= _CENTURY_PIVOT else 2000
    moment = datetime(century + year, month, day, hour, minute, second, tzinfo=timezone(offset))
    return (moment - _EPOCH) // timedelta(milliseconds=1) + int(text[12]) * 100


def format_absolute(instant_ms: int, *, quarters: int = 0) -> str:
    """An instant as absolute time, in the zone `quarters` quarter-hours ahead of UTC (-48 to 48)."""
    if abs(quarters) > _MAX_QUARTERS:
        raise ValueError("the offset from UTC is at most 48 quarter-hours")
    moment = _EPOCH + timedelta(milliseconds=instant_ms) + quarters * _QUARTER
    sign = "+" if quarters >= 0 else "-"
    return f"{moment:%y%m%d%H%M%S}{moment.microsecond // 100_000}{abs(quarters):02d}{sign}"


def format_relative(span_s: int) -> str:
    """A span of up to 99 days as relative time."""
    days, rest = divmod(span_s, 86_400)
    if not 0 <= days <= 99:
        raise ValueError("a relative time of 0-99 days is meant")
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"0000{days:02d}{hours:02d}{minutes:02d}{seconds:02d}000R"


def _span_ms(days: int, hours: int, minutes: int, seconds: int) -> int:
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000


def _shift(instant_ms: int, *, years: int, months: int) -> int:
    """Move by calendar years and months; the 31st becomes the last day of a shorter month."""
    if not years and not months:
        return instant_ms
    moment = _EPOCH + timedelta(milliseconds=instant_ms)
    index = moment.month - 1 + months
    first = moment.replace(day=1, year=moment.year + years + index // 12, month=index % 12 + 1)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    last_day = (after - first).days
    moved = first.replace(day=min(moment.day, last_day))
    return (moved - _EPOCH) // timedelta(milliseconds=1)
