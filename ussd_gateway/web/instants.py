"""Instants and durations as the API writes and reads them."""

import re
from datetime import UTC, datetime

_UNITS_MS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
}
_PART = re.compile(r"([0-9]{1,9})\s*(ms|[smhdw])\s*", re.ASCII)
MAX_DURATION_MS = 100 * 366 * _UNITS_MS["d"]


def duration_ms(text: str) -> int:
    """`24h`, `1h30m`, `90s`, `2w`, `250ms` -> milliseconds; ValueError for anything else."""
    text = text.strip().lower()
    at = total_ms = 0
    while at < len(text) and (part := _PART.match(text, at)):
        total_ms += int(part[1]) * _UNITS_MS[part[2]]
        at = part.end()
    if not text or at < len(text):
        raise ValueError("expected a duration such as 24h, 1h30m, 90s, 2w or 250ms")
    if total_ms > MAX_DURATION_MS:
        raise ValueError("that is more than a hundred years")
    return total_ms


def instant_ms(text: str) -> int:
    """ISO 8601 -> milliseconds since the epoch; without a zone it is taken as UTC.  ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("expected an instant such as 2026-12-01T09:00:00+03:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def iso(at_ms: int) -> str:
    """Milliseconds since the epoch -> `2026-12-01T06:00:00.000Z`."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
