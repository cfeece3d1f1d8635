"""The budget a company gives an employee, filled up to its limit when a month begins.

What was left of the old month goes back to the company: the budget is a limit, not a gift.
"""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import day_of, month_of, month_start_ms
from ussd_gateway.billing.ledger import budget_lines
from ussd_gateway.billing.operations.base import Context, Decision, done
from ussd_gateway.billing.rules.base import NEVER, Rule


def due(account: Account) -> int:
    """The start of the next month; an account from before this was counted begins with its first month."""
    if account.company is None or account.budget_limit_kop == 0:
        return NEVER
    return month_start_ms((account.budget_month or month_of(day_of(account.created_ms))) + 1)


def play(account: Account, context: Context) -> Decision:
    """A full budget."""
    missing_kop = account.budget_limit_kop - account.budget_kop
    after = account._replace(
        budget_kop=account.budget_limit_kop, budget_month=month_of(day_of(context.now_ms))
    )
    entries = budget_lines(account, missing_kop, context.key, context.now_ms)
    return Decision(done(added_kop=missing_kop), after, entries)


RULE = Rule("budget", due, play)
