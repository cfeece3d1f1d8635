"""From a dialled string to the service that answers it: longest match on `*` and `#` boundaries.

A *service code* is written as it is dialled, `*105#` or `*105*00#`, and stands for itself and for
everything dialled below it: `*105*1*2#` reaches `*105#` with the inputs `1` and `2` left to walk.
Three rules decide (3GPP TS 22.090 §5.1.2 leaves the rest of the string to the network):

1. a code added as exact takes its own string only, and wins it;
2. a code with parameters, `*130*0{number}#`, takes the strings whose parameters are acceptable;
3. the longest code wins: `*100*1#` before `*100#`;
4. a code ends at a separator: `*1001#` is not below `*100#`.

One lookup costs one dictionary probe per separator of the dialled string, however many codes there are;
codes with parameters are looked through only below the service code they begin with.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ussd_gateway.ussd.mmi import Kind, classify, simplified

T = TypeVar("T")

Acceptor = Callable[[str], object | None]
"""Gives None for what cannot be dialled for a parameter."""

MAX_DIALLED = 182
"""Longest string a phone can dial: 160 octets of packed GSM 7-bit (3GPP TS 24.080)."""

MAX_CODE = 20
"""Longest service code: it travels as the sender's address (SMPP 3.4 §5.2.8, 21 octets with the NUL)."""

_CODE = re.compile(r"[*#]{1,3}[0-9]+(?:[*#][0-9]+)*#")
_SHORT = re.compile(r"[0-9]{1,2}")
_SEPARATOR = re.compile(r"[*#]")
_LEADING = re.compile(r"[*#]*")
_SHOWN = re.compile(r"[*#]{0,3}[0-9]{0,15}")
_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}", re.ASCII)


@dataclass(slots=True)
class Match(Generic[T]):
    """A dialled string that found its service: `code` is the service code as it was added (`*105#`), of a
    code with parameters the part before them; the inputs are what was dialled for these.

    Made anew by each lookup, so its inputs may be used up.
    """

    target: T
    code: str
    rest_inputs: list[str]


@dataclass(frozen=True, slots=True)
class _Parametrised(Generic[T]):
    """A code with parameters; `literal` counts the characters that must be dialled as they are."""

    pattern: str
    shape: re.Pattern[str]
    literal: int
    accept: Mapping[str, Acceptor]
    target: T

    def inputs(self, dialled: str) -> list[str] | None:
        """What was dialled for the parameters, in order, or None when the string is not of this code."""
        found = self.shape.fullmatch(dialled)
        if found is None or any(self.accept[name](text) is None for name, text in found.groupdict().items()):
            return None
        return list(found.groups())


def pattern_problem(pattern: str) -> str | None:
    """Why `pattern` cannot be a service code, in words for the author of a file; None when it can."""
    if not pattern:
        return "a service code is empty"
    if "{" in pattern or "}" in pattern:
        return _parameters_problem(pattern)
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


def parameters_of(pattern: str) -> list[str]:
    """The names of a code's parameters, in order: `*115#{to}#{code}#` -> `to`, `code`."""
    return _PARAMETER.findall(pattern)


def _parameters_problem(pattern: str) -> str | None:
    names = parameters_of(pattern)
    for name in names:
        if names.count(name) > 1:
            return f"service code {pattern!r} has the parameter {{{name}}} twice"
    bare = _PARAMETER.sub("1", pattern)
    if "{" in bare or "}" in bare:
        return f"service code {pattern!r}: a parameter is a name in braces, {{number}}"
    if re.search(r"\}(?![*#])", pattern):
        return f"service code {pattern!r}: a parameter ends where * or # follows"
    if not re.match(r"[*#]{1,3}[0-9]+[*#]", pattern):
        return f"service code {pattern!r} must begin like *130*: parameters come after it"
    return pattern_problem(bare)


def _shown_code(pattern: str) -> str:
    """The service code a code with parameters belongs to: `*130*0{number}#` -> `*130#`."""
    fixed = pattern[: pattern.index("{")]
    return fixed[: max(fixed.rfind("*"), fixed.rfind("#"))] + "#"


