"""`/cgi-bin/sendsms`: short messages to phones in the form of Kannel's smsbox, with reports to `dlr-url`.

A message is answered with 202 once it is stored.  Reports are sent once, and where they go is remembered in
memory only: a gateway that stops delivers the message later, but tells nobody.
"""

import asyncio
import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import web

from ussd_gateway.access.http_calls import Caller, CallFailed, CallSettings
from ussd_gateway.billing.store import MessageState, OutMessage
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.ports import MoSms, SmsAccepted
from ussd_gateway.ussd.http_profiles import HttpRequest
from ussd_gateway.web.bodies import read_form
from ussd_gateway.web.services import SERVICES, Services

PATH = "/cgi-bin/sendsms"
MAX_REPORTS = 10_000
MAX_CALLS = 1_000
MAX_TEXT = 10_000
REPORT_TIMEOUT_S = 10.0
ACCEPTED, DELIVERED, FAILED = 8, 1, 2
"""Kannel's values of `%d`, which are the bits of `dlr-mask`."""
_OUTCOMES: Mapping[MessageState, int] = {"acked": DELIVERED, "failed": FAILED}
_ESCAPE = re.compile(r"%([dpPtTI%])")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send: from which short numbers, and in which networks its reports may go."""

    username: str
    password: str
    short_codes: tuple[str, ...]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Report:
    sender: str
    url: str
    mask: int


class Reports:
    """Reports on messages that were sent from here."""

    def __init__(self, services: Services, senders: Sequence[Sender]) -> None:
        self.senders = {sender.username: sender for sender in senders}
        self._clock = services.clock
        self._callers = {sender.username: self._caller(sender) for sender in senders}
        self._wanted: dict[int, _Report] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        if senders:
            services.delivery.on_finished = self.finished

    def _caller(self, sender: Sender) -> Caller:
        networks = tuple(ipaddress.ip_network(each) for each in sender.addresses)
        return Caller(CallSettings("http://localhost/", REPORT_TIMEOUT_S, networks), self._clock.now_ms)

    def want(self, message_id: int, report: _Report) -> None:
        """Report on this message; before it is stored, for its delivery may be quick."""
        self._wanted[message_id] = report
        if len(self._wanted) > MAX_REPORTS:
            del self._wanted[next(iter(self._wanted))]

    def forget(self, message_id: int) -> None:
        """It was not taken."""
        self._wanted.pop(message_id, None)

    def accepted(self, message: MoSms) -> None:
        """It is stored."""
        report = self._wanted.get(message.message_id)
        if report is not None and report.mask & ACCEPTED:
            self._send(report, ACCEPTED, message.message_id, message.source, message.destination)

    def finished(self, message: OutMessage, state: MessageState) -> None:
        """Its end is known."""
        report = self._wanted.pop(message.message_id, None)
        outcome = _OUTCOMES.get(state, 0)
        if report is not None and report.mask & outcome:
            self._send(report, outcome, message.message_id, message.source, message.destination)

    def _send(self, report: _Report, outcome: int, message_id: int, source: str, destination: str) -> None:
        if len(self._tasks) >= MAX_CALLS:
            log.warning("report given up", message_id=message_id)
            return
        at = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        values = {
            "d": str(outcome),
            "p": source,
            "P": f"+{destination}",
            "t": f"{at:%Y-%m-%d %H:%M}",
            "T": str(int(at.timestamp())),
            "I": str(message_id),
            "%": "%",
        }
        url = _ESCAPE.sub(lambda found: quote(values[found[1]], safe=""), report.url)
        task = asyncio.get_running_loop().create_task(self._call(report.sender, url, message_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, sender: str, url: str, message_id: int) -> None:
        try:
            await self._callers[sender].call(HttpRequest("GET", ""), url)
        except CallFailed as error:
            log.info("report not taken", message_id=message_id, reason=str(error))

    async def close(self, application: web.Application) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for caller in self._callers.values():
            await caller.close()


REPORTS = web.AppKey("reports", Reports)


async def sendsms(request: web.Request) -> web.Response:
    """202 `0: Accepted for delivery` when the message is stored."""
    reports, services = request.app[REPORTS], request.app[SERVICES]
    fields = {**request.query}
    if request.method == "POST":
        fields |= await read_form(request)
    sender = _known(reports, fields)
    if sender is None:
        return _answer(403, "Authorization failed for sendsms")
    if problem := _problem(fields, sender):
        return _answer(400, problem)
    msisdn = services.plan.parse(fields.get("to", ""))
    if msisdn is None or not services.plan.is_mobile(msisdn):
        return _answer(400, "Missing or wrong receiver number, rejected")
    access = f"http:{sender.username}"
    try:
        text = fields.get("text", "")
        source = fields.get("from") or sender.short_codes[0]
        message = MoSms(services.ids.message_id(), source, msisdn, text, access)
        if url := fields.get("dlr-url"):
            reports.want(message.message_id, _Report(sender.username, url, int(fields["dlr-mask"])))
        result = await services.in_lane(access, lambda: services.gateway.sms(message))
    except StoreUnavailable:
        return _answer(503, "Temporal failure, try again later.")
    if not isinstance(result, SmsAccepted):
        reports.forget(message.message_id)
        return _answer(400, "Receiver not known, rejected")
    reports.accepted(message)
    return _answer(202, "0: Accepted for delivery")


def _known(reports: Reports, fields: Mapping[str, str]) -> Sender | None:
    """The sender whose name and password these are."""
    sender = reports.senders.get(fields.get("username", ""))
    given = fields.get("password", "").encode()
    right = hmac.compare_digest(given, (sender.password if sender else "").encode())
    return sender if right else None


def _problem(fields: Mapping[str, str], sender: Sender) -> str:
    """Why the message cannot be taken as it is; empty when it can."""
    if "udh" in fields or fields.get("charset", "UTF-8").upper() not in ("UTF-8", "UTF8"):
        return "Only text in UTF-8 without udh is taken, rejected"
    if fields.get("coding", "0") not in ("0", "2"):
        return "Only coding 0 and 2 are taken, rejected"
    if (fields.get("from") or sender.short_codes[0]) not in sender.short_codes:
        return "Sender missing or not allowed, rejected"
    if len(fields.get("text", "")) > MAX_TEXT:
        return "Text too long, rejected"
    if "dlr-url" in fields:
        if not re.fullmatch(r"[0-9]{1,2}", fields.get("dlr-mask", "")):
            return "dlr-url without dlr-mask, rejected"
        if urlsplit(fields["dlr-url"]).scheme not in ("http", "https"):
            return "dlr-url is no address, rejected"
    return ""


def _answer(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)
