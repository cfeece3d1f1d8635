"""`/api/v1/faults`: have the gateway misbehave towards phones over SMPP."""

from aiohttp import web
from pydantic import Field, field_validator

from ussd_gateway.access.faults import Fault, FaultName
from ussd_gateway.clock import duration_ms
from ussd_gateway.smpp.constants import CommandStatus, status_name
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.numbers import msisdn_of
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

MAX_DELAY_MS = 600_000


class FaultBody(Body):
    """Which fault, what it waits for, how often."""

    fault: FaultName
    account: str | None = Field(default=None, max_length=15)
    code: str | None = Field(default=None, max_length=40)
    msisdn: str | None = Field(default=None, max_length=40)
    times: int = Field(default=1, ge=0, le=1_000_000)
    delay: str = Field(default="5s", max_length=20)
    status: int = Field(default=CommandStatus.RSYSERR, ge=1, le=0xFFFFFFFF)
    chance: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0

    @field_validator("status", mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        """`ESME_RTHROTTLED` and `0x58` are 88."""
        if not isinstance(value, str):
            return value
        name = value.strip().upper().removeprefix("ESME_")
        known = vars(CommandStatus).get(name)
        if isinstance(known, int):
            return known
        try:
            return int(value, 0)
        except ValueError:
            raise ValueError("expected a command_status such as ESME_RTHROTTLED or 0x58") from None

    @field_validator("delay")
    @classmethod
    def _not_too_long(cls, text: str) -> str:
        if duration_ms(text) > MAX_DELAY_MS:
            raise ValueError("that is more than ten minutes")
        return text


async def add(request: web.Request) -> web.Response:
    """Let a fault wait for its occasion."""
    body = await read_body(request, FaultBody)
    settings = body.model_dump(exclude={"fault", "delay", "msisdn"})
    if body.msisdn is not None:
        settings["msisdn"] = msisdn_of(request, body.msisdn, "msisdn")
    try:
        faults = request.app[SERVICES].faults
        fault = faults.add(body.fault, delay_s=duration_ms(body.delay) / 1000, **settings)
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


def _as_json(fault: Fault) -> dict[str, object]:
    return {
        "id": fault.id,
        "fault": fault.fault,
        "account": fault.account,
        "code": fault.code,
        "msisdn": fault.msisdn,
        "times": fault.times,
        "hits": fault.hits,
        "delay_ms": round(fault.delay_s * 1000),
        "status": status_name(fault.status),
        "chance": fault.chance,
        "seed": fault.seed,
    }
