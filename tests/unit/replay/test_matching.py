"""Expectations against screens, messages, prompts, refusals and accounts."""

import pytest

from ussd_gateway.phone.events import Failure, Screen, SmsArrived, Voice
from ussd_gateway.replay.bodies import Assert, Expect, ExpectSms, ExpectVoice, Ledger
from ussd_gateway.replay.matching import (
    Match,
    match_account,
    match_ledger,
    match_refusal,
    match_screen,
    match_sms,
    match_voice,
)

SCREEN = Screen("ask", "1 Счет\n2 Бюджет", "*105#", "d1")


def look(expectation: dict[str, object], name: str | None = "root", took_ms: float | None = 12.0) -> Match:
    return match_screen(Expect.model_validate(expectation), SCREEN, name=name, took_ms=took_ms)


@pytest.mark.parametrize(
    "expectation",
    [
        {"text": "1 Счет\n2 Бюджет"},
        {"contains": "Счет"},
        {"contains": ["Счет", "Бюджет"], "not_contains": "Тариф"},
        {"regex": "Счет.*Бюджет"},
        {"op": "ask", "service_code": "*105#"},
        {"screen": "root"},
        {"fits": True},
        {"fits": 15},
        {"within": "1s"},
    ],
)
def test_a_screen_that_is_as_expected(expectation):
    match = look(expectation)
    assert not match.differences
    assert not match.unknown


@pytest.mark.parametrize(
    "expectation, what, expected, actual",
    [
        ({"text": "1 Счет"}, "text", "1 Счет", SCREEN.text),
        ({"contains": ["Счет", "Тариф"]}, "contains", "Тариф", SCREEN.text),
        ({"not_contains": "Счет"}, "not_contains", "without 'Счет'", SCREEN.text),
        ({"regex": r"\d{3}"}, "regex", r"\d{3}", SCREEN.text),
        ({"op": "end"}, "op", "end", "ask"),
        ({"service_code": "*100#"}, "service_code", "*100#", "*105#"),
        ({"screen": "account"}, "screen", "account", "root"),
        ({"fits": 14}, "fits", "at most 14 characters", "15 characters"),
        ({"within": "10ms"}, "within", "10ms", "12 ms"),
    ],
)
def test_a_screen_that_is_not(expectation, what, expected, actual):
    (difference,) = look(expectation).differences
    assert (difference.what, difference.expected, difference.actual) == (what, expected, actual)


def test_every_difference_is_told():
    assert [each.what for each in look({"text": "x", "op": "end", "screen": "y"}).differences] == [
        "text",
        "op",
        "screen",
    ]


def test_what_cannot_be_seen_is_unknown_and_no_difference():
    match = look({"screen": "root", "contains": "Счет"}, name=None)
    assert match.unknown == ["screen"]
    assert not match.differences


def test_a_screen_too_long_for_one_string():
    long = Screen("end", "я" * 81, "*105#", "d1")
    match = match_screen(Expect.model_validate({"fits": True}), long, name=None, took_ms=None)
    assert [each.expected for each in match.differences] == ["within one USSD string"]


def test_named_groups_are_captured():
    match = look({"regex": r"(?P<first>\d) Счет(?P<none>!)?"})
    assert match.captures == {"first": "1", "none": ""}


def test_a_regex_without_a_match_captures_nothing():
    assert look({"regex": r"(?P<sum>\d{4})"}).captures == {}


@pytest.mark.parametrize(
    "expectation, what",
    [
        ({"error": True}, []),
        ({"error": "RTHROTTLED"}, []),
        ({"error": "nobody"}, ["error"]),
        ({"status": "ESME_RTHROTTLED"}, []),
        ({"status": "0x58"}, []),
        ({"status": "ESME_RSYSERR"}, ["status"]),
    ],
)
def test_a_refusal(expectation, what):
    seen = Failure("the gateway refused: ESME_RTHROTTLED", 0x58)
    match = match_refusal(Expect.model_validate(expectation), seen)
    assert [each.what for each in match.differences] == what


def test_the_status_of_a_refusal_without_one_is_unknown():
    match = match_refusal(Expect.model_validate({"status": "ESME_RTHROTTLED"}), Failure("nobody answers"))
    assert match.unknown == ["status"]
    assert not match.differences


def test_a_message():
    seen = SmsArrived("000110", "Пароль 123456", 2)
    good = ExpectSms.model_validate({"from": "000110", "regex": r"(?P<password>\d+)", "parts": 2})
    assert match_sms(good, seen).captures == {"password": "123456"}
    bad = ExpectSms.model_validate({"contains": "Тариф", "parts": 1})
    assert [each.what for each in match_sms(bad, seen).differences] == ["contains", "parts"]


def test_a_prompt():
    match = match_voice(ExpectVoice.model_validate({"contains": "х", "state": "end"}), Voice("Нет", "prompt"))
    assert [(each.what, each.actual) for each in match.differences] == [
        ("contains", "Нет"),
        ("state", "prompt"),
    ]


ACCOUNT = {
    "balance": "250.00",
    "language": "ru",
    "tariff": "write",
    "company": None,
    "packages": [
        {"code": "m100", "kind": "minutes", "left": 40},
        {"code": "m50", "kind": "minutes", "left": 5},
    ],
    "login": {"password_set": True, "locked": False, "wrong": 2},
}


@pytest.mark.parametrize(
    "wanted",
    [
        {"balance": "250"},
        {"balance": "250,00", "language": "ru", "tariff": "write"},
        {"password_set": True, "locked": False},
        {"package": {"m100": 40, "minutes": 45}},
        {"account": {"login.wrong": 2, "company": None, "balance": 250}},
        {"account": {"login": {"wrong": 2}}},
        {"account": {"packages": [{"left": 40}, {"left": 5}]}},
    ],
)
def test_an_account_that_is_as_expected(wanted):
    assert not match_account(Assert.model_validate(wanted), ACCOUNT).differences


@pytest.mark.parametrize(
    "wanted, what, expected, actual",
    [
        ({"balance": "10.00"}, "balance", "10.00", "250.00"),
        ({"package": {"m100": 41}}, "package m100", "41", "40"),
        ({"package": {"mb": 1}}, "package mb", "1", "none"),
        ({"locked": True}, "locked", "true", "false"),
        ({"account": {"login": {"wrong": 0}}}, "login.wrong", "0", "2"),
        ({"account": {"packages": []}}, "number of packages", "0", "2"),
        ({"account": {"nonsense": 1}}, "nonsense", "1", "none"),
    ],
)
def test_an_account_that_is_not(wanted, what, expected, actual):
    (difference,) = match_account(Assert.model_validate(wanted), ACCOUNT).differences
    assert (difference.what, difference.expected, difference.actual) == (what, expected, actual)


def test_the_ledger():
    entries = [{"amount_kop": -300}, {"amount_kop": 1000}]
    assert not match_ledger(Ledger(count=2, sum="7.00"), entries).differences
    match = match_ledger(Ledger(kind="topup", count=1, sum="10"), entries)
    assert [(each.what, each.expected, each.actual) for each in match.differences] == [
        ("ledger topup count", "1", "2"),
        ("ledger topup sum", "10", "7.00"),
    ]


def test_a_kind_alone_wants_a_line_of_it():
    assert match_ledger(Ledger(kind="topup"), []).differences
    assert not match_ledger(Ledger(kind="topup"), [{"amount_kop": 1}]).differences
