"""`/api/v1/monitor`: what goes on at this moment; once a second by `/ws`, topic `monitor`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog
from aiohttp import web

from ussd_gateway.access.link import Link
from ussd_gateway.applications import place_of
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.meters import SLOTS, Timings
from ussd_gateway.smpp.tally import Tally
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.web.instants import iso
from ussd_gateway.web.live import HUB, MONITOR
from ussd_gateway.web.metrics import LOOP_LAG
from ussd_gateway.web.pdus import Feed
from ussd_gateway.web.services import SERVICES, Services

TURN_S = 0.25
TURNS = 4
"""Turns of the PDUs between two looks at the rest."""
MAX_DIALOGUES = 200
MAX_BINDS = 200

log = structlog.get_logger(__name__)


async def show(request: web.Request) -> web.Response:
    """Dialogues, binds and counters."""
    return web.json_response(await _state(request.app))


async def serve_monitors(application: web.Application) -> AsyncIterator[None]:
    """Tell monitors what goes on, as long as the server runs."""
    feed = Feed(application[SERVICES], application[HUB])

    async def turns() -> None:
        turn = 0
        while True:
            await asyncio.sleep(TURN_S)
            turn += 1
            try:
                feed.turn()
                if turn % TURNS == 0 and application[HUB].wanted(MONITOR):
                    state = await _state(application)
                    application[HUB].tell(MONITOR, {"event": "monitor", **state})
            except Exception:
                # A bug of ours costs monitors one turn, not all of them.
                log.exception("monitors were told nothing")

    task = asyncio.get_running_loop().create_task(turns())
    yield
    task.cancel()


async def _state(application: web.Application) -> dict[str, Any]:
    services = application[SERVICES]
    now_ms = services.clock.now_ms()
    try:
        dialogues = await services.dialogues.some(MAX_DIALOGUES)
        opened = await services.dialogues.count()
    except StoreUnavailable:
        dialogues, opened = [], 0
    listener = services.listener()
    links = [link for link in tuple(listener.links.values()) if link.account] if listener else []
    return {
        "now": iso(now_ms),
        "now_ms": now_ms,
        "not_ready": services.not_ready(),
        "open": opened,
        "dialogues": [_dialogue(each, now_ms) for each in dialogues],
        "binds": [_bind(link) for link in links[:MAX_BINDS]],
        "counts": _counts(services, application[LOOP_LAG]),
    }


def _dialogue(dialogue: Dialogue, now_ms: int) -> dict[str, Any]:
    menu, screen = place_of(dialogue) or ("", "")
    return {
        "dialogue": dialogue.id,
        "msisdn": dialogue.msisdn,
        "access": dialogue.access,
        "service_code": dialogue.service_code,
        "state": dialogue.state,
        "menu": menu,
        "screen": screen,
        "step": dialogue.step,
        "age_ms": now_ms - dialogue.started_ms,
        "left_ms": max(0, dialogue.deadline_ms - now_ms),
    }


def _bind(link: Link) -> dict[str, Any]:
    session = link.session
    return {
        "link": link.number,
        "account": link.account.system_id if link.account else "",
        "role": link.account.role if link.account else "",
        "host": link.host,
        "state": session.state.value,
        "version": f"{link.version >> 4}.{link.version & 15}",
        "receiving": link.receiving,
        "address_range": link.address_range,
        "unanswered_in": session.unanswered_in,
        "unanswered_out": session.unanswered_out,
        "window_free": session.window_free,
        "received": session.counters.received,
        "violations": session.counters.violations,
    }


def _counts(services: Services, loop_lag: Timings) -> dict[str, Any]:
    """Counters since the start; timings are counts of their slots, whose bounds are `bounds_s`."""
    meters, listener = services.gateway.meters, services.listener()
    tally = listener.settings.session.tally if listener else Tally()
    steps = Timings()
    for timings in tuple(meters.steps.values()):
        steps.total_ns += timings.total_ns
        for slot in range(SLOTS):
            steps.counts[slot] += timings.counts[slot]
    refused = sum(count for kind, count in tuple(tally.sent.items()) if any(kind[4:]))
    return {
        "bounds_s": Timings.bounds_s(),
        "begun": meters.begun,
        "ended": dict(meters.ended),
        "pdus_in": sum(tally.received.values()),
        "pdus_out": sum(tally.sent.values()),
        "refused": refused,
        "messages": sum(meters.messages.values()),
        "steps": list(steps.counts),
        "writes": list(meters.writes.counts),
        "loop_lag": list(loop_lag.counts),
        "lanes_waiting": services.lanes.waiting,
        "sms_held": len(services.delivery),
    }
