"""Questions to the operator's people (`sup.…`), answered by SMS, and where the shops are."""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import Ticket
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.vocabulary import Value


def ask(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take a question; the answer comes by SMS a while later.  A blocked number may ask too."""
    rules = context.catalogue.rules.support
    text = str(args.get("text", "")).strip()
    if not text:
        return denied("sup.empty")
    if len(text) > rules.max_length:
        return denied("sup.long", max=rules.max_length)
    kept = account.tickets[-(rules.keep - 1) :] if rules.keep > 1 else ()
    after = account._replace(tickets=(*kept, Ticket(context.now_ms, text)))
    answer = Message("sup.answer", {}, rules.sender, delay_ms=rules.answer_s * 1000)
    return Decision(done(), after, messages=[answer])


def offices(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The operator's shops, by SMS."""
    return Decision(done(), messages=[sms(context, "sup.offices")])
