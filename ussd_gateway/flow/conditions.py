"""`when:` conditions of a menu file: a grammar small enough to explain in one table, compiled at load.

    condition  = all { "or" all }
    all        = one { "and" one }
    one        = "not" one | "(" condition ")" | operand [ ("==" | "!=" | "<" | "<=" | ">" | ">=") operand ]
    operand    = name | whole number | "text" | 'text' | true | false

A name is a variable of the menu or a fact about the subscriber (`subscriber.corporate`).  Nothing else can
be said: no calls, no arithmetic, no way to run long.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ussd_gateway.templates import Values
from ussd_gateway.vocabulary import Value

MAX_LENGTH = 200
MAX_NESTING = 10

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*)|(?P<number>-?[0-9]{1,15})"
    r"|(?P<text>\"[^\"]*\"|'[^']*')|(?P<sign>==|!=|<=|>=|<|>|\(|\)))\s*",
    re.ASCII,
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_Reader = Callable[[Values], Value]
_Operand = tuple[_Reader, str | None, type | None]
"""How to read it, its name (None for a literal), its type (None for a name)."""


class Condition:
    """One compiled condition.

    `demands` lists the names it reads with the type each must have, None where any type will do, so that a
    checker can compare them with the vocabulary.
    """

    __slots__ = ("demands", "source", "_test")

    def __init__(self, source: str) -> None:
        """Compile; ValueError says what is wrong with the condition."""
        parser = _Parser(source)
        self.source = source
        self._test = parser.whole()
        self.demands: tuple[tuple[str, type | None], ...] = tuple(parser.demands)

    def holds(self, values: Values) -> bool:
        """Whether it is true of these values; KeyError for a name they do not have."""
        return bool(self._test(values))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In a file it is a string."""
        return core_schema.no_info_after_validator_function(cls._from_file, core_schema.str_schema())

    @classmethod
    def _from_file(cls, source: str) -> Self:
        return cls(source)


class _Parser:
    """Recursive descent over the tokens; each rule returns a closure that evaluates its part."""

    def __init__(self, source: str) -> None:
        if len(source) > MAX_LENGTH:
            raise ValueError(f"condition longer than {MAX_LENGTH} characters")
        self._tokens = list(_tokens(source))
        self._nesting = 0
        self.demands: list[tuple[str, type | None]] = []

    def whole(self) -> _Reader:
        test = self._any()
        if self._tokens:
            raise ValueError(f"condition: `{self._tokens[0][1]}` is not expected here")
        return test

    def _any(self) -> _Reader:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda values: any(test(values) for test in tests)

    def _all(self) -> _Reader:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda values: all(test(values) for test in tests)

    def _one(self) -> _Reader:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise ValueError("condition nested too deeply")
        try:
            if self._take("not"):
                test = self._one()
                return lambda values: not test(values)
            if self._take("("):
                inner = self._any()
                if not self._take(")"):
                    raise ValueError("condition: a `)` is missing")
                return inner
            return self._comparison()
        finally:
            self._nesting -= 1

    def _comparison(self) -> _Reader:
        left = self._operand()
        if not self._tokens or self._tokens[0][1] not in _COMPARISONS:
            self._demand(left, bool)
            return left[0]
        sign = self._tokens.pop(0)[1]
        right = self._operand()
        ordered = sign not in ("==", "!=")
        self._demand(left, int if ordered else right[2])
        self._demand(right, int if ordered else left[2])
        return _compare(sign, left[0], right[0])

    def _demand(self, operand: _Operand, wanted: type | None) -> None:
        """The operand must be of type `wanted`: checked now for a literal, later for a name."""
        _, name, kind = operand
        if name is not None:
            self.demands.append((name, wanted))
        elif wanted is not None and kind is not wanted:
            raise ValueError(f"condition: {_WORDS_FOR[wanted]} is wanted where {_WORDS_FOR[kind]} stands")

    def _operand(self) -> _Operand:
        if not self._tokens:
            raise ValueError("condition ends too early")
        kind, text = self._tokens.pop(0)
        if kind == "number":
            return _constant(int(text)), None, int
        if kind == "text":
            return _constant(text[1:-1]), None, str
        if text in ("true", "false"):
            return _constant(text == "true"), None, bool
        if kind != "name" or text in ("and", "or", "not"):
            raise ValueError(f"condition: `{text}` is not expected here")
        return operator.itemgetter(text), text, None

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0][1] == word and self._tokens[0][0] != "text":
            del self._tokens[0]
            return True
        return False


_WORDS_FOR: Mapping[type | None, str] = {int: "a number", str: "a text", bool: "true or false"}


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise ValueError(f"condition: cannot read `{source[position:].strip()[:20]}`")
        position = match.end()
        assert match.lastgroup is not None
        yield match.lastgroup, match[match.lastgroup]


def _constant(value: Value) -> _Reader:
    return lambda values: value


def _compare(sign: str, left: _Reader, right: _Reader) -> _Reader:
    test = _COMPARISONS[sign]
    if sign in ("==", "!="):
        return lambda values: test(left(values), right(values))

    def ordered(values: Values) -> Value:
        # Only numbers have an order; anything else compares as false instead of failing in a dialogue.
        first, second = left(values), right(values)
        return isinstance(first, int) and isinstance(second, int) and test(first, second)

    return ordered


def word_for(kind: type) -> str:
    """A value's type as the author of a file would call it."""
    return _WORDS_FOR[kind]
