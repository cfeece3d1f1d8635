"""`POST /api/v1/subscribers/{msisdn}`: bring an account into a state, in one commit."""

from uuid import uuid4

from aiohttp import web

from ussd_gateway.billing.states import AccountState
from ussd_gateway.billing.subscribers import UnknownSubscriber
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.numbers import subscriber_of
from ussd_gateway.web.once import given_key
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import refusal, with_roubles


class State(AccountState, Body):
    """What the account is to be like; what is not given stays."""


async def bring(request: web.Request) -> web.Response:
    """200 when it is so; 422 with `reason` when a code is unknown or a sum cannot be."""
    state = await read_body(request, State)
    services, msisdn = request.app[SERVICES], subscriber_of(request)
    key = f"api:{given_key(request) or uuid4()}"
    try:
        outcome = await services.in_lane(msisdn, lambda: services.gateway.bring(msisdn, state, key=key))
    except UnknownSubscriber:
        raise ProblemError(404, f"{msisdn} has no account here") from None
    if outcome.name != "done":
        reason = str(outcome.params["reason"])
        members = {name: value for name, value in outcome.params.items() if name != "reason"}
        detail = refusal(request, reason, outcome.params)
        raise ProblemError(422, detail, reason=reason, **with_roubles(members))
    return web.json_response({"msisdn": msisdn})
