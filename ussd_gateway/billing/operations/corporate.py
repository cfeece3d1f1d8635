"""What a company does with the number of an employee (`corp.…`): who uses it, labels, the monthly limit.

The company acts on its own numbers only: each operation is told which company asks, and refuses a number of
another one.  What the company forbade the employee it may do itself.
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of
from ussd_gateway.billing.ledger import budget_lines
from ussd_gateway.billing.operations import forwarding
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, whole
from ussd_gateway.billing.operations.common import blocked, switched_on
from ussd_gateway.billing.operations.content import stop_content
from ussd_gateway.vocabulary import Value

MAX_WORDS = 60
"""Characters of a name or a position."""
MAX_TAG = 20
MAX_TAGS = 10
MAX_LIMIT_KOP = 100_000_000


def foreign(account: Account, args: Mapping[str, Value]) -> Decision | None:
    """The refusal of a number that is not the asking company's; None for one that is."""
    return None if account.company == args.get("company") else denied("corp.foreign")


def describe(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Say who uses the number: `name`, `position`; what is left out stays as it was."""
    name = words(args.get("name", account.employee.name))
    position = words(args.get("position", account.employee.position))
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    if max(len(name), len(position)) > MAX_WORDS:
        return denied("corp.words", max=MAX_WORDS)
    employee = account.employee._replace(name=name, position=position)
    return Decision(done(name=name, position=position), account._replace(employee=employee))


def tag(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Put a label on the number, or with `on` false take it off; twice does no harm."""
    label = words(args.get("tag", ""))
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    if not 0 < len(label) <= MAX_TAG or "," in label:
        return denied("corp.tag", max=MAX_TAG)
    tags = tuple(sorted({*account.tags, label} if switched_on(args.get("on")) else {*account.tags} - {label}))
    if len(tags) > MAX_TAGS:
        return denied("corp.tags", max=MAX_TAGS)
    return Decision(done(tags=", ".join(tags)), account._replace(tags=tags))


def limit(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Set what the company pays a month; what is left of this month moves by the difference.

    What was spent stays spent: a limit below it leaves nothing, and takes nothing back.
    """
    limit_kop = whole(args.get("limit_kop"))
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    if limit_kop is None or not 0 <= limit_kop <= MAX_LIMIT_KOP:
        return denied("amount.bad", max_kop=MAX_LIMIT_KOP)
    left_kop = max(0, account.budget_kop + limit_kop - account.budget_limit_kop)
    month = account.budget_month or month_of(day_of(context.now_ms))
    after = account._replace(budget_limit_kop=limit_kop, budget_kop=left_kop, budget_month=month)
    entries = budget_lines(account, left_kop - account.budget_kop, context.key, context.now_ms)
    return Decision(done(limit_kop=limit_kop, left_kop=left_kop), after, entries)


def restrict(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Forbid the employee to change tariff and services, or with `on` false allow it."""
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    on = switched_on(args.get("on"))
    return Decision(done(on=on), account._replace(employee=account.employee._replace(restricted=on)))


def forward(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Divert the calls of the number: `kind`, `to`; with `on` false no longer (without kind: none)."""
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    change = forwarding.establish if switched_on(args.get("on")) else forwarding.clear
    return change(account, {name: value for name, value in args.items() if name in ("kind", "to")}, context)


def roaming(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Whether the number works in foreign networks; a restriction binds the employee, not the company."""
    refusal = foreign(account, args) or blocked(account)
    if refusal is not None:
        return refusal
    on = switched_on(args.get("on"))
    return Decision(done(on=on), account._replace(roaming=on))


def content_ban(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """No entertainment on a number for work: end subscriptions, let no new one begin."""
    return foreign(account, args) or stop_content(account, args, context)


def words(value: Value) -> str:
    """What people typed, on one line, without spaces too many."""
    return " ".join(str(value).split())
