"""Documents that were ordered, written when their time has come: call detail, spending, a company's papers.

A writer gets the order and the stores it may read, and gives the file.  One writer a kind of document; who
orders it (`mail` orders of `billing.operations.base`) knows the kind only.
"""

import csv
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.periods import bounds_ms
from ussd_gateway.billing.store import Order, Store
from ussd_gateway.filters import HOME_ZONE, money2

MAX_LINES = 100_000
"""Lines of a subscriber's ledger that are looked at for one document."""
SPENDING_KINDS = frozenset({"fee", "daily", "monthly", "usage", "promised_repay", "transfer"})


class Paper(NamedTuple):
    """A document: the name of its file and what is in it."""

    name: str
    content: bytes


Writer = Callable[[Order, Store, Catalogue], Awaitable[Paper]]


async def detail(order: Order, store: Store, catalogue: Catalogue) -> Paper:
    """Every line of the subscriber's account in the period, oldest first, as CSV."""
    rows = [
        (_moment(line.at_ms), line.kind, _plain(line.note), money2(line.amount_kop))
        for line in await _lines(order, store)
    ]
    return _table(order, "detail", ("time", "kind", "what", "roubles"), rows)


async def spending(order: Order, store: Store, catalogue: Catalogue) -> Paper:
    """What was spent in the period, one line for each thing it was spent on, as CSV."""
    totals: dict[tuple[str, str], int] = {}
    for line in await _lines(order, store):
        if line.kind in SPENDING_KINDS and line.amount_kop < 0:
            what = (line.kind, _plain(line.note))
            totals[what] = totals.get(what, 0) - line.amount_kop
    rows = [(*what, money2(amount_kop)) for what, amount_kop in sorted(totals.items())]
    return _table(order, "spending", ("kind", "what", "roubles"), rows)


WRITERS: Mapping[str, Writer] = {"detail": detail, "spending": spending}


async def _lines(order: Order, store: Store) -> list[LedgerEntry]:
    bounds = bounds_ms(str(order.args["period"]))
    begin_ms, end_ms = bounds if bounds else (0, 0)
    newest_first = await store.ledger(order.origin, MAX_LINES)
    return [line for line in reversed(newest_first) if begin_ms <= line.at_ms < end_ms]


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, HOME_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _plain(note: str) -> str:
    """A note that no spreadsheet takes for a formula."""
    return f"'{note}" if note[:1] in ("=", "+", "-", "@") else note


def _table(order: Order, name: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Paper:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    period = str(order.args["period"]).replace("/", "_")
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    return Paper(f"{name}-{order.origin}-{period}.csv", text.getvalue().encode("utf-8-sig"))
