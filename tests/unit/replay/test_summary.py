"""A step in one line."""

import pytest

from ussd_gateway.replay.loader import load_script
from ussd_gateway.replay.summary import MAX_CHARACTERS, summary


def told(step: str) -> str:
    script = load_script(f"script: one\nsteps:\n  - {step}\n", file_name="one.yaml")
    return summary(script.steps[0].verb, script.steps[0].body)


@pytest.mark.parametrize(
    "step, line",
    [
        ('dial: "*105#"', "dial *105#"),
        ('send: "1"', "send 1"),
        ("send: ''", 'send ""'),
        ("cancel: true", "cancel"),
        ("expect: Счет", "expect contains Счет"),
        ("expect: {contains: [a, b c], op: end, fits: true}", 'expect contains a and "b c", op end, fits'),
        ("sms: {to: '000105', text: 'PAS x'}", 'sms to 000105, text "PAS x"'),
        ("expect_sms: {from: '000110'}", "expect_sms from 000110"),
        ("no_sms: 30s", "no_sms 30s"),
        ("wait: 24h", "wait 24h"),
        ("press: {silence: true}", "press silence"),
        ("assert: {ledger: {kind: topup, count: 0}}", "assert ledger (kind topup, count 0)"),
        ("account: {balance: '1.00', language: en}", "account balance 1.00, language en"),
        ("repeat: {times: 3, steps: [{dial: '*105#'}]}", "repeat times 3"),
        ("parallel: [{steps: [{dial: '*105#'}]}]", "parallel"),
    ],
)
def test_a_step_in_words(step, line):
    assert told(step) == line


def test_a_long_text_is_cut():
    line = told(f"send: '{'long ' * 100}'")
    assert len(line) == MAX_CHARACTERS
    assert line.endswith("…")


def test_lines_of_a_text_become_one():
    assert told('send: "one\\ntwo"') == 'send "one two"'
