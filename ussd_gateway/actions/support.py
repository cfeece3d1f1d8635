"""`acct.…`, `email.set`, `sup.…`: where money went, documents by e-mail, questions to people."""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions.base import Action, Fact, List, Row, spec
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.operations import documents, spending, support

_ORDERED = ["email", "period", "ready_ms"]

ACTIONS = (
    Action(
        spec(
            "acct.spend",
            "What was spent on services in the present `day` or `month`.",
            needs=["period"],
            gives=["spent_kop"],
        ),
        spending.spend,
    ),
    Action(
        spec("acct.last5", "The newest charges, by SMS.", gives=["count"], can_deny=False),
        spending.last5,
    ),
    Action(
        spec(
            "acct.last10",
            "All charges the account remembers, by SMS, for a fee.",
            gives=["count", "fee_kop"],
            denial_gives=["need_kop", "balance_kop"],
        ),
        spending.last10,
    ),
    Action(
        spec(
            "acct.detail",
            "Order call detail of a month (0 is the present one, 1 the one before) to an e-mail address.",
            needs=["month"],
            takes=["email"],
            gives=_ORDERED,
            denial_gives=["months", "max"],
        ),
        documents.detail,
    ),
    Action(
        spec(
            "acct.report_email",
            "Order a report on this month's spending to an e-mail address.",
            takes=["email"],
            gives=_ORDERED,
            denial_gives=["max"],
        ),
        documents.spending,
    ),
    Action(
        spec(
            "email.set",
            "The address documents go to; an empty one forgets it.",
            needs=["email"],
            gives=["email"],
        ),
        documents.set_email,
    ),
    Action(
        spec(
            "sup.ask",
            "A question to the operator's people; the answer comes by SMS.",
            needs=["text"],
            denial_gives=["max"],
        ),
        support.ask,
    ),
    Action(spec("sup.offices", "Where the shops are, by SMS.", can_deny=False), support.offices),
)

FACTS: Mapping[str, Fact] = {
    "account.email": (
        "konstantin.konstantinopolsky@mail.ru",
        lambda account, catalogue, now_ms: account.email,
    ),
    "documents.waiting": (9, lambda account, catalogue, now_ms: len(account.documents)),
    "spent.day_kop": (123456, lambda account, catalogue, now_ms: spending.spent_kop(account, now_ms)[0]),
    "spent.month_kop": (1234567, lambda account, catalogue, now_ms: spending.spent_kop(account, now_ms)[1]),
}


def _topups(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [topup._asdict() for topup in account.last_topups]


LISTS: Mapping[str, List] = {
    "topups.last": ({"at_ms": 1_780_000_000_000, "amount_kop": 1500000, "note": "card *1234"}, _topups),
}
