"""Documents that were ordered become ready: an order to mail them, and an SMS that says so.

The SMS is the subscriber's; of a company's document it goes to a control number, or nowhere if not wanted.
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.operations.base import Context, Decision, done, mail
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.operations.documents import DETAIL
from ussd_gateway.billing.operations.papers import notices
from ussd_gateway.billing.periods import shown
from ussd_gateway.billing.rules.base import NEVER, Rule
from ussd_gateway.vocabulary import Value


def due(account: Account) -> int:
    """When the first of them is ready."""
    return min([document.due_ms for document in account.documents]) if account.documents else NEVER


def play(account: Account, context: Context) -> Decision:
    """All that are ready by now go out."""
    ready = [document for document in account.documents if document.due_ms <= context.now_ms]
    waiting = tuple(document for document in account.documents if document.due_ms > context.now_ms)
    decision = Decision(done(documents=len(ready)), account._replace(documents=waiting))
    for document in ready:
        args: dict[str, Value] = {"period": document.period, "form": document.form}
        if document.order:
            decision.messages += notices(account, document, context)
            args |= {"about": document.about, "order": document.order, "password": document.password}
        else:
            text = "detail" if document.kind == DETAIL else "document.ready"
            decision.messages.append(sms(context, text, period=shown(document.period), to=document.to))
        decision.orders.append(mail(document.to, document.kind, args))
    return decision


RULE = Rule("documents", due, play)
