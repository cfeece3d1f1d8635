"""`/api/v1/clock`: what time the gateway thinks it is, and moving it when it is virtual."""

from aiohttp import web
from pydantic import model_validator

from ussd_gateway.clock import Clock, MovableClock
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.instants import duration_ms, instant_ms, iso
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES


class Move(Body):
    """One of `advance`, a duration (`24h`), and `set`, an instant (`2026-12-01T09:00:00+03:00`)."""

    advance: str | None = None
    set: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Move":
        if (self.advance is None) == (self.set is None):
            raise ValueError("give either advance or set")
        return self


async def show(request: web.Request) -> web.Response:
    return _state(request.app[SERVICES].clock)


async def move(request: web.Request) -> web.Response:
    clock = request.app[SERVICES].clock
    wanted = await read_body(request, Move)
    if not isinstance(clock, MovableClock):
        raise ProblemError(409, "the system's clock cannot be moved; start the gateway with `clock: virtual`")
    try:
        if wanted.advance is not None:
            clock.advance(duration_ms(wanted.advance))
        elif wanted.set is not None:
            clock.set(instant_ms(wanted.set))
    except ValueError as error:
        raise ProblemError(422, str(error)) from None
    return _state(clock)


def _state(clock: Clock) -> web.Response:
    now_ms = clock.now_ms()
    kind = "virtual" if isinstance(clock, MovableClock) else "system"
    return web.json_response({"clock": kind, "now": iso(now_ms), "now_ms": now_ms})
