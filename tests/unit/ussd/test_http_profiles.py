"""Requests and replies of web applications, form by form."""

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from ussd_gateway.ussd.http_profiles import (
    PROFILES,
    VARIABLES,
    BadReply,
    Heard,
    Hop,
    HttpProfile,
    Scalar,
    heard_in,
    request_of,
    unknown_variables,
)
from ussd_gateway.ussd.primitives import Ask, End

SECOND: dict[str, Scalar] = {
    "session": "d1",
    "msisdn": "79261234567",
    "plus_msisdn": "+79261234567",
    "code": "*500#",
    "digits": "500",
    "dialled": "*500*1#",
    "text": "Иван & Co",
    "inputs": "1*Иван & Co",
    "last_input": "Иван & Co",
    "first": False,
    "sequence": 2,
    "state": "s",
    "network": "99999",
}


def fields(hop: Hop, values: dict[str, Scalar]) -> dict[str, object]:
    request = request_of(hop, values)
    if hop.carried == "query":
        assert not request.body
        return dict(request.query)
    if hop.carried == "json":
        found = json.loads(request.body)
        assert isinstance(found, dict)
        return found
    return dict(parse_qsl(request.body.decode("ascii"), keep_blank_values=True))


def test_africas_talking_joins_all_that_was_sent():
    assert fields(PROFILES["africastalking"].answer, SECOND) == {
        "sessionId": "d1",
        "serviceCode": "*500#",
        "phoneNumber": "+79261234567",
        "text": "1*Иван & Co",
        "networkCode": "99999",
    }


def test_a_get_has_everything_in_the_query():
    request = request_of(PROFILES["generic-get"].answer, SECOND)
    assert request.method == "GET"
    assert request.body == b""
    assert dict(request.query) == {
        "event": "continue",
        "session": "d1",
        "msisdn": "79261234567",
        "code": "*500#",
        "input": "Иван & Co",
        "sequence": "2",
    }


def test_hubtel_counts_and_keeps_the_applications_state():
    assert fields(PROFILES["hubtel"].answer, SECOND) == {
        "Type": "Response",
        "Mobile": "79261234567",
        "SessionId": "d1",
        "ServiceCode": "500",
        "Message": "Иван & Co",
        "Operator": "99999",
        "Sequence": 2,
        "ClientState": "s",
    }


def test_nalo_says_whether_it_is_the_first():
    assert fields(PROFILES["nalo"].answer, SECOND)["MSGTYPE"] is False
    assert fields(PROFILES["nalo"].begin, {**SECOND, "first": True})["MSGTYPE"] is True


def test_infobip_has_its_session_in_the_path():
    profile = PROFILES["infobip"]
    assert request_of(profile.begin, SECOND).path == "/session/d1/start"
    assert request_of(profile.answer, SECOND).path == "/session/d1/response"
    assert profile.over is not None
    over = request_of(profile.over, {**SECOND, "reason": "timeout", "exit_code": 499})
    assert (over.method, over.path) == ("PUT", "/session/d1/end")
    assert json.loads(over.body) == {"reason": "timeout", "exitCode": 499}


@pytest.mark.parametrize(
    "profile, body, heard",
    [
        ("africastalking", "CON Name?\r\n1. A\n", Heard(Ask("Name?\n1. A"))),
        ("africastalking", "\ufeffend Bye", Heard(End("Bye"))),
        ("africastalking", "CON\nName?", Heard(Ask("Name?"))),
        ("africastalking", "END", Heard(End(""))),
        ("generic-get", "CON Имя?", Heard(Ask("Имя?"))),
        ("hubtel", {"Type": "Response", "Message": "Name?", "ClientState": "x"}, Heard(Ask("Name?"), "x")),
        ("hubtel", {"Type": "release", "Message": "Bye", "ClientState": None}, Heard(End("Bye"))),
        ("nalo", {"MSG": "Name?", "MSGTYPE": True}, Heard(Ask("Name?"))),
        ("nalo", {"MSG": "Bye", "MSGTYPE": False}, Heard(End("Bye"))),
        ("infobip", {"ussdMenu": "Name?", "shouldClose": False}, Heard(Ask("Name?"))),
        ("infobip", {"ussdMenu": "Bye", "shouldClose": True}, Heard(End("Bye"))),
    ],
)
def test_replies_are_understood(profile: str, body: object, heard: Heard):
    octets = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert heard_in(PROFILES[profile].reply, octets) == heard


@pytest.mark.parametrize(
    "profile, body",
    [
        ("africastalking", b""),
        ("africastalking", b"CONTINUE Name?"),
        ("africastalking", b"<html>502</html>"),
        ("africastalking", b"CON \xff"),
        ("hubtel", b"CON Name?"),
        ("hubtel", b"[]"),
        ("hubtel", b"[" * 60_000),
        ("hubtel", b'{"Type": "response"}'),
        ("hubtel", b'{"Type": "AddToCart", "Message": "x"}'),
        ("nalo", b'{"MSG": "x", "MSGTYPE": 1}'),
        ("infobip", b'{"ussdMenu": 5, "shouldClose": true}'),
    ],
)
def test_other_replies_are_refused(profile: str, body: bytes):
    with pytest.raises(BadReply):
        heard_in(PROFILES[profile].reply, body)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_shipped_form_has_a_variable_that_means_nothing(profile: HttpProfile):
    hops = [profile.begin, profile.answer, profile.over, profile.timed_out]
    templates = [
        text
        for hop in hops
        if hop is not None
        for text in (hop.path, *hop.fields.values())
        if isinstance(text, str)
    ]
    assert [unknown_variables(template) for template in templates] == [[] for _ in templates]


def test_braces_that_a_subscriber_sends_stay_what_they_are():
    hop = Hop({"a": "<{text}>", "b": "{text}"}, path="/{session}")
    request = request_of(hop, {"text": "{session}", "session": "d1"})
    assert dict(parse_qsl(request.body.decode())) == {"a": "<{session}>", "b": "{session}"}
    assert request.path == "/d1"


def test_the_page_has_every_variable_and_profile():
    page = (Path(__file__).parents[3] / "docs" / "http_applications.md").read_text(encoding="utf-8")
    missing = [name for name, about in VARIABLES.items() if f"| `{{{name}}}` | {about} |" not in page]
    assert missing == []
    assert [name for name in PROFILES if f"| `{name}` |" not in page] == []
