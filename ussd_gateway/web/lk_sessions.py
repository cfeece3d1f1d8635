"""Who is logged in to the personal account: a table of this process, and the cookie that points into it.

The cookie is a random name and says nothing; `HttpOnly` hides it from scripts, `SameSite=Strict` keeps it
from pages of other sites, and the guard refuses those anyway by their Origin (another port is another origin,
though browsers send cookies to all ports of a host alike).
"""

from collections import OrderedDict
from dataclasses import dataclass
from secrets import token_urlsafe

from aiohttp import web

COOKIE = "ussd_gateway_lk"
PATH = "/api/v1/lk"
IDLE_MS = 30 * 60 * 1000
"""A session ends so long after its last request."""
MAX_SESSIONS = 10_000
_NAME_OCTETS = 32


@dataclass(slots=True)
class LkSession:
    """`owner` is a number, or a company's key when `company` is set.

    `password_hash` is what the password was at the login: another one ends the session.
    """

    owner: str
    company: bool
    password_hash: str | None
    until_ms: int


class LkSessions:
    """Name in the cookie -> session; those not used for longest are forgotten first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, LkSession] = OrderedDict()

    def open(self, owner: str, *, company: bool, password_hash: str | None, now_ms: int) -> str:
        """A new session; returns its name."""
        name = token_urlsafe(_NAME_OCTETS)
        self._open[name] = LkSession(owner, company, password_hash, now_ms + IDLE_MS)
        if len(self._open) > MAX_SESSIONS:
            self._open.popitem(last=False)
        return name

    def find(self, name: str, now_ms: int) -> LkSession | None:
        """The session, which lives on from now; None when there is none or it has ended."""
        session = self._open.get(name)
        if session is None:
            return None
        if session.until_ms <= now_ms:
            del self._open[name]
            return None
        session.until_ms = now_ms + IDLE_MS
        self._open.move_to_end(name)
        return session

    def close(self, name: str) -> None:
        """End it, if it is there."""
        self._open.pop(name, None)


LK_SESSIONS = web.AppKey("lk_sessions", LkSessions)


def set_cookie(request: web.Request, response: web.Response, name: str) -> None:
    """The browser keeps it until it is closed."""
    response.set_cookie(COOKIE, name, path=PATH, httponly=True, samesite="Strict", secure=request.secure)


def drop_cookie(response: web.Response) -> None:
    """The browser forgets it."""
    response.del_cookie(COOKIE, path=PATH)
