"""`/api/v1/africastalking`: our menus as a web application behind Africa's Talking, or behind its simulator.

Each request names its session and carries all the subscriber has sent so far, joined by `*`; the screen goes
back as `CON text` or `END text`.  What is new in a request is what stands behind the text of the one before.
"""

from dataclasses import dataclass

from aiohttp import web

from ussd_gateway.access.http_phones import ACCESS, HttpScreen
from ussd_gateway.ussd.primitives import Begin, Continue
from ussd_gateway.web.bodies import read_form
from ussd_gateway.web.numbers import msisdn_of
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.ussd import screen_after

MAX_TALKS = 10_000
MAX_TEXT = 1_000
"""Longest `text`, characters."""


@dataclass(frozen=True, slots=True)
class _Talk:
    """How far a session is."""

    msisdn: str
    code: str
    text: str
    shown: HttpScreen


class Talks:
    """Sessions by their id, the oldest forgotten first."""

    def __init__(self) -> None:
        self._known: dict[str, _Talk] = {}

    def of(self, session: str, msisdn: str, code: str) -> _Talk | None:
        """The session of that name, if it is of that phone and code."""
        talk = self._known.get(session)
        return talk if talk is not None and (talk.msisdn, talk.code) == (msisdn, code) else None

    def keep(self, session: str, talk: _Talk) -> None:
        """How far it is now."""
        self._known.pop(session, None)
        self._known[session] = talk
        if len(self._known) > MAX_TALKS:
            del self._known[next(iter(self._known))]


TALKS = web.AppKey("talks", Talks)


async def talk(request: web.Request) -> web.Response:
    """200 with the screen; a request that comes twice gets the same one twice."""
    form = await read_form(request)
    session, code, text = (form.get(name, "") for name in ("sessionId", "serviceCode", "text"))
    if not session or not code or len(session) > 200 or len(text) > MAX_TEXT:
        raise ProblemError(422, "expected the fields sessionId, serviceCode, phoneNumber and text")
    msisdn = msisdn_of(request, form.get("phoneNumber", ""), "phoneNumber")
    talks = request.app[TALKS]
    known = talks.of(session, msisdn, code)
    if known is not None and known.text == text:
        shown = known.shown
    elif known is not None and known.shown.op == "ask" and text.startswith(_before(known.text)):
        shown = await _answer(request, known, text.removeprefix(_before(known.text)))
    else:
        dialled = f"{code.removesuffix('#')}*{text}#" if text else code
        gateway = request.app[SERVICES].gateway
        shown = await screen_after(request, msisdn, lambda: gateway.ussd(Begin(msisdn, dialled, ACCESS)))
    talks.keep(session, _Talk(msisdn, code, text, shown))
    return web.Response(text=f"{'CON' if shown.op == 'ask' else 'END'} {shown.text}")


async def _answer(request: web.Request, known: _Talk, text: str) -> HttpScreen:
    """The next screen of its dialogue; 409 when the phone has another one open."""
    services = request.app[SERVICES]

    async def work() -> None:
        stored = await services.dialogues.get(known.msisdn)
        if stored is not None and stored.id != known.shown.dialogue:
            raise ProblemError(409, "the phone has another dialogue open", dialogue=stored.id)
        await services.gateway.ussd(Continue(known.msisdn, text, ACCESS))

    return await screen_after(request, known.msisdn, work)


def _before(text: str) -> str:
    return f"{text}*" if text else ""
