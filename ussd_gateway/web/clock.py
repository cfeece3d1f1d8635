"""`/api/v1/clock`: what time the gateway thinks it is, and moving it when it is virtual.

A move is answered when everything due by then has been done, and the answer tells what that was.
"""

from aiohttp import web
from pydantic import model_validator

from ussd_gateway.clock import Clock, MovableClock, duration_ms
from ussd_gateway.jobs import Report
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.instants import instant_ms, iso
from ussd_gateway.web.once import kept
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.subscribers import with_roubles


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
    return web.json_response(_state(request.app[SERVICES].clock))


@kept
async def move(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    clock = services.clock
    wanted = await read_body(request, Move)
    if not isinstance(clock, MovableClock):
        raise ProblemError(409, "the system's clock cannot be moved; start the gateway with `clock: virtual`")
    with services.jobs.watch() as report:
        try:
            if wanted.set is not None:
                until_ms = instant_ms(wanted.set)
            else:
                until_ms = clock.now_ms() + duration_ms(wanted.advance or "")
            await services.jobs.pass_time(clock, until_ms)
        except ValueError as error:
            raise ProblemError(422, str(error)) from None
    return web.json_response({**_state(clock), **_happened(report)})


def _state(clock: Clock) -> dict[str, object]:
    now_ms = clock.now_ms()
    kind = "virtual" if isinstance(clock, MovableClock) else "system"
    return {"clock": kind, "now": iso(now_ms), "now_ms": now_ms}


def _happened(report: Report) -> dict[str, object]:
    """How often each thing happened, and the first ones in the order of time."""
    lines = [
        {"at": iso(line.at_ms), "msisdn": line.msisdn, "what": line.what, **with_roubles(line.params)}
        for line in sorted(report.lines, key=lambda line: line.at_ms)
    ]
    return {"happened": lines, "counts": dict(report.counts)}
