"""Numbers with a variable in them, parameters of a text, and commands in texts to other subscribers."""

import pytest

from tests.unit.sms.support import FACTS, commands, complaints, match
from ussd_gateway.sms.keywords import SmsCommands

SERVICES = """
short_codes: ["000105{code:3}", "000105{code:4}"]
commands:
  - match: ""
    action: account.charge
    with: {fee_kop: "{code}"}
otherwise: {reply: "На {code} пишите пустое"}
"""
OFF = """
short_code: "000105{code:3}0"
otherwise: {reply: "Отключить {code}"}
"""
GUIDE = """
short_code: "000105"
commands:
  - keyword: PAY
    args: "{to} {amount}"
    parameters: {to: {match: msisdn}, amount: {match: amount, min: 1, max: 500}}
    action: transfer
  - keyword: PAY
    args: "{anything...}"
    reply: "Пример: PAY 9261234567 100"
"""
PEOPLE = """
to_subscribers: true
commands:
  - regex: "(?P<note>.*)#(?P<amount>[0-9.,]+)"
    parameters: {amount: {match: amount}}
    action: transfer
"""


@pytest.fixture(scope="module")
def ours() -> SmsCommands:
    return commands(SERVICES, OFF, GUIDE)


@pytest.mark.parametrize(
    "number, reply",
    [
        ("000105650", "На 650 пишите пустое"),
        ("0001053351", "На 3351 пишите пустое"),
        ("0001056500", "Отключить 650"),
        ("000105", "Не понял"),
    ],
)
def test_what_the_number_says_is_a_variable(ours, number, reply):
    found = match(ours, "что", number)
    answer = ours.answer(found, None, FACTS, "ru")
    assert answer is not None
    assert (answer.text, answer.source) == (reply, number)


@pytest.mark.parametrize("number", ["00010565", "00010533511", "000106650", "000105+50", "000105٦٥٠"])
def test_other_numbers_are_not_ours(ours, number):
    assert ours.match(number, "") is None


def test_a_variable_of_the_number_may_be_an_argument(ours):
    assert match(ours, " ", "000105650").args == {"fee_kop": "650"}


def test_a_parameter_is_read_as_what_it_is(ours):
    found = match(ours, "pay 8-926-123-45-67 99,50")
    assert found.args == {"to": "79261234567", "amount": 9950}


@pytest.mark.parametrize("text", ["PAY 9261234567 501", "PAY 9261234567 0", "PAY 100 9261234567", "PAY x y"])
def test_a_text_whose_parameters_are_something_else_is_not_that_command(ours, text):
    assert match(ours, text).action is None


def test_a_command_in_a_text_to_another_subscriber():
    people = commands(PEOPLE)
    found = people.match_to_subscriber("79261234568", "С праздником! #300")
    assert found is not None
    assert found.args == {"to": "79261234568", "amount": 30000, "note": "С праздником! "}
    assert people.match_to_subscriber("79261234568", "Привет, это #1") is not None
    assert people.match_to_subscriber("79261234568", "Привет") is None
    assert people.match("79261234568", "#300") is None
    assert commands(GUIDE).match_to_subscriber("79261234568", "#300") is None


@pytest.mark.parametrize(
    "file, message",
    [
        ("short_code: '{code}'\notherwise: {reply: unknown}", "a.yaml:1:13: '{code}' is no short number"),
        ("short_code: '000{a}{b}'\notherwise: {reply: unknown}", "is no short number: 3 to 14 digits"),
        ("short_code: '000{code:x}'\notherwise: {reply: unknown}", "is no short number: 3 to 14 digits"),
        (
            "to_subscribers: true\notherwise: {reply: unknown}",
            "`otherwise` does not go with",
        ),
        ("to_subscribers: true\nshort_code: '0500'", "`short_code` does not go with `to_subscribers`"),
        ("to_subscribers: false", "a.yaml:1:17:"),
        (
            "short_code: '0500'\ncommands: [{match: x, reply: y, parameters: {sum: {match: amount}}}]",
            "the text gives no variable `sum`",
        ),
        (
            "short_code: '0500'\ncommands: [{keyword: x, args: '{s}', reply: y, parameters: {s: {min: z}}}]",
            "`z` is not a sum",
        ),
        ("short_code: '0500{code}'\notherwise: {reply: 'Код {cod}'}", "undefined variable `{cod}`"),
    ],
)
def test_mistakes(file, message):
    found = complaints(file)
    assert any(message in each for each in found), found


def test_a_number_belongs_to_one_file_whatever_its_variable_is_called():
    assert complaints(OFF, OFF.replace("{code", "{service")) == [
        "b.yaml:2:13: short number 000105{service:3}0 already belongs to a.yaml"
    ]
    assert complaints(PEOPLE, PEOPLE) == [
        "b.yaml:2:17: what is sent to subscribers already belongs to a.yaml"
    ]
