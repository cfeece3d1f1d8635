"""`/api/v1/calls`: a phone that calls voice menus over HTTP, one request for what a hand does at once.

Every answer tells what was said since the one before, so a client that waits for silence to be noticed
simply asks again.
"""

from collections.abc import Sequence

from aiohttp import web
from pydantic import Field

from ussd_gateway.calls import MAX_KEYS, Call, CallRefused, Utterance, keys_problem
from ussd_gateway.voice.loader import plain_number
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.once import kept
from ussd_gateway.web.phones import check_network
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

_REFUSALS = {
    "no_service": (404, "nobody answers at this number"),
    "no_subscriber": (404, "the caller has no account here"),
    "busy": (503, "all lines are busy"),
    "unavailable": (503, "the store is unavailable"),
}


class Dial(Body):
    """Who calls, and which number."""

    msisdn: str = Field(max_length=40)
    to: str = Field(max_length=40)


class Keys(Body):
    """Keys to press one after another; none at all means that the caller stays silent."""

    keys: str = Field(default="", max_length=4 * MAX_KEYS)


@kept
async def dial(request: web.Request) -> web.Response:
    """Call a number: 200 with the call and its first prompt."""
    body = await read_body(request, Dial)
    services = request.app[SERVICES]
    msisdn = services.plan.parse(body.msisdn)
    if msisdn is None:
        raise ProblemError(
            422, "the body does not fit", errors=[{"member": "msisdn", "message": "not a phone number"}]
        )
    check_network(request, msisdn)
    number = plain_number(body.to)
    call = await services.in_lane(msisdn, lambda: services.calls.dial(msisdn, number))
    if isinstance(call, CallRefused):
        status, detail = _REFUSALS[call.reason]
        raise ProblemError(status, detail, reason=call.reason)
    return _answer(call, call.fetch())


@kept
async def press(request: web.Request) -> web.Response:
    """Press keys: 200 with what is heard, and the keys that the call no longer took."""
    body = await read_body(request, Keys)
    problem = keys_problem(body.keys)
    if problem is not None:
        raise ProblemError(422, "the body does not fit", errors=[{"member": "keys", "message": problem}])
    services, call = request.app[SERVICES], _call(request)

    async def work() -> tuple[list[Utterance], str]:
        left = ""
        if body.keys.strip():
            left = await services.calls.press(call, body.keys)
        else:
            await services.calls.be_silent(call)
        return call.fetch(), left

    heard, left = await services.in_lane(call.msisdn, work)
    return _answer(call, heard, left)


async def listen(request: web.Request) -> web.Response:
    """What was said since the last answer."""
    call = _call(request)
    return _answer(call, call.fetch())


async def hang_up(request: web.Request) -> web.Response:
    """Put the receiver down."""
    call = _call(request)
    heard = call.fetch()
    request.app[SERVICES].calls.hang_up(call.id)
    return _answer(call, heard)


def _call(request: web.Request) -> Call:
    call = request.app[SERVICES].calls.call(request.match_info["call"])
    if call is None:
        raise ProblemError(404, "there is no such call; perhaps it has ended")
    return call


def _answer(call: Call, heard: Sequence[Utterance], left: str = "") -> web.Response:
    return web.json_response(
        {
            "call": call.id,
            "state": "end" if call.over else "prompt",
            "heard": [{"text": utterance.text, "state": utterance.state} for utterance in heard],
            "left": left,
        }
    )
