"""How USSD dialogues look over HTTP, as data: what a web application is asked, how its reply is read.

    a phone dialled / answered / is gone  ->  Hop + variables  ->  HttpRequest
    body of the reply                     ->  Reply            ->  Ask | End, and the application's own state

The forms are those that aggregators publish for their customers' web applications: Africa's Talking, Hubtel,
Nalo Solutions, Infobip; `generic-get` is the common denominator of the smaller ones.  Others are declared in
`config.yaml` by the same members.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from ussd_gateway.ussd.primitives import Ask, End

Scalar = str | int | bool | None
Method = Literal["GET", "POST", "PUT"]
Carrier = Literal["query", "form", "json"]

VARIABLES: Mapping[str, str] = {
    "session": "the dialogue's id, the same in all its requests; where a menu hands over, that of the visit",
    "msisdn": "the subscriber's number (`79261234567`)",
    "plus_msisdn": "the same with a plus sign",
    "code": "the service code (`*500#`)",
    "digits": "the service code without `*` and `#`",
    "dialled": "the whole string that was dialled (`*500*1#`)",
    "text": "what the subscriber sent last; the dialled string in the first request",
    "inputs": "all the subscriber has sent, joined by `*`, beginning with what was dialled behind the code",
    "last_input": "what the subscriber answered last; empty in the first request",
    "first": "whether this is the first request of the dialogue (true or false)",
    "sequence": "1 in the first request, then one more each time",
    "state": "what the application gave in the member `state` of its last reply",
    "network": "the setting `network` of the application",
    "shown": "the text of the application's last screen",
    "reason": "why the dialogue is over: `ended`, `aborted`, `timeout`, `replaced`, `failed` …",
    "status": "how it is over: `Success`, `Incomplete` or `Failed`",
    "exit_code": "the same as a number: 200, 499 or 500",
    "error": "what the application did wrong, when it failed",
    "started": "when the dialogue began (`2026-03-01 10:00:00`, UTC)",
    "lasted_ms": "how long it has lasted, milliseconds",
}
"""What stands in braces in a template, and what it means."""

_NAME = re.compile(r"\{(\w+)\}")
_REPLY_IN_TEXT = re.compile(r"\s*(\w+)\b[ \t]*\r?\n?(.*)", re.DOTALL)


class BadReply(ValueError):
    """The body of a reply is not what the profile says."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One request to the application: its fields, and where they stand.

    A field that is one variable in braces keeps that variable's type; `path` is put behind the address.
    """

    fields: Mapping[str, Scalar]
    method: Method = "POST"
    carried: Carrier = "form"
    path: str = ""


@dataclass(frozen=True, slots=True)
class TextReply:
    """The screen stands in the body behind a word that says whether it asks."""

    ask: str = "CON"
    end: str = "END"


@dataclass(frozen=True, slots=True)
class JsonReply:
    """The screen is one member of a JSON object; another, with one of the values of `ask` or `end`, says
    whether it asks.

    Words match in any case.  `state`: the member whose value comes back in the next request.
    """

    text: str
    kind: str
    ask: tuple[Scalar, ...]
    end: tuple[Scalar, ...]
    state: str = ""


@dataclass(frozen=True, slots=True)
class HttpProfile:
    """How one kind of web application is spoken to.

    `over` tells it that a dialogue is over, `timed_out` (by default the same) that a timer was the reason;
    with `every_end` also when it ended the dialogue itself, or failed.
    """

    begin: Hop
    answer: Hop
    reply: TextReply | JsonReply
    over: Hop | None = None
    timed_out: Hop | None = None
    every_end: bool = False


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What goes out; `path` and `query` go behind the address of the application."""

    method: Method
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the application replied."""

    said: Ask | End
    state: str = ""


def unknown_variables(template: str) -> list[str]:
    """The names in braces that mean nothing."""
    return [name for name in _NAME.findall(template) if name not in VARIABLES]


def request_of(hop: Hop, values: Mapping[str, Scalar]) -> HttpRequest:
    """The request with all variables filled in; one that has no value here is empty."""
    fields = {name: _filled(value, values) for name, value in hop.fields.items()}
    path = _NAME.sub(lambda found: _as_text(values.get(found[1])), hop.path)
    if hop.carried == "json":
        body = json.dumps(fields, ensure_ascii=False).encode("utf-8")
        return HttpRequest(hop.method, path, (), body, "application/json")
    pairs = tuple((name, _as_text(value)) for name, value in fields.items())
    if hop.carried == "query":
        return HttpRequest(hop.method, path, pairs)
    body = urlencode(pairs).encode("ascii")
    return HttpRequest(hop.method, path, (), body, "application/x-www-form-urlencoded")


def heard_in(reply: TextReply | JsonReply, body: bytes) -> Heard:
    """What the body of a reply says; BadReply when it does not say it as agreed."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadReply("not in UTF-8") from None
    return _in_text(reply, text) if isinstance(reply, TextReply) else _in_json(reply, text)


