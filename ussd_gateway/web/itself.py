"""The gateway as a client of its own HTTP: what recorders and replays are pointed at."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Itself:
    """Where this server listens, and the token it wants."""

    url: str
    token: str | None


TOKEN = web.AppKey("token", str)


def itself(request: web.Request) -> Itself:
    """This server by the address at which the request reached it: it can be reached there."""
    assert request.transport is not None, "a handler runs while the connection is open"
    host, port = request.transport.get_extra_info("sockname")[:2]
    name = f"[{host}]" if ":" in host else host
    return Itself(f"http://{name}:{port}", request.app.get(TOKEN))
