"""The black list (`bl.…`): numbers whose calls do not come through while its service is on.

Switching it on and off is switching a service that has a daily fee.  The numbers outlive that: they are
there again when the list is switched on again.
"""

from collections.abc import Mapping

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.numbers import phone_number
from ussd_gateway.billing.operations import services
from ussd_gateway.billing.operations.base import Context, Decision, denied, done
from ussd_gateway.billing.operations.common import forbidden, sms
from ussd_gateway.billing.services import feature_code
from ussd_gateway.vocabulary import Value


def on(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Switch the list on, for its daily fee."""
    return services.on(account, {"code": _code(context)}, context)


def off(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Switch the list off; the numbers stay."""
    return services.off(account, {"code": _code(context)}, context)


def add(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Put a number on the list, which switches the list on if it is off.

    Refused in this order: the number's state, a number that is none, one's own, one that is there, a full
    list, then whatever stands in the way of switching on.
    """
    rules = context.catalogue.rules.black_list
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    number = _number(args, context)
    if number is None:
        return denied("bl.bad", min=rules.min_digits, max=rules.max_digits)
    if number == account.msisdn:
        return denied("bl.own")
    if number in account.black_list:
        return denied("bl.already", number=number)
    if len(account.black_list) >= rules.max_numbers:
        return denied("bl.full", max=rules.max_numbers)
    decision = Decision(done(), account)
    code = _code(context)
    if account.service(code) is None and rules.add_switches_on:
        decision = services.obstacle(account, code, context) or services.switch_on(account, code, context)
        if decision.outcome.name == "denied":
            return decision
    assert decision.account is not None
    decision.account = decision.account._replace(black_list=(*account.black_list, number))
    decision.outcome = done(number=number, count=len(decision.account.black_list))
    return decision


def delete(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take a number off the list."""
    rules = context.catalogue.rules.black_list
    number = _number(args, context)
    if number is None:
        return denied("bl.bad", min=rules.min_digits, max=rules.max_digits)
    if number not in account.black_list:
        return denied("bl.absent", number=number)
    kept = tuple([each for each in account.black_list if each != number])
    return Decision(done(number=number, count=len(kept)), account._replace(black_list=kept))


def clear(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Take all numbers off the list; it stays on."""
    return Decision(done(count=len(account.black_list)), account._replace(black_list=()))


def tell(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """The numbers on the list by SMS."""
    numbers = ", ".join(account.black_list)
    message = sms(context, "bl.list", numbers=numbers) if numbers else sms(context, "bl.list.none")
    return Decision(done(count=len(account.black_list)), messages=[message])


def _code(context: Context) -> str:
    return feature_code(context.catalogue, "black_list") or ""


def _number(args: Mapping[str, Value], context: Context) -> str | None:
    rules = context.catalogue.rules.black_list
    number = phone_number(args.get("number"), context.catalogue)
    if number is None or not rules.min_digits <= len(number) <= rules.max_digits:
        return None
    return number