def _in_text(reply: TextReply, text: str) -> Heard:
    found = _REPLY_IN_TEXT.fullmatch(text)
    word = found[1].upper() if found else ""
    if found is None or word not in (reply.ask.upper(), reply.end.upper()):
        raise BadReply(f"begins neither with {reply.ask} nor with {reply.end}")
    screen = _screen(found[2])
    return Heard(Ask(screen) if word == reply.ask.upper() else End(screen))


def _in_json(reply: JsonReply, text: str) -> Heard:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise BadReply("not JSON") from None
    if not isinstance(value, dict):
        raise BadReply("not a JSON object")
    shown = value.get(reply.text)
    if not isinstance(shown, str):
        raise BadReply(f"member {reply.text!r} is no text")
    kind = _folded(value.get(reply.kind))
    state = value.get(reply.state) if reply.state else None
    screen, kept = _screen(shown), state if isinstance(state, str) else ""
    if kind in [_folded(each) for each in reply.ask]:
        return Heard(Ask(screen), kept)
    if kind in [_folded(each) for each in reply.end]:
        return Heard(End(screen), kept)
    raise BadReply(f"member {reply.kind!r} says neither to go on nor to end")


def _folded(value: object) -> tuple[bool, object]:
    """For comparing: words in any case; true is not 1."""
    return isinstance(value, bool), value.casefold() if isinstance(value, str) else value


def _screen(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip()


def _filled(template: Scalar, values: Mapping[str, Scalar]) -> Scalar:
    if not isinstance(template, str):
        return template
    whole = _NAME.fullmatch(template)
    if whole is not None:
        return values.get(whole[1], "")
    return _NAME.sub(lambda found: _as_text(values.get(found[1])), template)


def _as_text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


# ---------------------------------------------------------------- the forms that are known

_AFRICASTALKING = Hop(
    {
        "sessionId": "{session}",
        "serviceCode": "{code}",
        "phoneNumber": "{plus_msisdn}",
        "text": "{inputs}",
        "networkCode": "{network}",
    }
)
_GENERIC = {
    "session": "{session}",
    "msisdn": "{msisdn}",
    "code": "{code}",
    "input": "{text}",
    "sequence": "{sequence}",
}
_HUBTEL = {
    "Mobile": "{msisdn}",
    "SessionId": "{session}",
    "ServiceCode": "{digits}",
    "Message": "{text}",
    "Operator": "{network}",
    "Sequence": "{sequence}",
    "ClientState": "{state}",
}
_NALO = Hop(
    {
        "USERID": "{digits}",
        "MSISDN": "{msisdn}",
        "USERDATA": "{text}",
        "MSGTYPE": "{first}",
        "NETWORK": "{network}",
        "SESSIONID": "{session}",
    },
    carried="json",
)
_INFOBIP: Mapping[str, Scalar] = {
    "msisdn": "{msisdn}",
    "imsi": None,
    "shortCode": "{code}",
    "text": "{text}",
    "optional": None,
    "language": None,
    "ussdGwId": "{network}",
}


def _hubtel(kind: str) -> Hop:
    return Hop({"Type": kind, **_HUBTEL}, carried="json")


PROFILES: Mapping[str, HttpProfile] = {
    "africastalking": HttpProfile(
        begin=_AFRICASTALKING,
        answer=_AFRICASTALKING,
        reply=TextReply(),
        over=Hop(
            {
                "date": "{started}",
                "sessionId": "{session}",
                "serviceCode": "{code}",
                "networkCode": "{network}",
                "phoneNumber": "{plus_msisdn}",
                "status": "{status}",
                "cost": "0",
                "durationInMillis": "{lasted_ms}",
                "hopsCount": "{sequence}",
                "input": "{inputs}",
                "lastAppResponse": "{shown}",
                "errorMessage": "{error}",
            }
        ),
        every_end=True,
    ),
    "generic-get": HttpProfile(
        begin=Hop({"event": "begin", **_GENERIC}, "GET", "query"),
        answer=Hop({"event": "continue", **_GENERIC}, "GET", "query"),
        reply=TextReply(),
        over=Hop({"event": "{reason}", **_GENERIC}, "GET", "query"),
    ),
    "hubtel": HttpProfile(
        begin=_hubtel("Initiation"),
        answer=_hubtel("Response"),
        reply=JsonReply("Message", "Type", ("response",), ("release",), "ClientState"),
        over=_hubtel("Release"),
        timed_out=_hubtel("Timeout"),
    ),
    "nalo": HttpProfile(
        begin=_NALO,
        answer=_NALO,
        reply=JsonReply("MSG", "MSGTYPE", (True,), (False,)),
    ),
    "infobip": HttpProfile(
        begin=Hop(_INFOBIP, carried="json", path="/session/{session}/start"),
        answer=Hop(_INFOBIP, carried="json", path="/session/{session}/response"),
        reply=JsonReply("ussdMenu", "shouldClose", (False,), (True,)),
        over=Hop({"reason": "{reason}", "exitCode": "{exit_code}"}, "PUT", "json", "/session/{session}/end"),
    ),
}
"""The profiles that come with the gateway."""
