"""`/cgi-bin/sendsms`: short messages to phones in the form of Kannel's smsbox, with reports to `dlr-url`.

A message is answered with 202 once it is stored, on the terms that its sender named; from there it goes the
way of all messages, and so do the reports on it (`access.http_reports`).
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from ussd_gateway.access.asked import Validity
from ussd_gateway.access.http_reports import ORIGIN, HttpReports
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.ports import MoSms, SmsAccepted
from ussd_gateway.terms import Terms
from ussd_gateway.web.services import SERVICES
from ussd_gateway.web.sms_content import Content, content_of

PATH = "/cgi-bin/sendsms"
MAX_MINUTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send: from which short numbers, and in which networks its reports may go."""

    username: str
    password: str
    short_codes: tuple[str, ...]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendSms:
    """What the call stands on; `validity`: how long messages are tried."""

    senders: Mapping[str, Sender]
    reports: HttpReports
    validity: Validity

    @classmethod
    def of(cls, senders: Sequence[Sender], reports: HttpReports, validity: Validity) -> "SendSms":
        """With the senders by username."""
        return cls({sender.username: sender for sender in senders}, reports, validity)


SEND_SMS = web.AppKey("sendsms", SendSms)


class Unfit(ValueError):
    """What was asked cannot be done; the text says why, in Kannel's manner."""


async def sendsms(request: web.Request) -> web.Response:
    """202 `0: Accepted for delivery` when the message is stored, `3: ...` when it is to leave later."""
    desk, services = request.app[SEND_SMS], request.app[SERVICES]
    fields = _fields(request.rel_url.raw_query_string)
    if request.method == "POST":
        fields |= _fields((await request.read()).decode("latin-1"))
    sender = _known(desk, fields)
    if sender is None:
        return _answer(403, "Authorization failed for sendsms")
    msisdn = services.plan.parse(fields.get("to", ""))
    if msisdn is None or not services.plan.is_mobile(msisdn):
        return _answer(400, "Missing or wrong receiver number, rejected")
    now_ms = services.clock.now_ms()
    try:
        content = content_of(fields)
        not_before_ms = now_ms + (_number(fields, "deferred", MAX_MINUTES) or 0) * 60_000
        terms = _terms(fields, sender, content, not_before_ms, desk.validity)
    except ValueError as error:
        return _answer(400, f"{error}, rejected")
    access = f"{ORIGIN}:{sender.username}"
    source = fields.get("from") or sender.short_codes[0]
    try:
        message_id = services.ids.message_id()
        message = MoSms(message_id, source, msisdn, content.text, access, terms, not_before_ms)
        result = await services.in_lane(access, lambda: services.gateway.sms(message))
        if not isinstance(result, SmsAccepted):
            return _answer(400, "Receiver not known, rejected")
        kept = OutMessage(message_id, source, msisdn, content.text, False, now_ms, not_before_ms, terms=terms)
        await desk.reports.accepted(kept)
    except StoreUnavailable:
        return _answer(503, "Temporal failure, try again later.")
    if not_before_ms > now_ms:
        return _answer(202, "3: Queued for later delivery")
    return _answer(202, "0: Accepted for delivery")


def _fields(form: str) -> dict[str, str]:
    """The fields of a form, each character an octet: `udh` and binary `text` are no text in any charset."""
    return dict(parse_qsl(form, keep_blank_values=True, encoding="latin-1"))


def _known(desk: SendSms, fields: Mapping[str, str]) -> Sender | None:
    """The sender whose name and password these are."""
    sender = desk.senders.get(_text(fields, "username"))
    given = fields.get("password", "").encode("latin-1")
    right = hmac.compare_digest(given, (sender.password if sender else "").encode())
    return sender if right else None


def _text(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").encode("latin-1").decode("utf-8", "replace")


def _terms(
    fields: Mapping[str, str], sender: Sender, content: Content, not_before_ms: int, validity: Validity
) -> Terms:
    """What the sender asks for; Unfit."""
    if (fields.get("from") or sender.short_codes[0]) not in sender.short_codes:
        raise Unfit("Sender missing or not allowed")
    report_to, report_mask = _text(fields, "dlr-url"), 0
    if "dlr-url" in fields:
        if not re.fullmatch(r"[0-9]{1,2}", fields.get("dlr-mask", "")):
            raise Unfit("dlr-url without dlr-mask")
        report_mask = int(fields["dlr-mask"])
        if urlsplit(report_to).scheme not in ("http", "https"):
            raise Unfit("dlr-url is no address")
    minutes = _number(fields, "validity", MAX_MINUTES)
    lasts_ms = validity.default_ms if minutes is None else minutes * 60_000
    return Terms(
        origin=f"{ORIGIN}:{sender.username}" if report_to else "",
        esm_class=content.esm_class,
        data_coding=content.data_coding,
        octets=content.octets,
        expires_ms=not_before_ms + min(lasts_ms, validity.max_ms),
        priority=_number(fields, "priority", 3) or 0,
        report_to=report_to,
        report_mask=report_mask,
    )


def _number(fields: Mapping[str, str], name: str, most: int) -> int | None:
    text = fields.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,8}", text) or int(text) > most:
        raise Unfit(f"{name} must be a whole number up to {most}")
    return int(text)


def _answer(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)
