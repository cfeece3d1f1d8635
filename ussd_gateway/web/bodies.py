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


async def read_body(request: web.Request, model: type[BodyT]) -> BodyT:
    """The request's body; ProblemError 400 when it is no JSON, 422 with `errors` when it does not fit."""
    raw = await request.read()
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
