"""Who may ask at all: a token off the loopback interface, and no page of another site in a browser.

A gateway on 127.0.0.1 trusts whoever can reach it, yet a browser on the same machine can be led here by
any web page; hence the checks of Host (DNS rebinding) and Origin (cross-site requests).
"""

import hmac
import ipaddress
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from ussd_gateway.web.live import offered_token
from ussd_gateway.web.pages import is_page
from ussd_gateway.web.problems import Handler, ProblemError

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""What an orchestrator asks without a token."""


def is_loopback(host: str) -> bool:
    """Whether a listening address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """The checks, for a listener on `host` with this `token` (None: nobody needs one)."""

    def __init__(self, host: str, token: str | None) -> None:
        self._loopback = is_loopback(host)
        self._token = None if token is None else f"Bearer {token}".encode()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Raise ProblemError instead of calling the handler when the request may not pass."""
        self._check_host(request)
        self._check_origin(request)
        if request.path not in OPEN_PATHS and not is_page(request.path):
            self._check_token(request)
        return await handler(request)

    def _check_host(self, request: web.Request) -> None:
        name = urlsplit(f"//{request.host}").hostname or ""
        if self._loopback and not is_loopback(name):
            raise ProblemError(421, "this gateway answers to localhost only")

    def _check_origin(self, request: web.Request) -> None:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise ProblemError(403, "requests from pages of other sites are refused")

    def _check_token(self, request: web.Request) -> None:
        if self._token is None:
            return
        given = request.headers.get(hdrs.AUTHORIZATION, "").encode("utf-8", "replace")
        if request.path == "/ws" and not given and (offered := offered_token(request)) is not None:
            given = f"Bearer {offered}".encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._token):
            raise ProblemError(401, "send the token of http.token as `Authorization: Bearer ...`")
