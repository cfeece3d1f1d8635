"""The lines of a company's account in pages, by time.

A page begins behind the operation with which another ended, so lines that come meanwhile neither repeat nor
hide any.
"""

import base64
from collections.abc import Callable
from typing import NamedTuple

from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.store import Store

FIRST_WINDOW_MS = 86_400_000
"""How much time is looked at first; then twice as much, and so on.

So a year is a few looks, yet a page of a busy company reads little more than it shows.
"""


class Place(NamedTuple):
    """Where a line stands."""

    at_ms: int
    transfer: str

    @classmethod
    def of(cls, line: LedgerEntry) -> "Place":
        """Lines of one operation share theirs, and a page."""
        return cls(line.at_ms, line.transfer)

    def as_text(self) -> str:
        """What stands for it in an address."""
        return base64.urlsafe_b64encode(f"{self.at_ms} {self.transfer}".encode()).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> "Place":
        """ValueError for anything else than `as_text` writes."""
        octets = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        at, _, transfer = octets.decode().partition(" ")
        if not (at.isascii() and at.isdigit() and len(at) <= 18):
            raise ValueError("no instant")
        return cls(int(at), transfer)


async def page_of(
    store: Store,
    company: str,
    bounds_ms: tuple[int, int],
    after: Place | None,
    limit: int,
    wanted: Callable[[LedgerEntry], bool],
) -> tuple[list[LedgerEntry], Place | None]:
    """About `limit` lines behind a place, and the place behind which there are more; None at the end.

    Lines of one operation are not torn apart, so there may be a few more.
    """
    from_ms, end_ms = bounds_ms
    if after is not None:
        from_ms = max(from_ms, after.at_ms)
    window_ms = FIRST_WINDOW_MS
    found: list[LedgerEntry] = []
    while from_ms < end_ms:
        until_ms = min(from_ms + window_ms, end_ms)
        lines = await store.company_lines(company, from_ms, until_ms)
        told = max((n for n, line in enumerate(lines, 1) if Place.of(line) == after), default=0)
        for line in filter(wanted, lines[told:]):
            if len(found) >= limit and Place.of(line) != Place.of(found[-1]):
                return found, Place.of(found[-1])
            found.append(line)
        from_ms, window_ms = until_ms, 2 * window_ms
    return found, None
