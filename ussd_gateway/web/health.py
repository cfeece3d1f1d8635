"""`/healthz`: the process lives.  `/readyz`: it can serve, or why not.  Links to other centres."""

from aiohttp import web

from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES


async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    why_not = services.not_ready()
    if why_not is not None:
        raise ProblemError(503, why_not)
    answer: dict[str, object] = {"status": "ready"}
    if links := services.links():
        answer["links"] = {str(link["name"]): link["state"] for link in links}
    return web.json_response(answer)


async def links(request: web.Request) -> web.Response:
    """Our binds to other centres; `/readyz`, which anybody may ask, gives no reasons."""
    return web.json_response({"links": request.app[SERVICES].links()})
