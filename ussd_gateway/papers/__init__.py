"""Documents that were ordered, written when their time has come: call detail, spending, a company's papers.

A writer gets the order and the stores it may read, and gives the file.  One writer a kind of document; who
orders it (`mail` orders of `billing.operations.base`) knows the kind only.

    base          what a paper, a table and a writer are
    subscribers   a subscriber's own: detail, spending
    companies     a company's: report, reconciliation, payments, numbers, detail
    forms         a table as CSV, Excel, Word or PDF
    locked        a file that opens with a password only
"""

from collections.abc import Mapping

from ussd_gateway.papers import companies
from ussd_gateway.papers.base import Paper, Writer
from ussd_gateway.papers.subscribers import detail, spending

__all__ = ["WRITERS", "Paper", "Writer", "detail", "spending"]

WRITERS: Mapping[str, Writer] = {"detail": detail, "spending": spending, **companies.WRITERS}
