"""`/api/v1/companies/{company}/documents` and `/payments`: what a company orders and pays.

A document is ready 20 to 30 minutes after the order and then lies in the mailbox folder of its address.
"""

from typing import Literal

from aiohttp import web
from pydantic import Field

from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.periods import bounds_ms, month_back, read_period
from ussd_gateway.vocabulary import Value
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.companies import account_of, company_of, contract_of, number_of
from ussd_gateway.web.company_lines import Place, page_of
from ussd_gateway.web.instants import iso
from ussd_gateway.web.numbers import limit_of
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import answer_once, entry_json, kopecks_of

MAX_LINES = 1000


class PaperWanted(Body):
    """A document: what about, of which period, in which form, and where it goes."""

    kind: Literal["report", "reconciliation", "payments", "numbers", "detail"]
    period: str = Field(max_length=30)
    form: Literal["word", "excel", "pdf", "csv"] = "excel"
    number: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=100)
    notice: Literal["sms", "email"] = "sms"
    to: str = Field(default="", max_length=40)
    locked: bool = False


class Payment(Body):
    """What the company pays: roubles, `"30000.00"`."""

    amount: str = Field(max_length=20)
    note: str = Field(default="", max_length=100)


async def order(request: web.Request) -> web.Response:
    """Order a document; ordering what is in preparation already gives the same order."""
    body = await read_body(request, PaperWanted)
    args: dict[str, Value] = body.model_dump()
    for name in ("number", "to"):
        if args[name]:
            args[name] = number_of(request, str(args[name]))
    return await answer_once(request, contract_of(request), "company.paper", args)


async def show(request: web.Request) -> web.Response:
    """The history of orders, the newest first, and how far each is."""
    account, now_ms = await account_of(request), request.app[SERVICES].clock.now_ms()
    rows = [
        {
            "order": paper.order,
            "kind": paper.kind,
            "period": paper.period,
            "form": paper.form,
            "number": paper.about,
            "email": paper.to,
            "locked": paper.locked,
            "ordered": iso(paper.ordered_ms),
            "ready": iso(paper.ready_ms),
            "state": "ready" if paper.ready_ms <= now_ms else "waiting",
        }
        for paper in account.papers
    ]
    return web.json_response({"documents": rows})


async def pay(request: web.Request) -> web.Response:
    """The company pays."""
    body = await read_body(request, Payment)
    args: dict[str, Value] = {"amount_kop": kopecks_of(body.amount, "amount"), "note": body.note}
    return await answer_once(request, contract_of(request), "company.pay", args)


async def payments(request: web.Request) -> web.Response:
    """Lines of the company's account in a period; `?kind=` for one kind, `?number=` for one number.

    `next` of the answer, asked for as `?after=`, is the page after it; null at the end.
    """
    key, _ = company_of(request)
    services, kind = request.app[SERVICES], request.query.get("kind")
    period = read_period(request.query.get("period") or month_back(0, services.clock.now_ms()))
    bounds = bounds_ms(period) if period else None
    if bounds is None:
        raise ProblemError(400, "`period` must be a month, 2026-05, or two days, 2026-05-01/2026-05-15")
    sought = request.query.get("number")
    number = number_of(request, sought) if sought else None

    def wanted(line: LedgerEntry) -> bool:
        return (kind is None or line.kind == kind) and (number is None or line.note == number)

    after, limit = _after(request), limit_of(request, MAX_LINES, MAX_LINES)
    lines, behind = await page_of(services.store, key, bounds, after, limit, wanted)
    return web.json_response(
        {
            "period": period,
            "entries": [entry_json(line) for line in lines],
            "next": behind.as_text() if behind else None,
        }
    )


def _after(request: web.Request) -> Place | None:
    """Where the page before ended; None for the first one; ProblemError 400."""
    text = request.query.get("after")
    try:
        return None if text is None else Place.from_text(text)
    except ValueError:
        raise ProblemError(400, "`after` must be what `next` gave") from None
