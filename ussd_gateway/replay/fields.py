"""The kinds of values a script holds, each checked where it is written.

`{{ name }}` may stand in any of them: what it will be is not known until the step is performed, so such a
value is only checked then, by making the same model anew with the text filled in.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from ussd_gateway.clock import duration_ms
from ussd_gateway.smpp.constants import CommandStatus

REFERENCE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
"""A place for a variable; what stands inside is its name."""

_NAME = re.compile(r"[^\W\d]\w*")
_CODE = re.compile(r"[0-9*#]+", re.ASCII)
_KEYS = re.compile(r"[0-9*#\s]+", re.ASCII)
_HEX = re.compile(r"0x[0-9a-f]{1,8}", re.ASCII | re.IGNORECASE)


def is_open(text: str) -> bool:
    """Whether a variable still has its place in this text."""
    return REFERENCE.search(text) is not None


def is_name(text: str) -> bool:
    """Whether a variable may be called so."""
    return _NAME.fullmatch(text) is not None


def compiled(pattern: str) -> re.Pattern[str]:
    """A regex of a script: `.` takes line breaks too, for a screen has several lines; re.error."""
    return re.compile(pattern, re.DOTALL)


def status_number(text: str) -> int:
    """`ESME_RTHROTTLED`, `RTHROTTLED`, `0x58` or `88` -> 0x58; ValueError (SMPP 3.4 table 5-2)."""
    name = text.upper().removeprefix("ESME_")
    number = getattr(CommandStatus, name, None) if not name.startswith("_") else None
    if isinstance(number, int):
        return number
    if text.isascii() and text.isdigit() and len(text) <= 10:
        return int(text)
    if _HEX.fullmatch(text):
        return int(text, 16)
    raise ValueError("expected a status such as ESME_RTHROTTLED, 0x58 or 88")


def roubles(text: str) -> Decimal:
    """`250`, `250.00`, `-12,40` -> roubles; ValueError."""
    try:
        amount = Decimal(text.replace(",", ".").strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount.as_tuple().exponent < -2:  # type: ignore[operator]
        raise ValueError("expected an amount in roubles such as 250.00")
    return amount


# ---------------------------------------------------------------- checks


def _unless_open(check: Callable[[str], object]) -> AfterValidator:
    def checked(text: str) -> str:
        if not is_open(text):
            check(text)
        return text

    return AfterValidator(checked)


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("expected a whole number")
    if isinstance(value, str) and not is_open(value):
        if not (value.isascii() and value.isdigit()):
            raise ValueError("expected a whole number")
        return int(value)
    if isinstance(value, int) and value < 0:
        raise ValueError("expected a number that is not negative")
    return value


def _truth(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and is_open(value)):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("expected true or false")


def _pattern(text: str) -> str:
    try:
        compiled(REFERENCE.sub("x", text))
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if not pattern.fullmatch(text):
            raise ValueError(f"expected {expected}")

    return check


def one_of(*words: str) -> Any:
    """Text that is one of these words."""

    def check(text: str) -> None:
        if text not in words:
            raise ValueError(f"expected {', '.join(words[:-1])} or {words[-1]}")

    place = {"type": "string", "pattern": r"\{\{"}
    schema = WithJsonSchema({"anyOf": [{"enum": list(words)}, place]})
    return Annotated[str, _unless_open(check), schema]


_OPEN = {"type": "string", "pattern": r"\{\{"}

Duration = Annotated[str, _unless_open(duration_ms)]
"""`30s`, `24h`, `1h30m`, `250ms`; `clock.duration_ms` reads it."""

Roubles = Annotated[str, _unless_open(roubles)]
"""`250.00`; `roubles` reads it."""

Status = Annotated[str, _unless_open(status_number)]
"""A command_status; `status_number` reads it."""

Regex = Annotated[str, AfterValidator(_pattern)]
"""A regular expression; values filled in are taken literally; `compiled` reads it."""

Code = Annotated[str, _unless_open(_matching(_CODE, "a code of digits, * and #, such as *105#"))]
"""A USSD string to dial."""

Keys = Annotated[str, _unless_open(_matching(_KEYS, "keys: digits, * and #"))]
"""Keys of a phone, blanks between them allowed."""

Whole = Annotated[
    int | str,
    BeforeValidator(_whole),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"\{\{|^\d+$"}]}
    ),
]
"""A whole number from 0; an int once nothing is left to fill in."""

Truth = Annotated[
    bool | str, BeforeValidator(_truth), WithJsonSchema({"anyOf": [{"type": "boolean"}, _OPEN]})
]
"""true or false; a bool once nothing is left to fill in."""


def _refusal(value: Any) -> Any:
    if value is False or value == "":
        raise ValueError("expected true, or words of the reason")
    return value


Refusal = Annotated[
    bool | str,
    BeforeValidator(_refusal),
    WithJsonSchema({"anyOf": [{"const": True}, {"type": "string", "minLength": 1}]}),
]
"""`true`, or words of a reason."""


def _fits(value: Any) -> Any:
    return value if value is True else _whole(value)


Fits = Annotated[
    bool | int | str,
    BeforeValidator(_fits),
    WithJsonSchema({"anyOf": [{"const": True}, {"type": "integer", "minimum": 0}, _OPEN]}),
]
"""`true`, or a number of characters."""


def _not_empty(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if not items:
        raise ValueError("an empty list")
    return items


class _AtLeastOne:
    """Checked after the items, so that one that is wrong does not make the list look empty."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_not_empty, handler(source))

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), "minItems": 1}


AtLeastOne = _AtLeastOne()
"""Of a list: it is not empty."""


def one_too(schema: dict[str, Any]) -> None:
    """In the schema of a list that `listed` reads: one of its items is welcome as well."""
    array = {key: schema.pop(key) for key in ("type", "items")}
    schema["anyOf"] = [array["items"], array]


def listed(value: Any) -> Any:
    """One thing where a list of them is also taken."""
    return value if isinstance(value, list | tuple) else [value]


OneOrMore = Annotated[
    tuple[str, ...],
    BeforeValidator(listed),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]
"""A text, or a list of them."""