class Router(Generic[T]):
    """Service codes and what they lead to; built once per load of the files, then only read."""

    def __init__(self) -> None:
        # Dialled string -> code and target; the second table without the final #, for all that is below.
        self._exact: dict[str, tuple[str, T]] = {}
        self._below: dict[str, tuple[str, T]] = {}
        # First service code (`*130`) -> codes with parameters that begin with it, most definite first.
        self._parametrised: dict[str, list[_Parametrised[T]]] = {}

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

    def add_parametrised(self, pattern: str, target: T, accept: Mapping[str, Acceptor]) -> None:
        """Let `*130*0{number}#` lead to `target`; `accept` reads each parameter by its name.

        ValueError (with words fit for a report) for a bad pattern or one already taken.
        """
        if problem := pattern_problem(pattern):
            raise ValueError(problem)
        pieces = _PARAMETER.split(pattern)
        shape = "".join(
            f"(?P<{piece}>[^*#]+)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)
        )
        code = _Parametrised(pattern, re.compile(shape), len("".join(pieces[::2])), dict(accept), target)
        others = self._parametrised.setdefault(_first_code(pattern), [])
        if any(_PARAMETER.sub("{}", other.pattern) == _PARAMETER.sub("{}", pattern) for other in others):
            raise ValueError(f"service code {pattern!r} is taken twice")
        others.append(code)
        others.sort(key=lambda each: -each.literal)

    def take_over(self, other: "Router[Any]") -> None:
        """Let all codes of another router, whose targets are of our kind, lead where they led there."""
        self._exact |= other._exact
        self._below |= other._below
        for first, codes in other._parametrised.items():
            self._parametrised[first] = list(codes)

    def find(self, dialled: str) -> Match[T] | None:
        """The service for `dialled`, or None when no code covers it.

        A supplementary-service string is understood in any spelling of 3GPP TS 22.030.
        """
        found = self._find(dialled)
        if found is None and (simpler := simplified(dialled)) != dialled:
            return self._find(simpler)
        return found

    def _find(self, dialled: str) -> Match[T] | None:
        if len(dialled) > MAX_DIALLED:
            return None
        found = self._exact.get(dialled)
        if found is None and dialled.endswith("#"):
            found = self._below.get(dialled[:-1])
        if found is not None:
            return Match(found[1], found[0], [])
        if not dialled.endswith("#"):
            return None
        return self._find_parametrised(dialled) or self._find_below(dialled)

    def _find_parametrised(self, dialled: str) -> Match[T] | None:
        for code in self._parametrised.get(_first_code(dialled), ()):
            inputs = code.inputs(dialled)
            if inputs is not None:
                return Match(code.target, _shown_code(code.pattern), inputs)
        return None

    def _find_below(self, dialled: str) -> Match[T] | None:
        for end in _boundaries(dialled):
            found = self._below.get(dialled[:end])
            if found is not None:
                return Match(found[1], found[0], _SEPARATOR.split(dialled[end + 1 : -1]))
        return None

    def codes(self) -> Iterator[tuple[str, T]]:
        """Every code with its target, exact ones first, in the order they were added."""
        yield from self._exact.values()
        for group in self._parametrised.values():
            yield from ((code.pattern, code.target) for code in group)
        yield from self._below.values()


def _first_code(dialled: str) -> str:
    """`*130*0926#` -> `*130`: what stands before the first separator inside."""
    leading = _LEADING.match(dialled)
    separator = _SEPARATOR.search(dialled, leading.end() if leading else 0)
    return dialled[: separator.start()] if separator else dialled


def _boundaries(dialled: str) -> list[int]:
    """Where a code may end inside `dialled`, longest first; not in its leading `*#`, not at its last `#`."""
    leading = _LEADING.match(dialled)
    first = leading.end() if leading else 0
    return [i for i in range(len(dialled) - 2, first, -1) if dialled[i] in "*#"]


def shown_code(dialled: str) -> str:
    """The service code as the sender of a screen for a string that found no service: `*999*1#` -> `*999#`.

    It must fit an SMPP address (20 characters, SMPP 3.4 §5.2.8), which a dialled string may not.
    """
    match = _SHOWN.match(dialled)
    code = match[0] if match else ""
    return f"{code}#" if code[:1] in ("*", "#") else code
