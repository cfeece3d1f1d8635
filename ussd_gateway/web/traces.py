"""What passed on the wire for a dialogue or a number: a file for Wireshark, or text; secrets replaced."""

from aiohttp import web

from ussd_gateway.access.pcap import Captured, pcap_of
from ussd_gateway.access.trace_text import trace_text
from ussd_gateway.access.wire import Wire
from ussd_gateway.web.numbers import subscriber_of
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.services import SERVICES

PCAP = "application/vnd.tcpdump.pcap"


async def dialogue_pcap(request: web.Request) -> web.Response:
    """The PDUs of a dialogue for Wireshark."""
    return _file(request, _of_dialogue(request))


async def dialogue_text(request: web.Request) -> web.Response:
    """The PDUs of a dialogue to read."""
    return web.Response(text=trace_text(_of_dialogue(request)))


async def number_pcap(request: web.Request) -> web.Response:
    """The newest PDUs to and from a number for Wireshark."""
    return _file(request, wire_of(request).of_number(subscriber_of(request)))


async def number_text(request: web.Request) -> web.Response:
    """The newest PDUs to and from a number to read."""
    return web.Response(text=trace_text(wire_of(request).of_number(subscriber_of(request))))


def wire_of(request: web.Request) -> Wire:
    """What is captured; ProblemError 409 when nothing is."""
    wire = request.app[SERVICES].capture.wire
    if wire is None:
        raise ProblemError(409, "nothing is captured: start with `serve --pcap FILE`, or open /monitor")
    return wire


def _of_dialogue(request: web.Request) -> list[Captured]:
    found = wire_of(request).of_dialogue(request.match_info["dialogue"])
    if found is None:
        raise ProblemError(404, "no step of such a dialogue was seen")
    return found


def _file(request: web.Request, captured: list[Captured]) -> web.Response:
    name = request.path.split("/")[-2]
    headers = {"Content-Disposition": f'attachment; filename="{"".join(filter(_plain, name))}.pcap"'}
    return web.Response(body=pcap_of(captured), content_type=PCAP, headers=headers)


def _plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "-.")
