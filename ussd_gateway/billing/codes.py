"""Codes by SMS: to log in, to confirm a transfer, to bind a card.  Single use, short life, counted tries.

Only a keyed hash is stored (`Hasher.seal`), made with the number and the purpose: a code of one purpose is
worth nothing for another.  At most one code of a purpose waits; a new one replaces it.
"""

from typing import Literal

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.holdings import PendingCode

Purpose = Literal["otp", "transfer", "card"]
Verdict = Literal["right", "wrong", "none"]
"""`none`: no such code waits, or it has expired, or too many wrong ones have ended it."""

MINUTE_MS = 60_000


def issued(account: Account, purpose: Purpose, sealed: str, expires_ms: int, payload: str = "") -> Account:
    """The account with a new code of this purpose, and only that one."""
    others = _without(account, purpose)
    return account._replace(codes=(*others, PendingCode(purpose, sealed, expires_ms, 0, payload)))


def waiting(account: Account, purpose: Purpose, now_ms: int) -> PendingCode | None:
    """The code that is waited for."""
    for code in account.codes:
        if code.purpose == purpose and code.expires_ms > now_ms:
            return code
    return None


def answered(
    account: Account, purpose: Purpose, sealed: str, now_ms: int, max_tries: int
) -> tuple[Verdict, Account, int]:
    """What an answer does: the verdict, the account after it, how many more answers will be looked at.

    A right answer uses the code up; so does the last wrong one.
    """
    code = waiting(account, purpose, now_ms)
    if code is None:
        return "none", account, 0
    if sealed == code.hash:
        return "right", account._replace(codes=_without(account, purpose)), 0
    others, tries = _without(account, purpose), code.tries + 1
    if tries >= max_tries:
        return "wrong", account._replace(codes=others), 0
    return "wrong", account._replace(codes=(*others, code._replace(tries=tries))), max_tries - tries


def _without(account: Account, purpose: Purpose) -> tuple[PendingCode, ...]:
    return tuple(code for code in account.codes if code.purpose != purpose)
