"""What time has done to an account: every event due by now, one after another, as if nobody had slept.

An account is true at an instant.  Fees, changes of tariff, loans that fall due, packages and points that end:
each is an event of a rule (`rules/`) with an instant of its own.  Settling plays them in the order of time,
each on what the one before it left, with the reactions it calls for (`reactions.py`).  It depends on nothing
but the account and the catalogue, so a clock that jumps a year gives what the year would have given.
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.operations.base import Context
from ussd_gateway.billing.reactions import react
from ussd_gateway.billing.rules import RULES
from ussd_gateway.billing.rules.base import NEVER, Course

_DUE = tuple([rule.due for rule in RULES])


def next_due_ms(account: Account) -> int | None:
    """The instant of the next event that time brings to this account; None when there is none."""
    first = NEVER
    for rule_due in _DUE:
        due_ms = rule_due(account)
        if due_ms < first:
            first = due_ms
    return None if first == NEVER else first


def settle(account: Account, context: Context) -> Course:
    """Everything due by `context.now_ms`, in the order of time, each event at its own instant."""
    course = Course(account)
    while True:
        due_ms, number = min([(rule.due(course.account), number) for number, rule in enumerate(RULES)])
        if due_ms > context.now_ms:
            return course
        rule = RULES[number]
        before = course.account
        at = Context(due_ms, context.catalogue, context.key)
        decision = rule.play(before, at)
        course.add(rule.name, due_ms, decision)
        if rule.due(course.account) <= due_ms:
            raise AssertionError(f"the rule `{rule.name}` does not move on")
        react(course, before, decision.entries, at)
