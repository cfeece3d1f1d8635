"""Documents that are ordered and come by e-mail a while later (`acct.…`), and the address they go to.

An order waits in the account (`rules/documents` carries it out); it is free of charge.
"""

import re
from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import PendingDocument
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, whole
from ussd_gateway.billing.periods import month_back, shown
from ussd_gateway.vocabulary import Value

DETAIL, SPENDING = "detail", "spending"
"""Kinds of documents: every call, message and charge of a month; the month's sums."""

MAX_EMAIL = 64
_EMAIL = re.compile(r"[A-Za-z0-9._+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", re.ASCII)


def detail(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Order call detail of the month so many months ago; 0 is the present one.

    Refused in this order: a month too far back, no address or a bad one, too many orders that wait.
    """
    months = whole(args.get("month"))
    furthest = context.catalogue.rules.detail.months
    if months is None or not 0 <= months <= furthest:
        return denied("detail.month", months=furthest)
    return _ordered(account, DETAIL, month_back(months, context.now_ms), args, context)


def spending(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Order a report on this month's spending."""
    return _ordered(account, SPENDING, month_back(0, context.now_ms), args, context)


def _ordered(
    account: Account, kind: str, period: str, args: Mapping[str, Value], context: Context
) -> Decision:
    rules = context.catalogue.rules.detail
    to = str(args.get("email") or account.email)
    if not to:
        return denied("email.none")
    if not good_email(to):
        return denied("email.bad")
    if len(account.documents) >= rules.max_waiting:
        return denied("detail.waiting", max=rules.max_waiting)
    due_ms = context.now_ms + rules.ready_s * 1000
    # The first address somebody gives is the one for all later documents.
    after = account._replace(
        email=account.email or to,
        documents=(*account.documents, PendingDocument(kind, period, to, due_ms)),
    )
    return Decision(done(email=to, period=shown(period), ready_ms=due_ms), after)


def set_email(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The address documents go to; an empty one forgets it."""
    email = str(args.get("email", "")).strip()
    if email and not good_email(email):
        return denied("email.bad")
    return Decision(done(email=email), account._replace(email=email))


def good_email(text: str) -> bool:
    """Whether this can be an address (a plain one; it also names a folder of the mailbox)."""
    return len(text) <= MAX_EMAIL and _EMAIL.fullmatch(text) is not None
