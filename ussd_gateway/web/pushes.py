"""`/api/v1/push`: a screen of the network's own on a subscriber's phone, and what becomes of it."""

import asyncio

from aiohttp import web
from pydantic import Field

from ussd_gateway.clock import duration_ms
from ussd_gateway.pushes import Push
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.instants import iso
from ussd_gateway.web.numbers import msisdn_of
from ussd_gateway.web.once import kept
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

MAX_WAIT_MS = 600_000

_REFUSALS = {
    "absent": "the phone cannot be reached: it is off, or no bind takes it and nobody listens for it",
    "busy": "the phone has a dialogue open",
}


class PushBody(Body):
    """Whose phone, what it shows, whether it asks, and how long this answer may wait for the subscriber's."""

    msisdn: str = Field(max_length=40)
    text: str = Field(max_length=1000)
    ask: bool = False
    sender: str = Field(default="", max_length=20, pattern=r"^[*#0-9]*$")
    timeout: str = Field(default="0s", max_length=20)


@kept
async def send(request: web.Request) -> web.Response:
    """Push: 200 when it is over, 202 when it is still open, 409 when the phone is absent or busy."""
    body = await read_body(request, PushBody)
    services, msisdn = request.app[SERVICES], msisdn_of(request, body.msisdn, "msisdn")
    try:
        wait_ms = min(duration_ms(body.timeout), MAX_WAIT_MS)
    except ValueError as error:
        errors = [{"member": "timeout", "message": str(error)}]
        raise ProblemError(422, "the body does not fit", errors=errors) from None
    push = await services.in_lane(
        msisdn, lambda: services.pushes.send(msisdn, body.text, ask=body.ask, sender=body.sender)
    )
    if push.reason in _REFUSALS:
        raise ProblemError(409, _REFUSALS[push.reason], reason=push.reason, push=push.id)
    if wait_ms and not push.over.is_set():
        waiting = asyncio.ensure_future(push.over.wait())
        await asyncio.wait([waiting], timeout=wait_ms / 1000)
        waiting.cancel()
    return _answer(push)


async def show(request: web.Request) -> web.Response:
    """How far a push has come."""
    push = request.app[SERVICES].pushes.get(request.match_info["push"])
    if push is None:
        raise ProblemError(404, "there is no such push")
    return _answer(push)


def _answer(push: Push) -> web.Response:
    body = {
        "push": push.id,
        "msisdn": push.msisdn,
        "ask": push.ask,
        "state": push.state,
        "answer": push.answer,
        "reason": push.reason,
        "created": iso(push.created_ms),
    }
    return web.json_response(body, status=200 if push.over.is_set() else 202)
