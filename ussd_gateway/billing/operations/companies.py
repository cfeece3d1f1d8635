"""The company itself (`company.…`): who joins it, its password.  Its account has the contract's number.

A number joins by an order: the company notes it, the number's account is made corporate (`join`), or refuses
and is forgotten again (`not_joined`).  The company's password leaves the house by SMS to one of its control
numbers (three at most), and in no other way.
"""

from collections.abc import Mapping

from ussd_gateway.billing import passwords
from ussd_gateway.billing.account import NO_AUTOPAY, NO_BONUS, Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.holdings import Employee, PendingTariff
from ussd_gateway.billing.ledger import CASH, LedgerEntry, company_account, pocket_name
from ussd_gateway.billing.operations import passwords as secrets
from ussd_gateway.billing.operations.base import Context, Decision, Message, denied, done, order, whole
from ussd_gateway.billing.operations.common import blocked, sms
from ussd_gateway.billing.operations.corporate import MAX_WORDS, words
from ussd_gateway.vocabulary import Value

MAX_ROSTER = 10_000
"""Numbers that can join a company besides those of the catalogue."""
MAX_PAYMENT_KOP = 10_000_000_000


def numbers(account: Account, catalogue: Catalogue) -> list[str]:
    """The numbers of a company, by its account: those of the catalogue, then those that joined, without those
    that left."""
    left = {former.number for former in account.former}
    described = [
        number
        for number, each in catalogue.subscribers.items()
        if each.company == account.company and number not in left
    ]
    known = set(described)
    return [*described, *(number for number in account.roster if number not in known)]


def is_ours(account: Account, number: str, catalogue: Catalogue) -> bool:
    """Whether the number is in `numbers`, without putting them together."""
    if number in account.roster:
        return True
    described = catalogue.subscribers.get(number)
    if described is None or described.company is None or described.company != account.company:
        return False
    return all(former.number != number for former in account.former)


# ---------------------------------------------------------------- numbers that join


def enrol(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Let a number join: `number`, and for the employee `name`, `position`, a corporate `tariff`."""
    catalogue, number = context.catalogue, str(args.get("number", ""))
    name, position = words(args.get("name", "")), words(args.get("position", ""))
    offered = [code for code, tariff in catalogue.tariffs.items() if tariff.kind == "corporate"]
    tariff = str(args.get("tariff", "")).strip().upper() or next(iter(offered), "")
    if not catalogue.plan.is_mobile(number):
        return denied("number.bad")
    if is_ours(account, number, catalogue):
        return denied("corp.already")
    if max(len(name), len(position)) > MAX_WORDS:
        return denied("corp.words", max=MAX_WORDS)
    if tariff not in offered:
        return denied("tariff.unknown")
    if len(account.roster) >= MAX_ROSTER:
        return denied("corp.full", max=MAX_ROSTER)
    terms: dict[str, Value] = {
        "company": account.company or "",
        "number": number,
        "name": name,
        "position": position,
        "tariff": tariff,
    }
    after = account._replace(roster=(*account.roster, number))
    joining = order(number, "corp.join", terms, refund="company.not_joined")
    return Decision(done(number=number, name=name), after, orders=[joining])


def join(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Become a number of the company: the balance is the employee's own money, the tariff a corporate one.

    Refused in this order: blocked number, another company's, one with debts.
    """
    company = context.catalogue.companies.get(str(args.get("company", "")))
    refusal = blocked(account)
    if refusal is not None:
        return refusal
    if company is None or account.company is not None:
        return denied("corp.taken")
    if account.balance_kop < 0 or account.promised:
        return denied("corp.debt")
    moved_kop = account.balance_kop
    after = account._replace(
        kind="corporate",
        company=str(args["company"]),
        balance_kop=0,
        floor_kop=0,
        personal_kop=account.personal_kop + moved_kop,
        debt_floor_kop=None,
        autopay=NO_AUTOPAY,
        bonus=NO_BONUS,
        employee=Employee(str(args.get("name", "")), str(args.get("position", "")), since_ms=context.now_ms),
        # Due at once: the rule of tariff changes does the rest.
        pending_tariff=PendingTariff(str(args.get("tariff", "")), context.now_ms, context.now_ms),
    )
    entries = [
        LedgerEntry(context.key, pocket_name(account.msisdn, pocket), amount_kop, "transfer", context.now_ms)
        for pocket, amount_kop in (("main", -moved_kop), ("personal", moved_kop))
        if amount_kop
    ]
    return Decision(done(), after, entries, [sms(context, "corp.joined", company=company.name)])


def not_joined(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A number refused to join: forget it, and tell the first control number."""
    number = str(args.get("number", ""))
    after = account._replace(roster=tuple(each for each in account.roster if each != number))
    messages = [sms(context, "corp.not_joined", number=number)]
    return Decision(done(), after, messages=_to_control(account, messages, context))


# ---------------------------------------------------------------- what the company pays


def pay(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The company pays for what its numbers had: `amount_kop`, with a `note` that its papers show."""
    amount_kop = whole(args.get("amount_kop"))
    if amount_kop is None or not 0 < amount_kop <= MAX_PAYMENT_KOP:
        return denied("amount.bad", max_kop=MAX_PAYMENT_KOP)
    note = words(args.get("note", ""))
    entries = [
        LedgerEntry(context.key, name, part_kop, "topup", context.now_ms, note)
        for name, part_kop in ((company_account(account.company or ""), amount_kop), (CASH, -amount_kop))
    ]
    return Decision(done(amount_kop=amount_kop), entries=entries)


# ---------------------------------------------------------------- the company's password


def password_reset(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Asked for from a control number's own phone: a new password of its company, by SMS to it."""
    company = context.catalogue.companies.get(account.company or "")
    refusal = blocked(account)
    if refusal is not None:
        return refusal
    if company is None:
        return denied("corp.only")
    if account.msisdn not in company.control_numbers:
        return denied("corp.no_control")
    if company.contract is None:
        return denied("corp.no_contract")
    return Decision(done(), orders=[order(company.contract, "company.password", {"to": account.msisdn})])


def password(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A generated password, by SMS to a control number: `to`, by default the first.

    Prepared: `password` (its digits) and `hash`.
    """
    control = control_numbers(account, context.catalogue)
    to = str(args.get("to", "")) or next(iter(control), "")
    if to not in control:
        return denied("corp.no_control")
    rules = context.catalogue.settings.sms
    params: dict[str, Value] = {"login": account.msisdn, "password": context.prepared["password"]}
    message = Message(
        "corp.password", params, rules.password_from, secret=True, delay_ms=rules.delay_s * 1000, to=to
    )
    after = passwords.renewed(account, context.prepared["hash"], context.now_ms)
    return Decision(done(to=to), after, messages=[message])


def login(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """One answer at the login form, counted and locking like a subscriber's.  Prepared: `right`."""
    decision = secrets.login(account, args, context)
    if decision.messages:
        told = [sms(context, "corp.lock", login=account.msisdn)]
        decision.messages = _to_control(account, told, context)
    return decision


def control_numbers(account: Account, catalogue: Catalogue) -> tuple[str, ...]:
    """The numbers that hear what concerns the company (three at most)."""
    company = catalogue.companies.get(account.company or "")
    return company.control_numbers if company else ()


def _to_control(account: Account, messages: list[Message], context: Context) -> list[Message]:
    """The messages to the first control number; a company without any hears nothing."""
    control = control_numbers(account, context.catalogue)
    if not control:
        return []
    for message in messages:
        message.to = control[0]
    return messages
