"""How long something takes on purpose: always the same, or drawn from a distribution.

    5s    {uniform: [100ms, 2s]}    {normal: [800ms, 200ms]}    {exponential: 500ms}

A draw is a number between 0 and 1 that somebody else has thrown: the same throw gives the same length.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log1p
from statistics import NormalDist
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from ussd_gateway.clock import duration_ms

MAX_DELAY_MS = 600_000
EXPECTED = (
    "expected a time such as 5s, or one of {uniform: [100ms, 2s]}, {normal: [800ms, 200ms]}, "
    "{exponential: 500ms}"
)

Written = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delay:
    """A length of time, or a distribution of them; milliseconds, at most ten minutes.

    `first_ms`: the length itself (fixed), the least (uniform) or the mean; `second_ms`: the most (uniform) or
    the standard deviation (normal).  `written` is how somebody wrote it.
    """

    kind: Literal["fixed", "uniform", "normal", "exponential"]
    first_ms: int
    second_ms: int = 0
    written: Written = ""

    def draw_ms(self, share: float) -> int:
        """The length for a throw above 0 and below 1, by the inverse of the distribution."""
        drawn: float = self.first_ms
        if self.kind == "uniform":
            drawn += share * (self.second_ms - self.first_ms)
        elif self.kind == "normal" and self.second_ms:
            drawn = NormalDist(self.first_ms, self.second_ms).inv_cdf(share)
        elif self.kind == "exponential":
            drawn *= -log1p(-share)
        return min(max(0, round(drawn)), MAX_DELAY_MS)

    @property
    def mean_ms(self) -> int:
        """What it comes to on average, but for the bounds of zero and ten minutes."""
        return (self.first_ms + self.second_ms) // 2 if self.kind == "uniform" else self.first_ms


def read_delay(value: object) -> Delay:
    """What stands in a file or a request; ValueError says what is wrong."""
    if isinstance(value, Delay):
        return value
    if isinstance(value, str):
        return Delay("fixed", _ms(value), written=value)
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError(EXPECTED)
    ((kind, given),) = value.items()
    if kind == "exponential" and isinstance(given, str):
        return Delay("exponential", _ms(given), written=value)
    if kind not in ("uniform", "normal") or not isinstance(given, list | tuple) or len(given) != 2:
        raise ValueError(EXPECTED)
    first, second = (_ms(each) for each in given)
    if kind == "normal":
        return Delay("normal", first, second, written=value)
    if second < first:
        raise ValueError("the second of two times must not be the shorter one")
    return Delay("uniform", first, second, written=value)


def _ms(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError(EXPECTED)
    ms = duration_ms(text)
    if ms > MAX_DELAY_MS:
        raise ValueError("that is more than ten minutes")
    return ms


_TIME = {"type": "string", "maxLength": 40}
_TWO_TIMES = {"type": "array", "items": _TIME, "minItems": 2, "maxItems": 2}


def _only(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: schema},
        "required": [name],
        "additionalProperties": False,
    }


DELAY_SCHEMA: dict[str, Any] = {
    "anyOf": [_TIME, _only("uniform", _TWO_TIMES), _only("normal", _TWO_TIMES), _only("exponential", _TIME)]
}
"""For editors, and for the document of the API."""

DelayField = Annotated[Delay, BeforeValidator(read_delay), WithJsonSchema(DELAY_SCHEMA)]
"""A delay as a member of a model."""
