"""Instants as the API writes and reads them."""

from datetime import UTC, datetime


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
