"""What a subscriber may type on an input screen, and the value it becomes.

`msisdn` -> E.164 digits, `digits` and `regex` and `text` -> text as typed, `number` -> a whole number,
`amount` -> kopecks.
"""

import re
from collections.abc import Callable

from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.vocabulary import Value

MAX_ANSWER = 182
"""No phone can type more into one USSD string (3GPP TS 23.038 §5)."""

MAX_AMOUNT_KOP = 10**11
MAX_NUMBER_DIGITS = 9

_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?", re.ASCII)

Acceptor = Callable[[str], Value | None]
"""Answer (outer blanks off) -> value, or None when it is not acceptable."""


def msisdn(plan: NumberingPlan) -> Acceptor:
    """A subscriber number in any form people type; becomes `79261234567`."""
    return plan.parse


def digits(shortest: int, longest: int) -> Acceptor:
    """A string of digits; stays text, so leading zeros survive."""

    def accept(answer: str) -> Value | None:
        fits = shortest <= len(answer) <= longest and answer.isascii() and answer.isdigit()
        return answer if fits else None

    return accept


def number(shortest: int, longest: int) -> Acceptor:
    """A whole number of so many digits."""
    spelled = digits(shortest, min(longest, MAX_NUMBER_DIGITS))
    return lambda answer: None if spelled(answer) is None else int(answer)


def text(shortest: int, longest: int) -> Acceptor:
    """Any text of that length."""
    return lambda answer: answer if shortest <= len(answer) <= longest else None


def regex(pattern: str, shortest: int, longest: int) -> Acceptor:
    """A text of that length the whole of which matches `pattern`."""
    compiled = re.compile(pattern)
    return lambda answer: (
        answer if shortest <= len(answer) <= longest and compiled.fullmatch(answer) else None
    )


def amount(least_kop: int, most_kop: int) -> Acceptor:
    """A sum in roubles, `300` or `300.50` or `300,50`; becomes kopecks."""

    def accept(answer: str) -> Value | None:
        kopecks = parse_roubles(answer)
        return kopecks if kopecks is not None and least_kop <= kopecks <= most_kop else None

    return accept


def parse_roubles(written: str) -> int | None:
    """`300`, `300.5`, `300,50` -> kopecks; None for anything else."""
    match = _AMOUNT.fullmatch(written)
    if match is None:
        return None
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
