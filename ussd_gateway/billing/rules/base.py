"""What a rule of time is, and how what happens to one account is gathered.

A rule says when it will next change an account, and what it changes at that instant.  Both are pure; the
instants stand in the account's holdings, so playing a rule twice is impossible: the first time moves them.
"""

from collections.abc import Callable
from typing import NamedTuple

from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import LedgerEntry
from ussd_gateway.billing.operations.base import Context, Decision

NEVER = 1 << 62
"""An instant that does not come (milliseconds since the epoch)."""


class Rule(NamedTuple):
    """One rule of time.

    `due`: the instant of its next event, NEVER when there is none.  `play`: what happens at that instant,
    which is the context's `now_ms`; everything of this rule that is due by then at once.
    """

    name: str
    due: Callable[[Account], int]
    play: Callable[[Account, Context], Decision]


class Happening(NamedTuple):
    """One thing that happened to an account: when, by which rule, what it changed."""

    at_ms: int
    name: str
    decision: Decision


class Course:
    """What happens to one account, one thing after another; `account` is what all of it has led to."""

    __slots__ = ("account", "happened")

    def __init__(self, account: Account) -> None:
        self.account = account
        self.happened: list[Happening] = []

    def add(self, name: str, at_ms: int, decision: Decision) -> None:
        """Take what was decided on `account`."""
        if decision.account is not None:
            self.account = purse.relieved(decision.account)
        self.happened.append(Happening(at_ms, name, decision))


def taken(
    account: Account, amount_kop: int, note: str, kind: str, context: Context
) -> tuple[Account, list[LedgerEntry]] | None:
    """The account after paying a fee that may be zero; None when there is not enough money."""
    if amount_kop == 0:
        return account, []
    return purse.charge(
        account,
        amount_kop,
        note,
        key=context.key,
        now_ms=context.now_ms,
        remember=context.catalogue.settings.last_charges,
        kind=kind,
    )
