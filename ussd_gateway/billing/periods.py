"""The periods that documents are about: whole calendar months, by the subscriber's own calendar.

Between rooms and in storage a period is text, `2026-05-01/2026-05-31` (ISO 8601); in a message it is
`01.05-31.05`.  People may also name a month, `2026-05`.
"""

import re
from datetime import date

from ussd_gateway.billing.calendar import day_of, day_start_ms, month_of, month_start_ms

_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)/(\d{4})-(\d\d)-(\d\d)", re.ASCII)


def month_back(months: int, now_ms: int) -> str:
    """The month so many months ago; 0 is the present one."""
    month = month_of(day_of(now_ms)) - months
    first = date.fromordinal(day_of(month_start_ms(month)))
    last = date.fromordinal(day_of(month_start_ms(month + 1)) - 1)
    return f"{first.isoformat()}/{last.isoformat()}"


def shown(period: str) -> str:
    """The period as a message shows it; anything else as it is."""
    found = _FORM.fullmatch(period)
    if found is None:
        return period
    _, month, day, _, last_month, last_day = found.groups()
    return f"{day}.{month}-{last_day}.{last_month}"


def bounds_ms(period: str) -> tuple[int, int] | None:
    """The first instant of the period and the first one after it; None for text that is no period."""
    first, _, last = period.partition("/")
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    return day_start_ms(begin.toordinal()), day_start_ms(end.toordinal() + 1)


def read_period(text: str) -> str | None:
    """A period as people write it, in its one form; None for what is none, or ends before it begins."""
    month = _MONTH.fullmatch(text)
    if month is not None:
        year, number = int(month[1]), int(month[2])
        if not (1 <= year < 9999 and 1 <= number <= 12):
            return None
        first = date(year, number, 1)
        last = date.fromordinal(date(year + number // 12, number % 12 + 1, 1).toordinal() - 1)
        return f"{first.isoformat()}/{last.isoformat()}"
    bounds = bounds_ms(text) if _FORM.fullmatch(text) else None
    return text if bounds and bounds[0] < bounds[1] else None
