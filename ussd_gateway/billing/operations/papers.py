"""Documents of a company (`company.paper…`): ordered on its account, ready 20 to 30 minutes later, by e-mail.

An order waits in the account until its time (`rules/documents`) and stands in the history of orders for good.
What the house has to say about it goes to a control number: the company's own account has no phone.
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms
from ussd_gateway.billing.files import Company
from ussd_gateway.billing.files_services import PaperRules
from ussd_gateway.billing.holdings import PaperOrder, PendingDocument
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done, order
from ussd_gateway.billing.operations.common import blocked, sms, word
from ussd_gateway.billing.operations.companies import control_numbers, numbers
from ussd_gateway.billing.operations.documents import good_email
from ussd_gateway.billing.periods import bounds_ms, read_period, shown
from ussd_gateway.vocabulary import Outcome, Value

KINDS = ("report", "reconciliation", "payments", "numbers", "detail")
"""What was spent, by number; the account with the operator; what was paid in; its numbers; a detail."""
FORMS = ("word", "excel", "pdf", "csv")
LOCK_DIGITS = 6
TOLD = 3
"""Orders that an SMS about their state tells of."""


def order_paper(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Order a document: `kind`, `period`, `form`; for a detail `number`.  To `email`, by default as before.

    `notice`: `sms` to the control number `to`, or `email`: the document itself.  `locked`: the file opens
    with a password only, which goes to the control number.  The same document in preparation is not
    ordered again.  Prepared: `password`, its digits.

    Refused in this order: kind or form, period, another company's number, no address or a bad one, not a
    control number, too many orders that wait.
    """
    rules, about = context.catalogue.rules.papers, str(args.get("number", ""))
    kind, form, to = str(args.get("kind", "")), str(args.get("form", "excel")), str(args.get("to", ""))
    period, locked = _period(str(args.get("period", "")), rules, context.now_ms), bool(args.get("locked"))
    email = str(args.get("email") or account.email)
    if kind not in KINDS or form not in FORMS or bool(about) != (kind == "detail"):
        return denied("paper.kind")
    if period is None:
        return denied("paper.period", months=rules.months)
    if about and not _was_theirs(account, about, context):
        return denied("corp.foreign")
    if not good_email(email):
        return denied("email.bad" if email else "email.none")
    control, by_sms = control_numbers(account, context.catalogue), args.get("notice", "sms") == "sms"
    if (to and to not in control) or (locked and not control):
        return denied("corp.no_control")
    wanted = (kind, period, form, about, email, locked)
    waiting = [each for each in account.papers if each.ready_ms > context.now_ms]
    for each in waiting:
        if each[1:7] == wanted:
            return Decision(_taken(each))
    if len(waiting) >= rules.max_waiting:
        return denied("detail.waiting", max=rules.max_waiting)
    number = account.papers[0].order + 1 if account.papers else 1
    paper = PaperOrder(number, *wanted, context.now_ms, context.now_ms + rules.ready_s * 1000)
    notify = (to or next(iter(control), "")) if by_sms or locked else ""
    pending = PendingDocument(
        f"company.{kind}",
        period,
        email,
        paper.ready_ms,
        form,
        about,
        number,
        notify,
        context.prepared["password"] if locked else "",
    )
    after = account._replace(
        email=account.email or email,
        documents=(*account.documents, pending),
        papers=(paper, *account.papers[: rules.keep - 1]),
    )
    return Decision(_taken(paper), after)


def _taken(paper: PaperOrder) -> Outcome:
    return done(order=paper.order, email=paper.to, period=paper.period, ready_ms=paper.ready_ms)


def _period(text: str, rules: PaperRules, now_ms: int) -> str | None:
    """The period, if it has begun, is a year at most, and not too long ago."""
    period = read_period(text)
    bounds = bounds_ms(period) if period else None
    if bounds is None:
        return None
    oldest_ms = month_start_ms(month_of(day_of(now_ms)) - rules.months)
    begin_ms, end_ms = bounds
    return period if oldest_ms <= begin_ms <= now_ms and day_of(end_ms) - day_of(begin_ms) <= 366 else None


def _was_theirs(account: Account, number: str, context: Context) -> bool:
    return number in numbers(account, context.catalogue) or any(
        former.number == number for former in account.former
    )


# ---------------------------------------------------------------- how far they are


def status_wanted(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Asked from a control number's own phone: how far the company's documents are, by SMS to it."""
    company: Company | None = context.catalogue.companies.get(account.company or "")
    refusal = blocked(account)
    if refusal is not None:
        return refusal
    if company is None:
        return denied("corp.only")
    if account.msisdn not in company.control_numbers:
        return denied("corp.no_control")
    if company.contract is None:
        return denied("corp.no_contract")
    return Decision(done(), orders=[order(company.contract, "company.papers", {"to": account.msisdn})])


def status(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The newest orders and how far they are, by SMS to the control number `to`."""
    to = str(args.get("to", ""))
    if to not in control_numbers(account, context.catalogue):
        return denied("corp.no_control")
    if not account.papers:
        message = sms(context, "paper.none")
    else:
        rows = [_row(account, paper, context) for paper in account.papers[:TOLD]]
        message = sms(context, "paper.status", papers="; ".join(rows))
    message.to = to
    return Decision(done(), messages=[message])


def _row(account: Account, paper: PaperOrder, context: Context) -> str:
    state = "ready" if paper.ready_ms <= context.now_ms else "waiting"
    name = paper_name(paper.kind, account.language, context)
    return f"{paper.order} {name} {shown(paper.period)} {_word(context, f'paper.{state}', account.language)}"


def paper_name(kind: str, language: str, context: Context) -> str:
    """What people call a document of this kind."""
    return _word(context, f"paper.kind.{kind}", language)


def _word(context: Context, key: str, language: str) -> str:
    return word(context.catalogue, key, language)


# ---------------------------------------------------------------- when they are ready


def notices(account: Account, document: PendingDocument, context: Context) -> list[Message]:
    """What a control number is told of a document that is ready: an SMS, and the password of its file."""
    control = control_numbers(account, context.catalogue)
    if not (document.notify and control):
        return []
    name = paper_name(document.kind.removeprefix("company."), account.language, context)
    terms: dict[str, Value] = {"order": document.order, "name": name, "period": shown(document.period)}
    messages = [sms(context, "paper.done", **terms, to=document.to)]
    if document.password:
        secret = sms(context, "paper.password", order=document.order, password=document.password)
        messages.append(secret)
    for message in messages:
        # Control numbers may have changed since the order.
        message.to = document.notify if document.notify in control else control[0]
    return messages
