"""`/api/v1/subscribers/{msisdn}/actions/{action}`, `…/facts`, `…/lists/{list}`: the words of docs/actions.md.

What a menu, an SMS command or a voice menu may ask for, asked for by the API: the same operation, the same
refusals.  Actions of the house itself (`internal`) are not to be had.
"""

import json

from aiohttp import web
from pydantic import ConfigDict

from ussd_gateway.actions import SubscriberFacts, vocabulary
from ussd_gateway.billing.subscribers import UnknownSubscriber
from ussd_gateway.vocabulary import ActionSpec, Value
from ussd_gateway.web.bodies import Body
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import answer_once, kopecks_of, msisdn_of, unknown, with_roubles

MAX_TEXT = 1000
_WORDS = vocabulary()


class Arguments(Body):
    """Arguments by name; which ones, depends on the action."""

    model_config = ConfigDict(extra="allow", frozen=True)


async def perform(request: web.Request) -> web.Response:
    """Do it, once per Idempotency-Key."""
    action = _WORDS.actions.get(request.match_info["action"])
    if action is None:
        raise ProblemError(404, "there is no such action; docs/actions.md lists them")
    args = _arguments(action, await _members(request))
    public = [f"{name}={value}" for name, value in args.items() if name not in action.secret]
    return await answer_once(request, msisdn_of(request), action.name, args, asked=" ".join(public))


async def facts(request: web.Request) -> web.Response:
    """Everything a menu may ask about the subscriber."""
    known = await _facts(request)
    return web.json_response({"facts": {name: known.value(name) for name in sorted(_WORDS.facts)}})


async def rows(request: web.Request) -> web.Response:
    """One of the lists a menu may show."""
    name = request.match_info["list"]
    if name not in _WORDS.lists:
        raise ProblemError(404, "there is no such list; docs/actions.md lists them")
    known = await _facts(request)
    return web.json_response({"rows": [with_roubles(row) for row in known.rows(name)]})


async def _facts(request: web.Request) -> SubscriberFacts:
    services, msisdn = request.app[SERVICES], msisdn_of(request)
    try:
        account = await services.gateway.account(msisdn)
    except UnknownSubscriber:
        raise unknown(msisdn) from None
    return SubscriberFacts(account, services.gateway.service.catalogue, services.clock.now_ms())


async def _members(request: web.Request) -> dict[str, object]:
    """The body as it is: what may be in it depends on the action.  No body is no arguments."""
    raw = await request.read()
    try:
        value = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise ProblemError(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise ProblemError(422, "the body does not fit", errors=[_wrong("body", "must be an object")])
    return value


def _arguments(action: ActionSpec, members: dict[str, object]) -> dict[str, Value]:
    """What the action takes; every mistake in one ProblemError 422.

    A sum may be given in roubles under the name without `_kop`, as everywhere in the API.
    """
    args: dict[str, Value] = {}
    errors: list[dict[str, str]] = []
    for member, value in members.items():
        name = f"{member}_kop" if f"{member}_kop" in action.params else member
        if name not in action.params:
            errors.append(_wrong(member, f"`{action.name}` takes no such argument"))
        elif not isinstance(value, str | int):
            errors.append(_wrong(member, "must be text, a whole number, true or false"))
        elif isinstance(value, str) and len(value) > MAX_TEXT:
            errors.append(_wrong(member, f"longer than {MAX_TEXT} characters"))
        else:
            args[name] = value if name == member else kopecks_of(str(value), member)
    given = set(args) | {error["member"] for error in errors}
    for name, needed in action.params.items():
        if needed and name not in given and name.removesuffix("_kop") not in given:
            errors.append(_wrong(name.removesuffix("_kop"), f"`{action.name}` needs it"))
    if errors:
        raise ProblemError(422, "the body does not fit", errors=errors)
    return args


def _wrong(member: str, message: str) -> dict[str, str]:
    return {"member": member, "message": message}
