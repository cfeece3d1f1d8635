"""What a paper, a table and a writer are, and how the lines of a ledger become cells."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.periods import bounds_ms
from ussd_gateway.billing.store import Order, Store
from ussd_gateway.filters import HOME_ZONE

MAX_LINES = 100_000
"""Lines of a subscriber's ledger that are looked at for one document."""
SPENDING_KINDS = frozenset({"fee", "daily", "monthly", "usage", "promised_repay", "transfer"})


class Paper(NamedTuple):
    """A document: the name of its file and what is in it."""

    name: str
    content: bytes


class Table(NamedTuple):
    """What a paper says: a title, the names of the columns, the rows."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


Writer = Callable[[Order, Store, Catalogue], Awaitable[Paper]]


def bounds_of(order: Order) -> tuple[int, int]:
    """The first instant of the order's period and the first after it; nothing lies in what is no period."""
    return bounds_ms(str(order.args["period"])) or (0, 0)


async def lines_of(msisdn: str, store: Store, begin_ms: int, end_ms: int) -> list[LedgerEntry]:
    """The lines of a subscriber's pockets in a period, oldest first."""
    newest_first = await store.ledger(msisdn, MAX_LINES)
    return [line for line in reversed(newest_first) if begin_ms <= line.at_ms < end_ms]


def spent_on(lines: Iterable[LedgerEntry]) -> dict[tuple[str, str], int]:
    """(kind, what) -> what was spent on it, kopecks."""
    totals: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.kind in SPENDING_KINDS and line.amount_kop < 0:
            what = (line.kind, line.note)
            totals[what] = totals.get(what, 0) - line.amount_kop
    return totals


def moment(at_ms: int) -> str:
    """An instant as a table shows it, by the subscriber's clock."""
    return datetime.fromtimestamp(at_ms // 1000, HOME_ZONE).strftime("%Y-%m-%d %H:%M:%S")
