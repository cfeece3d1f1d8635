"""`/api/v1/pdus`: what passes over SMPP, for the monitor; secrets are asterisks.

links --Capture--> Wire --a moment later, when it is known what is a secret--> `/ws`, topic `pdus`
"""

import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from ussd_gateway.access.decoded import decoded
from ussd_gateway.access.pcap import Captured
from ussd_gateway.access.veil import texts_of
from ussd_gateway.access.wire import Wire
from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode
from ussd_gateway.smpp.constants import RESPONSE_BIT, command_name, status_name
from ussd_gateway.web.live import PDUS, Hub
from ussd_gateway.web.numbers import MAX_CURSOR, limit_of, whole_number
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES, Services
from ussd_gateway.web.traces import wire_of

MAX_PDUS = 200
"""PDUs told at a time; of more the newest."""
UNSURE_NS = 300_000_000
"""So long after a PDU its step is nearly always told, and with it whether its text is a secret."""

LINGER_S = 30.0
"""What was captured is kept so long for somebody who goes from one page to another."""


async def show(request: web.Request) -> web.Response:
    """The newest PDUs, the oldest first; with `?after=` the first behind that one."""
    services, wire = request.app[SERVICES], wire_of(request)
    limit = limit_of(request, 100, MAX_PDUS)
    after = whole_number(request, "after", 0, MAX_CURSOR)
    until_ns = time.time_ns() - UNSURE_NS
    find = wire.following if "after" in request.query else wire.since
    found = find(after, until_ns, limit)
    return web.json_response(
        {
            "pdus": [_row(services, wire, number, captured) for number, captured in found],
            "next": found[-1][0] if found else after,
        }
    )


async def show_one(request: web.Request) -> web.Response:
    """One PDU field by field."""
    services, wire = request.app[SERVICES], wire_of(request)
    text = request.match_info["pdu"]
    captured = wire.one(int(text[:18])) if text.isascii() and text.isdigit() else None
    if captured is None:
        raise ProblemError(404, "no such PDU is remembered")
    row = _row(services, wire, int(text[:18]), captured)
    fields = [field._asdict() for field in decoded(captured.frame)]
    return web.json_response({**row, "frame": captured.frame.hex(), "fields": fields})


class Feed:
    """Tells whoever wants them of the PDUs that are new."""

    def __init__(self, services: Services, hub: Hub) -> None:
        self._services = services
        self._hub = hub
        self._wire: Wire | None = None
        self._told = 0
        self._until_s = 0.0

    def turn(self) -> None:
        """Capture while somebody looks and a little longer; tell what has passed since the last turn."""
        now_s = time.monotonic()
        if self._hub.wanted(PDUS):
            self._until_s = now_s + LINGER_S
        self._services.capture.want(now_s <= self._until_s)
        wire = self._services.capture.wire
        if wire is not self._wire:
            self._wire, self._told = wire, 0 if wire is None else wire.last
        if wire is None or not self._hub.wanted(PDUS):
            return
        found = wire.since(self._told, time.time_ns() - UNSURE_NS, MAX_PDUS)
        if found:
            skipped = found[0][0] - self._told - 1
            self._told = found[-1][0]
            rows = [_row(self._services, wire, number, captured) for number, captured in found]
            self._hub.tell(PDUS, {"event": "pdus", "pdus": rows, "skipped": skipped})


def _row(services: Services, wire: Wire, number: int, captured: Captured) -> dict[str, Any]:
    """A PDU in one line; a response has the dialogue of its request."""
    command_id, status, sequence = (int.from_bytes(captured.frame[at : at + 4], "big") for at in (4, 8, 12))
    source, target, text = _said(captured.frame)
    asked = wire.asked(number) if command_id & RESPONSE_BIT else captured
    where = None
    if asked is not None:
        ends = _said(asked.frame)[:2] if asked is not captured else (source, target)
        where = wire.whereabouts.at(ends, asked.at_ns, asked.direction)
    return {
        "number": number,
        "at": datetime.fromtimestamp(captured.at_ns / 1e9, UTC).isoformat(timespec="microseconds"),
        "link": captured.link,
        "account": _account(services, captured.link),
        "direction": captured.direction,
        "command": command_name(command_id),
        "status": status_name(status),
        "sequence": sequence,
        "octets": len(captured.frame),
        "from": source,
        "to": target,
        "text": text,
        "msisdn": where.msisdn if where else "",
        "dialogue": where.dialogue if where else "",
        "menu": where.menu if where else "",
        "screen": where.screen if where else "",
    }


def _said(frame: bytes) -> tuple[str, str, str]:
    """Who says what to whom, as far as the PDU has that."""
    try:
        pdu = decode(frame)
    except PduError:
        return "", "", ""
    return getattr(pdu, "source_addr", ""), getattr(pdu, "destination_addr", ""), texts_of(pdu)[1]


def _account(services: Services, number: int) -> str:
    if number < 0:  # a link of ours to a centre
        return f"link:{services.links()[-number - 1]['name']}"
    listener = services.listener()
    link = listener.links.get(number) if listener else None
    return link.account.system_id if link and link.account else ""
