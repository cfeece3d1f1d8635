"""`/api/v1/events`: what happens, by long poll; also how a phone over HTTP is switched on."""

import asyncio
from dataclasses import asdict

from aiohttp import web

from ussd_gateway.clock import duration_ms
from ussd_gateway.watch import Happening, SmsSent, StepTaken
from ussd_gateway.web.instants import iso
from ussd_gateway.web.journal import JOURNAL, Journal, Numbered
from ussd_gateway.web.numbers import MAX_CURSOR, limit_of, msisdn_of, whole_number
from ussd_gateway.web.problems import ProblemError

MAX_WAIT_MS = 60_000
MAX_EVENTS = 1000
DEFAULT_EVENTS = 100


async def events(request: web.Request) -> web.Response:
    """What happened after a number, at once or as soon as something does."""
    query = request.query
    msisdn = msisdn_of(request, query["msisdn"], "msisdn") if "msisdn" in query else None
    phone = query.get("phone")
    if phone not in (None, "true", "false") or (phone and msisdn is None):
        raise ProblemError(400, "`phone` is true or false, and needs `msisdn`")
    wait_s = _wait_s(query.get("wait", "0s"))
    limit = limit_of(request, DEFAULT_EVENTS, MAX_EVENTS)
    journal = request.app[JOURNAL]
    journal.listen()
    after = whole_number(request, "after", journal.last, MAX_CURSOR)
    held = None
    if msisdn is not None and phone == "true":
        held = journal.hold_phone(msisdn)
    elif msisdn is not None and phone == "false":
        journal.switch_off(msisdn)
    try:
        found, missed = await _found(journal, after, msisdn, limit, wait_s)
    finally:
        if held is not None:
            journal.let_go(held)
    more = len(found) == limit
    return web.json_response(
        {
            "events": [as_json(number, happening) for number, happening in found],
            "next": found[-1][0] if more else journal.last,
            "missed": missed,
        }
    )


async def _found(
    journal: Journal, after: int, msisdn: str | None, limit: int, wait_s: float
) -> tuple[list[Numbered], bool]:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + wait_s
    while True:
        found, missed = journal.since(after, msisdn, limit)
        left_s = until_s - loop.time()
        if found or missed or left_s <= 0:
            return found, missed
        after = journal.last
        if not await journal.wait(left_s):
            return found, missed


def as_json(number: int, happening: Happening) -> dict[str, object]:
    """A happening as programs read it."""
    values = asdict(happening)
    at = iso(values.pop("at_ms"))
    if isinstance(happening, StepTaken):
        kind = "step"
    elif isinstance(happening, SmsSent):
        kind = "sms"
        values["from"] = values.pop("source")
    else:
        kind = "sms_taken"
    return {"number": number, "event": kind, "at": at, **values}


def _wait_s(text: str) -> float:
    try:
        wait_ms = duration_ms(text)
    except ValueError as error:
        raise ProblemError(400, f"`wait`: {error}") from None
    return min(wait_ms, MAX_WAIT_MS) / 1000
