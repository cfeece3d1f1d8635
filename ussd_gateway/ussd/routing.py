"""From a dialled string to the service that answers it: longest match on `*` and `#` boundaries.

A *service code* is written as it is dialled, `*105#` or `*105*00#`, and stands for itself and for
everything dialled below it: `*105*1*2#` reaches `*105#` with the inputs `1` and `2` left to walk.
Three rules decide (3GPP TS 22.090 §5.1.2 leaves the rest of the string to the network):

1. a code added as exact takes its own string only, and wins it;
2. the longest code wins: `*100*1#` before `*100#`;
3. a code ends at a separator: `*1001#` is not below `*100#`.

One lookup costs one dictionary probe per separator of the dialled string, however many codes there are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ussd_gateway.ussd.mmi import Kind, classify

T = TypeVar("T")

MAX_DIALLED = 182
"""Longest string a phone can dial: 160 octets of packed GSM 7-bit (3GPP TS 24.080)."""

MAX_CODE = 20
"""Longest service code: it travels as the sender's address (SMPP 3.4 §5.2.8, 21 octets with the NUL)."""

_CODE = re.compile(r"[*#]{1,3}[0-9]+(?:[*#][0-9]+)*#")
_SHORT = re.compile(r"[0-9]{1,2}")
_SEPARATOR = re.compile(r"[*#]")
_LEADING = re.compile(r"[*#]*")


@dataclass(slots=True)
class Match(Generic[T]):
    """A dialled string that found its service: `code` is the service code as it was added (`*105#`).

    Made anew by each lookup, so its inputs may be used up.
    """

    target: T
    code: str
    rest_inputs: list[str]


def pattern_problem(pattern: str) -> str | None:
    """Why `pattern` cannot be a service code, in words for the author of a file; None when it can."""
    if not pattern:
        return "a service code is empty"
    if stray := re.search(r"[^0-9*#]", pattern):
        return f"service code {pattern!r} holds {stray[0]!r}; only digits, * and # can be dialled"
    if len(pattern) > MAX_CODE:
        return f"service code {pattern[:MAX_CODE]!r}… is longer than {MAX_CODE} characters"
    if _SHORT.fullmatch(pattern):
        return None
    if not pattern.endswith("#"):
        return f"service code {pattern!r} must end in #"
    if not _CODE.fullmatch(pattern):
        return f"service code {pattern!r} must look like *105# or *105*00# (1-3 of * and #, digits, #)"
    if classify(pattern).kind is Kind.LOCAL:
        return f"service code {pattern!r} never leaves the phone: it is a command to the phone or its SIM"
    return None


class Router(Generic[T]):
    """Service codes and what they lead to; built once per load of the files, then only read."""

    def __init__(self) -> None:
        # Dialled string -> code and target; the second table without the final #, for all that is below.
        self._exact: dict[str, tuple[str, T]] = {}
        self._below: dict[str, tuple[str, T]] = {}

    def add(self, pattern: str, target: T, *, exact: bool = False) -> None:
        """Let `pattern` lead to `target`; with `exact`, only that very string does.

        ValueError (with words fit for a report) for a bad pattern or one already taken.
        """
        if problem := pattern_problem(pattern):
            raise ValueError(problem)
        exact = exact or not pattern.endswith("#")
        table = self._exact if exact else self._below
        key = pattern if exact else pattern[:-1]
        if key in table:
            raise ValueError(f"service code {pattern!r} is taken twice")
        table[key] = pattern, target

    def find(self, dialled: str) -> Match[T] | None:
        """The service for `dialled`, or None when no code covers it."""
        if len(dialled) > MAX_DIALLED:
            return None
        found = self._exact.get(dialled)
        if found is None and dialled.endswith("#"):
            found = self._below.get(dialled[:-1])
        if found is not None:
            return Match(found[1], found[0], [])
        return self._find_below(dialled) if dialled.endswith("#") else None

    def _find_below(self, dialled: str) -> Match[T] | None:
        for end in _boundaries(dialled):
            found = self._below.get(dialled[:end])
            if found is not None:
                return Match(found[1], found[0], _SEPARATOR.split(dialled[end + 1 : -1]))
        return None

    def codes(self) -> Iterator[tuple[str, T]]:
        """Every code with its target, exact ones first, in the order they were added."""
        yield from self._exact.values()
        yield from self._below.values()


def _boundaries(dialled: str) -> list[int]:
    """Where a code may end inside `dialled`, longest first; not in its leading `*#`, not at its last `#`."""
    leading = _LEADING.match(dialled)
    first = leading.end() if leading else 0
    return [i for i in range(len(dialled) - 2, first, -1) if dialled[i] in "*#"]
