"""Request bodies: JSON into a model, every mistake in one answer."""

import json
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from ussd_gateway.web.problems import ProblemError

MAX_BODY_OCTETS = 64 * 1024


class Body(BaseModel):
    """Base of every request body: an unknown member is a mistake, not a wish granted in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


BodyT = TypeVar("BodyT", bound=Body)


async def read_octets(request: web.Request) -> bytes:
    """The body as it came; ProblemError 400 when it is not encoded as it says."""
    try:
        return await request.read()
    except web.RequestPayloadError:
        raise ProblemError(400, "the body is not what its Content-Encoding says") from None


async def read_form(request: web.Request) -> dict[str, str]:
    """The fields of a form, without files in it; ProblemError 400 when it is none."""
    await read_octets(request)
    try:
        fields = await request.post()
    except (ValueError, LookupError, AssertionError):
        raise ProblemError(400, "the body is not a form") from None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def read_body(request: web.Request, model: type[BodyT]) -> BodyT:
    """The request's body; ProblemError 400 when it is no JSON, 422 with `errors` when it does not fit."""
    raw = await read_octets(request)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise ProblemError(400, "the body is not JSON") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # `input` stays out of the answer: it may be a password.
        errors = [
            {"member": ".".join(map(str, item["loc"])) or "body", "message": item["msg"]}
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise ProblemError(422, "the body does not fit", errors=errors) from None
