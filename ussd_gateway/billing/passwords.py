"""Passwords of the personal account: what one may look like, and what each guess does.

Generated ones are digits, the subscriber's own are letters and digits.  So many wrong answers in a row
lock the login; from then on even the right one is refused.  Any new password, by whatever channel,
unlocks, sets the count back and kills the old one.  There is no ageing.

Hashing is slow on purpose and needs a secret, digits need chance: both come from outside through the two
small ports below, before the pure decision is made.
"""

import re
from typing import Literal, Protocol

from ussd_gateway.billing.account import Account, Password
from ussd_gateway.billing.files import PasswordRules

_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z0-9]*", re.ASCII)

Verdict = Literal["right", "wrong", "locks", "locked"]
"""`wrong`: counted; `locks`: counted, and it was one too many; `locked`: not even looked at."""


class Hasher(Protocol):
    """Slow one-way hashing with a secret of the server's."""

    async def hash(self, password: str) -> str:
        """The hash to store."""
        ...

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether `stored` was made of `password`; takes as long, and is False, when nothing is stored."""
        ...

    def seal(self, *parts: str) -> str:
        """A quick keyed hash, for codes that live a few minutes and few tries: equal parts, equal seal."""
        ...


class Dice(Protocol):
    """Chance nobody can foresee."""

    def digits(self, count: int) -> str:
        """`count` random decimal digits."""
        ...


def acceptable(password: str, rules: PasswordRules) -> bool:
    """Whether a subscriber may choose this password."""
    return (
        rules.min_length <= len(password) <= rules.max_length
        and _LETTERS_AND_DIGITS.fullmatch(password) is not None
    )


def renewed(account: Account, new_hash: str, now_ms: int) -> Account:
    """The account with a new password: unlocked, count at zero, the old password dead."""
    return account._replace(password=Password(new_hash, set_ms=now_ms))


def guessed(account: Account, right: bool, rules: PasswordRules) -> tuple[Verdict, Account]:
    """What one answer does to the account."""
    password = account.password
    if password.locked:
        return "locked", account
    if right:
        return "right", account._replace(password=password._replace(wrong=0))
    wrong = password.wrong + 1
    locks = wrong >= rules.lock_on_wrong
    after = account._replace(password=password._replace(wrong=wrong, locked=locks))
    return ("locks" if locks else "wrong"), after


def attempts_left(account: Account, rules: PasswordRules) -> int:
    """How many more answers will be looked at before the login locks."""
    return 0 if account.password.locked else max(0, rules.lock_on_wrong - account.password.wrong)
