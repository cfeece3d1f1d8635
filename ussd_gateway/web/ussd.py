"""`/api/v1/ussd`, `/api/v1/sms`: a phone over HTTP; a request is answered with the screen that follows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from aiohttp import web
from pydantic import Field

from ussd_gateway.access.http_phones import ACCESS, HttpScreen
from ussd_gateway.applications import place_of
from ussd_gateway.ports import MoSms, SmsRefused
from ussd_gateway.ussd.primitives import Abort, Begin, Continue
from ussd_gateway.web.bodies import Body, read_body
from ussd_gateway.web.instants import iso
from ussd_gateway.web.numbers import msisdn_of, subscriber_of
from ussd_gateway.web.once import kept
from ussd_gateway.web.phones import check_network
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.wire_phones import WIRE_PHONES, WirePhone

SCREEN_S = 60.0
"""Longest wait for the screen of an application, which has its own timer (`ussd.application_timer_s`)."""

_REFUSALS = {
    "no_service": (404, "nobody has this number"),
    "no_subscriber": (404, "this phone has no account here"),
}


class Dial(Body):
    """Who dials, and what (`*105*1#`); over HTTP, or over a bind to our own listener."""

    msisdn: str = Field(max_length=40)
    code: str = Field(min_length=1, max_length=200)
    via: Literal["http", "smpp"] = "http"


class Input(Body):
    """The answer to the screen that asks; it may be empty."""

    input: str = Field(max_length=1000)


class Text(Body):
    """A short message: who sends it, where to, what; long ones go in parts."""

    msisdn: str = Field(max_length=40)
    to: str = Field(max_length=21)
    text: str = Field(default="", max_length=10_000)
    via: Literal["http", "smpp"] = "http"


@kept
async def dial(request: web.Request) -> web.Response:
    """Dial: 200 with the first screen.  A dialogue that was open is treated as `ussd.second_begin` says."""
    body = await read_body(request, Dial)
    msisdn = msisdn_of(request, body.msisdn, "msisdn")
    if body.via == "smpp":
        phone = await request.app[WIRE_PHONES].phone(msisdn)
        return await _wire_screen(request, msisdn, phone, lambda: phone.phone.dial(body.code))
    gateway = request.app[SERVICES].gateway
    return await _screen(request, msisdn, lambda: gateway.ussd(Begin(msisdn, body.code, ACCESS)))


@kept
async def answer(request: web.Request) -> web.Response:
    """Answer: 200 with the next screen; 409 when the phone has another dialogue open.

    With none open, the gateway says so in a last screen, as it does to any phone.
    """
    body = await read_body(request, Input)
    if (wired := await _wired(request)) is not None:
        msisdn, phone = wired
        return await _wire_screen(request, msisdn, phone, lambda: phone.phone.answer(body.input))
    services, known = request.app[SERVICES], _known(request)

    async def work() -> None:
        stored = await services.dialogues.get(known.msisdn)
        if stored is not None and stored.id != known.dialogue:
            raise ProblemError(409, "the phone has another dialogue open", dialogue=stored.id)
        await services.gateway.ussd(Continue(known.msisdn, body.input, ACCESS))

    return await _screen(request, known.msisdn, work)


async def hang_up(request: web.Request) -> web.Response:
    """Hang up; `hung_up` tells whether there was anything left to hang up."""
    if (wired := await _wired(request)) is not None:
        await wired[1].phone.hang_up()
        return web.json_response({"dialogue": request.match_info["dialogue"], "hung_up": True})
    services, known = request.app[SERVICES], _known(request)

    async def work() -> bool:
        stored = await services.dialogues.get(known.msisdn)
        if stored is None or stored.id != known.dialogue:
            return False
        await services.gateway.ussd(Abort(known.msisdn, ACCESS))
        return True

    hung_up = await services.in_lane(known.msisdn, work)
    return web.json_response({"dialogue": known.dialogue, "hung_up": hung_up})


@kept
async def send_sms(request: web.Request) -> web.Response:
    """Send a message: 200 when it and all it causes are stored."""
    body = await read_body(request, Text)
    services, msisdn = request.app[SERVICES], msisdn_of(request, body.msisdn, "msisdn")
    to = body.to.strip().removeprefix("+")
    if not (to.isascii() and to.isdigit()):
        errors = [{"member": "to", "message": "not a number"}]
        raise ProblemError(422, "the body does not fit", errors=errors)
    check_network(request, msisdn)
    if body.via == "smpp":
        phone = await request.app[WIRE_PHONES].phone(msisdn)
        await phone.send_sms(to, body.text)
        return web.json_response({"message_id": None})
    message = MoSms(services.ids.message_id(), msisdn, to, body.text, ACCESS)
    result = await services.in_lane(msisdn, lambda: services.gateway.sms(message))
    if isinstance(result, SmsRefused):
        status, detail = _REFUSALS[result.reason]
        raise ProblemError(status, detail, reason=result.reason)
    return web.json_response({"message_id": message.message_id})


async def show_dialogue(request: web.Request) -> web.Response:
    """The subscriber's open dialogue, whatever way it came; else how the last one ended."""
    services, msisdn = request.app[SERVICES], subscriber_of(request)
    now_ms = services.clock.now_ms()
    dialogue = await services.dialogues.get(msisdn)
    if dialogue is not None:
        menu, screen = place_of(dialogue) or ("", str(dialogue.state))
        shown = services.phones.http.of(dialogue.id)
        found = {"op": "ask", "menu": menu, "screen": screen, "text": shown.text if shown else None}
        since_ms = dialogue.started_ms
    else:
        last = services.gateway.lately.of(msisdn, now_ms)
        if last is None:
            raise ProblemError(404, "no dialogue is open, and none ended lately")
        dialogue, since_ms = last.dialogue, last.at_ms
        found = {"op": "end", "menu": last.menu, "screen": last.screen, "text": last.text}
    return web.json_response(
        {
            "msisdn": msisdn,
            "open": found["op"] == "ask",
            "dialogue": dialogue.id,
            "access": dialogue.access,
            "service_code": dialogue.service_code,
            **found,
            "since": iso(since_ms),
        }
    )


