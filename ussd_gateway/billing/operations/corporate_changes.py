"""Tariff and services of a company's number, changed by the company (`corp.tariff`, `corp.service`).

The company asks for many numbers at once, one operation a number.  With `dry` nothing changes and the outcome
tells what would: that names, before anything is done, each number that cannot have it and the reason.
A restriction binds the employee, not the company.
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import DAY_MS
from ussd_gateway.billing.holdings import Deferred
from ussd_gateway.billing.operations import services, tariffs
from ussd_gateway.billing.operations.base import Context, Decision, denied, done, order, whole
from ussd_gateway.billing.operations.common import blocked, sms, switched_on
from ussd_gateway.billing.operations.corporate import foreign
from ussd_gateway.billing.services import service_name
from ussd_gateway.vocabulary import Outcome, Value

MAX_AHEAD_MS = 366 * DAY_MS
"""How far ahead a change may be asked for."""


def tariff(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Order another tariff: `code`, for `effective_ms` or for when the rules say.

    `application`: the company has handed in the filled form, which is noted with the order.
    """
    code = services.code_of(args)
    refusal = foreign(account, args) or blocked(account) or _bad_time(args, "effective_ms", context)
    refusal = refusal or tariffs.obstacle(account, code, context)
    if refusal is not None:
        return refusal
    decision = tariffs.ordered(account, code, context, effective_ms=whole(args.get("effective_ms")))
    if args.get("application") and decision.account and decision.account.pending_tariff:
        pending = decision.account.pending_tariff._replace(application=True)
        decision.account = decision.account._replace(pending_tariff=pending)
    return _unless_dry(decision, args)


def service(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Switch `code` on, or with `on` false off; at once, or at `at_ms` if nothing is in the way then.

    `deferred_ms`: an order comes back at its time; it finds its change waiting, or cancelled in the meantime.
    """
    refusal = foreign(account, args) or _bad_time(args, "at_ms", context)
    if refusal is not None:
        return refusal
    code, wanted = services.code_of(args), switched_on(args.get("on"))
    if (deferred_ms := whole(args.get("deferred_ms"))) is not None:
        waiting = Deferred(code, wanted, deferred_ms)
        if waiting not in account.deferred:
            return Decision(done(name=service_name(context.catalogue, code, account.language), at_ms=0))
        account = without(account, waiting)
    switch = services.on if wanted else services.off
    free = account._replace(employee=account.employee._replace(restricted=False))
    decision = switch(free, {"code": code}, context)
    if decision.outcome.name == "denied":
        return decision
    at_ms = whole(args.get("at_ms")) or context.now_ms
    outcome = done(name=decision.outcome.params["name"], at_ms=at_ms)
    if at_ms > context.now_ms:
        decision = _later(account, Deferred(code, wanted, at_ms), str(args["company"]), outcome)
    elif decision.account is not None or deferred_ms is not None:
        decision.account = (decision.account or account)._replace(employee=account.employee)
    decision.outcome = outcome
    return _unless_dry(decision, args)


def _later(account: Account, change: Deferred, company: str, outcome: Outcome) -> Decision:
    """Note the change and order it; one that waits already is not ordered again."""
    if change in account.deferred:
        return Decision(outcome)
    terms: dict[str, Value] = {
        "company": company,
        "code": change.code,
        "on": change.on,
        "deferred_ms": change.at_ms,
    }
    later = order(
        account.msisdn, "corp.service", terms, refund="corp.service_failed", not_before_ms=change.at_ms
    )
    return Decision(outcome, account._replace(deferred=(*account.deferred, change)), orders=[later])


def without(account: Account, change: Deferred) -> Account:
    """The account when the change no longer waits."""
    return account._replace(deferred=tuple(each for each in account.deferred if each != change))


def cancel(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take back what waits for its time, the tariff and services; with `code`, only that one."""
    refusal = foreign(account, args)
    if refusal is not None:
        return refusal
    code, pending = services.code_of(args), account.pending_tariff
    kept = tuple(each for each in account.deferred if code and each.code != code)
    keeps_tariff = pending is None or bool(code and pending.code != code)
    count = len(account.deferred) - len(kept) + (not keeps_tariff)
    if not count:
        return denied("corp.nothing")
    after = account._replace(deferred=kept, pending_tariff=pending if keeps_tariff else None)
    return Decision(done(count=count), after)


def service_failed(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """A change that was asked for earlier met an obstacle at its time: the number is told."""
    code = services.code_of(args)
    name = service_name(context.catalogue, code, account.language)
    change = Deferred(code, switched_on(args.get("on")), whole(args.get("deferred_ms")) or 0)
    after = without(account, change) if change in account.deferred else None
    return Decision(done(), after, messages=[sms(context, "corp.service_failed", name=name)])


def _bad_time(args: Mapping[str, Value], name: str, context: Context) -> Decision | None:
    at_ms = whole(args.get(name))
    if at_ms is None or 0 <= at_ms - context.now_ms <= MAX_AHEAD_MS:
        return None
    return denied("corp.time")


def _unless_dry(decision: Decision, args: Mapping[str, Value]) -> Decision:
    """The decision, or only what it would have told."""
    if not args.get("dry"):
        return decision
    return Decision(Outcome(decision.outcome.name, decision.outcome.params))
