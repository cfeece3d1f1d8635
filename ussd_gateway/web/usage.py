"""`/api/v1/subscribers/{msisdn}/usage`: a call, a message or megabytes, as the network would report them."""

from typing import Literal, Self

from aiohttp import web
from pydantic import Field, model_validator

from ussd_gateway.vocabulary import Value
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.subscribers import perform_once

_TAKES = {
    "call": ({"to", "minutes"}, {"direction"}),
    "sms": ({"to"}, set[str]()),
    "data": ({"mb"}, set[str]()),
}
"""Kind -> members it needs and members it may have."""


class Usage(Body):
    """What was used; each kind takes its own members (docs/api.md).

    Begun minutes and megabytes count whole.
    """

    kind: Literal["call", "sms", "data"]
    to: str | None = Field(default=None, max_length=40)
    minutes: int | None = None
    direction: Literal["out", "in", "forwarded"] | None = None
    mb: int | None = None

    @model_validator(mode="after")
    def _as_its_kind_takes_it(self) -> Self:
        needed, optional = _TAKES[self.kind]
        given = {name for name, _ in self.arguments()}
        if missing := needed - given:
            raise ValueError(f"`{self.kind}` needs {' and '.join(sorted(missing))}")
        if extra := given - needed - optional:
            raise ValueError(f"`{self.kind}` takes no {' and no '.join(sorted(extra))}")
        return self

    def arguments(self) -> list[tuple[str, Value]]:
        """The members that are there, besides the kind."""
        return [
            (name, value)
            for name, value in (
                ("to", self.to),
                ("minutes", self.minutes),
                ("direction", self.direction),
                ("mb", self.mb),
            )
            if value is not None
        ]


async def use(request: web.Request) -> web.Response:
    """Rate and charge it."""
    body = await read_body(request, Usage)
    return await perform_once(request, f"usage.{body.kind}", dict(body.arguments()))