# ---------------------------------------------------------------- what the calls share


async def _screen(request: web.Request, msisdn: str, work: Callable[[], Awaitable[None]]) -> web.Response:
    return web.json_response(_as_json(await screen_after(request, msisdn, work)))


async def screen_after(request: web.Request, msisdn: str, work: Callable[[], Awaitable[None]]) -> HttpScreen:
    """Do it in the phone's lane; the screen it is shown then.

    Where an application has the word, that screen comes later; 504 when it takes longer than any should, 409
    when the network has lost the phone.
    """
    check_network(request, msisdn)
    services = request.app[SERVICES]
    phones = services.phones.http

    async def step() -> HttpScreen | asyncio.Future[HttpScreen] | None:
        before = phones.newest(msisdn)
        await work()
        shown = phones.newest(msisdn)
        if shown is before and await services.dialogues.get(msisdn) is not None:
            return phones.next(msisdn)
        return shown

    shown = await services.in_lane(msisdn, step)
    if isinstance(shown, asyncio.Future):
        try:
            shown = await asyncio.wait_for(asyncio.shield(shown), SCREEN_S)
        except TimeoutError:
            raise ProblemError(504, "the application shows nothing") from None
    if shown is None:
        raise ProblemError(503, "no screen came")
    return shown


async def _wired(request: web.Request) -> tuple[str, WirePhone] | None:
    """The phone over SMPP that has this dialogue open."""
    wanted = request.match_info["dialogue"]
    for msisdn, phone in request.app[WIRE_PHONES].all().items():
        if phone.dialogue == wanted:
            return msisdn, phone
        stored = await request.app[SERVICES].dialogues.get(msisdn)
        if stored is not None and stored.id == wanted and stored.access.startswith("smpp:"):
            return msisdn, phone
    return None


async def _wire_screen(
    request: web.Request, msisdn: str, phone: WirePhone, work: Callable[[], Awaitable[None]]
) -> web.Response:
    """What a phone over SMPP is shown; its dialogue has the name it has everywhere."""
    screen, services = await phone.screen_after(work), request.app[SERVICES]
    if screen.op == "ask":
        stored = await services.dialogues.get(msisdn)
        phone.dialogue = stored.id if stored is not None else ""
    else:
        last = services.gateway.lately.of(msisdn, services.clock.now_ms())
        phone.dialogue = last.dialogue.id if last is not None else ""
    return web.json_response(
        {
            "dialogue": phone.dialogue,
            "op": screen.op,
            "text": screen.text,
            "service_code": screen.service_code,
        }
    )


def _known(request: web.Request) -> HttpScreen:
    known = request.app[SERVICES].phones.http.of(request.match_info["dialogue"])
    if known is None:
        raise ProblemError(404, "there is no such dialogue over HTTP")
    return known


def _as_json(shown: HttpScreen) -> dict[str, str]:
    return {
        "dialogue": shown.dialogue,
        "op": shown.op,
        "text": shown.text,
        "service_code": shown.service_code,
    }
