"""`/api/v1/subscribers/{msisdn}/phone`: the network state of a phone; what is refused to one that is away."""

from aiohttp import web

from ussd_gateway.phone_states import PHONE_STATES, PhoneState
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.numbers import subscriber_of
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES


class Network(Body):
    """The state the phone is to be in."""

    state: PhoneState


async def show(request: web.Request) -> web.Response:
    """Its state, and whether something stands for it that can be reached now."""
    return _answer(request, subscriber_of(request))


async def switch(request: web.Request) -> web.Response:
    """Switch it: 200 when the store remembers it; what waited for the phone is on its way then."""
    msisdn = subscriber_of(request)
    body = await read_body(request, Network)
    states = request.app[SERVICES].phones.states
    await request.app[SERVICES].in_lane(f"phone {msisdn}", lambda: states.switch(msisdn, body.state))
    return _answer(request, msisdn)


def check_network(request: web.Request, msisdn: str) -> None:
    """ProblemError 409 for a phone that can ask the network for nothing."""
    states = request.app[SERVICES].phones.states
    if states.away(msisdn):
        raise ProblemError(409, f"the phone is {states.of(msisdn).replace('_', ' ')}", reason="absent")


def _answer(request: web.Request, msisdn: str) -> web.Response:
    phones = request.app[SERVICES].phones
    state = phones.states.of(msisdn)
    reachable = phones.way_to(msisdn) is not None
    return web.json_response(
        {"msisdn": msisdn, "state": state, "reachable": reachable, "states": list(PHONE_STATES)}
    )
