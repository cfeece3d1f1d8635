"""`/api/v1/faults`: have the gateway misbehave towards those who bind to it; profiles of it for accounts."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BeforeValidator, Field, WithJsonSchema

from ussd_gateway.access.fault_rules import FaultRule, rule_as_json
from ussd_gateway.access.faults import Fault, Faults
from ussd_gateway.smpp.constants import status_name
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.numbers import msisdn_of
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

MAX_PROFILES = 10
_NAME = {"type": "string", "maxLength": 32}


class FaultBody(Body, FaultRule):
    """Which fault, what it waits for, how often."""

    times: int = Field(default=1, ge=0, le=1_000_000)
    """How often it happens; 0: until it is removed."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ProfileBody(Body):
    """Which profiles for which account; without one, for all."""

    profile: Annotated[
        tuple[Annotated[str, Field(max_length=32)], ...],
        BeforeValidator(_listed),
        Field(max_length=MAX_PROFILES),
        WithJsonSchema({"anyOf": [_NAME, {"type": "array", "items": _NAME, "maxItems": MAX_PROFILES}]}),
    ]
    account: str | None = Field(default=None, max_length=15)
    seed: int = 0


async def add(request: web.Request) -> web.Response:
    """Let a fault wait for its occasion."""
    body = await read_body(request, FaultBody)
    rule: FaultRule = body
    if body.msisdn is not None:
        rule = body.model_copy(update={"msisdn": msisdn_of(request, body.msisdn, "msisdn")})
    try:
        fault = request.app[SERVICES].faults.add(rule)
    except ValueError as error:
        raise ProblemError(409, str(error)) from None
    return web.json_response(_as_json(fault))


async def show(request: web.Request) -> web.Response:
    """The faults that wait."""
    return web.json_response({"faults": [_as_json(fault) for fault in request.app[SERVICES].faults.all()]})


async def clear(request: web.Request) -> web.Response:
    """Behave again."""
    return web.json_response({"removed": request.app[SERVICES].faults.clear()})


async def remove(request: web.Request) -> web.Response:
    """Forget one fault."""
    text = request.match_info["fault"]
    if not (text.isascii() and text.isdigit() and request.app[SERVICES].faults.remove(int(text[:12]))):
        raise ProblemError(404, "there is no such fault; perhaps it has happened")
    return web.json_response({"removed": 1})


async def show_profiles(request: web.Request) -> web.Response:
    """The profiles there are, and which accounts have which."""
    faults = request.app[SERVICES].faults
    profiles = [
        {"profile": name, "about": each.about, "rules": [rule_as_json(rule) for rule in each.rules]}
        for name, each in faults.profiles.items()
    ]
    return web.json_response({"profiles": profiles, "accounts": _accounts(faults)})


async def use_profile(request: web.Request) -> web.Response:
    """Give profiles to an account or to all; their dice begin anew."""
    body = await read_body(request, ProfileBody)
    faults = request.app[SERVICES].faults
    unknown = [name for name in body.profile if name not in faults.profiles]
    if unknown:
        known = ", ".join(faults.profiles)
        raise ProblemError(422, f"there is no profile {unknown[0]!r}; there are: {known}")
    if body.account is not None and body.account not in faults.in_use:
        raise ProblemError(422, f"there is no account {body.account!r} in the configuration")
    for account in [body.account] if body.account is not None else list(faults.in_use):
        faults.use(account, body.profile, body.seed)
    return web.json_response({"accounts": _accounts(faults)})


def _accounts(faults: Faults) -> list[dict[str, Any]]:
    return [
        {"account": name, "profiles": list(each.names), "seed": each.seed, "hits": each.hits()}
        for name, each in faults.in_use.items()
    ]


def _as_json(fault: Fault) -> dict[str, object]:
    rule = fault.rule
    return {
        "id": fault.id,
        "fault": rule.fault,
        "account": rule.account,
        "code": rule.code,
        "msisdn": rule.msisdn,
        "times": rule.times,
        "hits": fault.hits,
        "delay_ms": rule.delay.mean_ms,
        "status": status_name(rule.status),
        "chance": rule.chance,
        "seed": rule.seed or 0,
        "said": rule_as_json(rule),
    }
