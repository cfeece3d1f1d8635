"""A company's documents: its spending by number, its account with the operator, payments, numbers, a detail.

A number is the company's from when it joined until it left; what it did before and after is its own affair.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import NamedTuple

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.operations.companies import numbers
from ussd_gateway.billing.store import Order, Store
from ussd_gateway.filters import money2
from ussd_gateway.papers.base import Paper, Table, Writer, bounds_of, lines_of, moment, spent_on
from ussd_gateway.papers.forms import written
from ussd_gateway.papers.locked import locked


class Stay(NamedTuple):
    """A number while it was the company's, as far as that falls into the period: `[begin_ms, end_ms)`."""

    number: str
    name: str
    begin_ms: int
    end_ms: int


Fill = Callable[[Order, Account, Store, Catalogue], Awaitable[Table]]


async def report(order: Order, company: Account, store: Store, catalogue: Catalogue) -> Table:
    """What each number spent and on what, then what the company paid for its tariff."""
    rows = []
    async for stay in _stays(order, company, store, catalogue):
        totals = spent_on(await lines_of(stay.number, store, stay.begin_ms, stay.end_ms))
        rows += [
            (stay.number, stay.name, kind, what, money2(amount_kop))
            for (kind, what), amount_kop in sorted(totals.items())
        ]
    fees: dict[str, int] = {}
    for line in await _company_lines(order, company, store):
        if line.kind in ("daily", "monthly"):
            fees[line.note] = fees.get(line.note, 0) - line.amount_kop
    rows += [(number, "", "tariff", "", money2(amount_kop)) for number, amount_kop in sorted(fees.items())]
    return Table("report", ("number", "employee", "kind", "what", "roubles"), rows)


async def reconciliation(order: Order, company: Account, store: Store, catalogue: Catalogue) -> Table:
    """The company's account with the operator: what was owed before, every line, what is owed after."""
    begin_ms, end_ms = bounds_of(order)
    lines = await store.company_lines(company.company or "", 0, end_ms)
    before_kop = sum(line.amount_kop for line in lines if line.at_ms < begin_ms)
    rows = [("", "before", "", "", "", money2(before_kop))]
    balance_kop = before_kop
    for line in lines:
        if line.at_ms >= begin_ms:
            balance_kop += line.amount_kop
            paid, used = max(line.amount_kop, 0), max(-line.amount_kop, 0)
            rows.append(
                (
                    moment(line.at_ms),
                    line.kind,
                    line.note,
                    money2(used) if used else "",
                    money2(paid) if paid else "",
                    money2(balance_kop),
                )
            )
    rows.append(("", "after", "", "", "", money2(balance_kop)))
    return Table("reconciliation", ("time", "kind", "what", "debit", "credit", "balance"), rows)


async def payments(order: Order, company: Account, store: Store, catalogue: Catalogue) -> Table:
    """What the company paid in, oldest first."""
    rows = [
        (moment(line.at_ms), line.note, money2(line.amount_kop))
        for line in await _company_lines(order, company, store)
        if line.kind == "topup"
    ]
    return Table("payments", ("time", "note", "roubles"), rows)


async def roster(order: Order, company: Account, store: Store, catalogue: Catalogue) -> Table:
    """The numbers, who used them, since and until when in the period."""
    begin_ms, end_ms = bounds_of(order)
    rows = [
        (
            stay.number,
            stay.name,
            moment(stay.begin_ms) if stay.begin_ms > begin_ms else "",
            moment(stay.end_ms) if stay.end_ms < end_ms else "",
        )
        async for stay in _stays(order, company, store, catalogue)
    ]
    return Table("numbers", ("number", "employee", "joined", "left"), rows)


async def detail(order: Order, company: Account, store: Store, catalogue: Catalogue) -> Table:
    """Every line of one number while it was the company's."""
    rows = []
    async for stay in _stays(order, company, store, catalogue):
        if stay.number == order.args["about"]:
            rows += [
                (moment(line.at_ms), line.kind, line.note, money2(line.amount_kop))
                for line in await lines_of(stay.number, store, stay.begin_ms, stay.end_ms)
            ]
    return Table("detail", ("time", "kind", "what", "roubles"), rows)


def _writer(fill: Fill) -> Writer:
    async def write(order: Order, store: Store, catalogue: Catalogue) -> Paper:
        company = await store.account(order.origin)
        assert company is not None, "it gave the order"
        table = await fill(order, company, store, catalogue)
        period, about = str(order.args["period"]).replace("/", "_"), order.args["about"]
        name = "-".join(filter(None, (table.title, order.origin, str(about), period)))
        paper = written(table, str(order.args["form"]), name)
        password = str(order.args["password"])
        return locked(paper, password, order.order_id) if password else paper

    return write


WRITERS: Mapping[str, Writer] = {
    f"company.{kind}": _writer(fill)
    for kind, fill in (
        ("report", report),
        ("reconciliation", reconciliation),
        ("payments", payments),
        ("numbers", roster),
        ("detail", detail),
    )
}


async def _stays(order: Order, company: Account, store: Store, catalogue: Catalogue) -> AsyncIterator[Stay]:
    """The company's numbers in the order's period: those that left, then those it has."""
    begin_ms, end_ms = bounds_of(order)
    for former in company.former:
        since_ms, until_ms = max(begin_ms, former.since_ms), min(end_ms, former.until_ms)
        if since_ms < until_ms:
            yield Stay(former.number, former.name, since_ms, until_ms)
    for number in numbers(company, catalogue):
        account = await store.account(number)
        if account and account.company == company.company and account.employee.since_ms < end_ms:
            yield Stay(number, account.employee.name, max(begin_ms, account.employee.since_ms), end_ms)


async def _company_lines(order: Order, company: Account, store: Store) -> list[LedgerEntry]:
    return await store.company_lines(company.company or "", *bounds_of(order))
