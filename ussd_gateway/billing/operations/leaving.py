"""A number leaves its company (`company.release`, `corp.leave`, `company.left`) and is an individual's again.

The company asks, the number's account changes, and then tells the company, which keeps in mind whose it was
and how long: its papers about that time need it.  What is left of the budget goes back to the company; the
employee's own money stays the employee's.
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import NOBODY, Account
from ussd_gateway.billing.holdings import Former
from ussd_gateway.billing.ledger import LedgerEntry, budget_lines, pocket_name
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, order, whole
from ussd_gateway.billing.operations.common import sms
from ussd_gateway.billing.operations.companies import control_numbers, is_ours
from ussd_gateway.billing.operations.corporate import foreign
from ussd_gateway.billing.rules import tariff_fee
from ussd_gateway.vocabulary import Value

MAX_FORMER = 10_000
"""Numbers that left, of those the catalogue does not give the company anyway."""


def release(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Let a number go: `number`, and the `tariff` it then has, by default that of new individuals.

    Refused in this order: another company's number, a control number, no tariff for individuals.
    """
    catalogue, number = context.catalogue, str(args.get("number", ""))
    code = str(args.get("tariff", "")).strip().upper() or catalogue.settings.default_account.tariff
    if not is_ours(account, number, catalogue):
        return denied("corp.foreign")
    if number in control_numbers(account, catalogue):
        return denied("corp.control")
    tariff = catalogue.tariffs.get(code)
    if tariff is None or tariff.kind != "individual":
        return denied("tariff.unknown")
    terms: dict[str, Value] = {
        "company": account.company or "",
        "contract": account.msisdn,
        "number": number,
        "tariff": code,
    }
    # A number that is not the company's after all is to be forgotten too.
    leaving = order(number, "corp.leave", terms, refund="company.left")
    return Decision(done(number=number), orders=[leaving])


def leave(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Be an individual's number: the budget returns, own money becomes the balance, the tariff another.

    The new tariff is paid for at once, or waits for a top-up.
    """
    catalogue = context.catalogue
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    own_kop, code = account.personal_kop, str(args.get("tariff", ""))
    fitting = tuple(
        held
        for held in account.services
        if held.code not in catalogue.services or catalogue.services[held.code].kind != "corporate"
    )
    after = account._replace(
        kind="individual",
        company=None,
        balance_kop=account.balance_kop + own_kop,
        budget_kop=0,
        personal_kop=0,
        budget_limit_kop=0,
        budget_month=0,
        tariff=code,
        packages=tuple(each for each in account.packages if each.code != account.tariff),
        tariff_fee=tariff_fee.UNPAID,
        pending_tariff=None,
        services=fitting,
        employee=NOBODY,
        tags=(),
    )
    entries = budget_lines(account, -account.budget_kop, context.key, context.now_ms)
    entries += [
        LedgerEntry(context.key, pocket_name(account.msisdn, pocket), amount_kop, "transfer", context.now_ms)
        for pocket, amount_kop in (("personal", -own_kop), ("main", own_kop))
        if amount_kop
    ]
    paid = tariff_fee.pay(after, context) if account.status == "active" else None
    if paid is not None:
        after, entries = paid[0], [*entries, *paid[1]]
    told: dict[str, Value] = {
        "number": account.msisdn,
        "name": account.employee.name,
        "since_ms": account.employee.since_ms,
    }
    company = catalogue.companies.get(account.company or "")
    message = sms(
        context,
        "corp.left",
        company=company.name if company else "",
        tariff=catalogue.tariff_name(code, account.language),
    )
    farewell = order(str(args.get("contract", "")), "company.left", told)
    return Decision(done(returned_kop=account.budget_kop), after, entries, [message], [farewell])


def left(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The company forgets a number that left, and remembers that it had it."""
    number = str(args.get("number", ""))
    if not is_ours(account, number, context.catalogue):
        return Decision(done(number=number))
    # One that was never the company's after all stayed for no time at all.
    since_ms = whole(args.get("since_ms"))
    former = Former(
        number, str(args.get("name", "")), context.now_ms if since_ms is None else since_ms, context.now_ms
    )
    kept = [each for each in account.former if each.number in context.catalogue.subscribers]
    others = [each for each in account.former if each.number not in context.catalogue.subscribers]
    after = account._replace(
        roster=tuple(each for each in account.roster if each != number),
        former=(*kept, *others[1 - MAX_FORMER :], former),
    )
    return Decision(done(number=number), after)
