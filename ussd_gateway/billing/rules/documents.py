"""Documents that were ordered become ready: an order to mail them, and an SMS that says so."""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.operations.base import Context, Decision, done, mail
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.periods import shown
from ussd_gateway.billing.rules.base import NEVER, Rule


def due(account: Account) -> int:
    """When the first of them is ready."""
    return min((document.due_ms for document in account.documents), default=NEVER)


def play(account: Account, context: Context) -> Decision:
    """All that are ready by now go out."""
    ready = [document for document in account.documents if document.due_ms <= context.now_ms]
    waiting = tuple(document for document in account.documents if document.due_ms > context.now_ms)
    texts = context.catalogue.texts
    return Decision(
        done(documents=" ".join(document.kind for document in ready)),
        account._replace(documents=waiting),
        messages=[
            sms(
                context,
                document.kind if document.kind in texts else "document.ready",
                period=shown(document.period),
                to=document.to,
            )
            for document in ready
        ],
        orders=[
            mail(document.to, document.kind, {"period": document.period, "form": document.form})
            for document in ready
        ],
    )


RULE = Rule("documents", due, play)
