"""A subscriber's own documents, as CSV: call detail, spending."""

from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.store import Order, Store
from ussd_gateway.filters import money2
from ussd_gateway.papers.base import Paper, Table, bounds_of, lines_of, moment, spent_on
from ussd_gateway.papers.forms import written


async def detail(order: Order, store: Store, catalogue: Catalogue) -> Paper:
    """Every line of the subscriber's account in the period, oldest first."""
    rows = [
        (moment(line.at_ms), line.kind, line.note, money2(line.amount_kop))
        for line in await lines_of(order.origin, store, *bounds_of(order))
    ]
    return _paper(order, Table("detail", ("time", "kind", "what", "roubles"), rows))


async def spending(order: Order, store: Store, catalogue: Catalogue) -> Paper:
    """What was spent in the period, one line for each thing it was spent on."""
    totals = spent_on(await lines_of(order.origin, store, *bounds_of(order)))
    rows = [(*what, money2(amount_kop)) for what, amount_kop in sorted(totals.items())]
    return _paper(order, Table("spending", ("kind", "what", "roubles"), rows))


def _paper(order: Order, table: Table) -> Paper:
    period = str(order.args["period"]).replace("/", "_")
    return written(table, "csv", f"{table.title}-{order.origin}-{period}")
