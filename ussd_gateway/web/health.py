"""`/healthz`: the process lives.  `/readyz`: it can serve, or why not."""

from aiohttp import web

from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES


async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    why_not = request.app[SERVICES].not_ready()
    if why_not is not None:
        raise ProblemError(503, why_not)
    return web.json_response({"status": "ready"})
