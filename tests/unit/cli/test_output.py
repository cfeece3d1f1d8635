"""Boxes on the terminal: straight edges, and nothing that takes the terminal over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.cli.output import box, complain, say, table
from ussd_gateway.phone.display import printable
from ussd_gateway.phone.events import Failure, Screen, SmsArrived


def test_a_screen_in_a_box(capsys):
    say(Screen("ask", "1 Счет\n0 Назад", "*105#", "1"), as_lines=False)
    assert capsys.readouterr().out.splitlines() == [
        "┌ *105# ───────────────────────┐",
        "│ 1 Счет                       │",
        "│ 0 Назад                      │",
        "└───────────────────── answer? ┘",
    ]


def test_an_sms_in_a_box(capsys):
    say(SmsArrived("000110", "Пароль", 2), as_lines=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("┌ SMS from 000110 ─")
    assert lines[-1].endswith(" 2 parts ┘")


def test_a_failure_goes_to_standard_error(capsys):
    say(Failure("refused: ESME_RINVSRCADR", 10), as_lines=False)
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err == "ussd-gateway: refused: ESME_RINVSRCADR (0x0000000A)\n"


def test_events_as_lines(capsys):
    say(Failure("refused", 10), as_lines=True)
    say(SmsArrived("000110", "Пароль\n1", 1), as_lines=True)
    assert capsys.readouterr().out == (
        '{"event": "error", "reason": "refused", "status": 10}\n'
        '{"event": "sms", "from": "000110", "text": "Пароль\\n1", "parts": 1}\n'
    )


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\r", "\x07", "\u202e", "\x9b31m", "\u2028"])
def test_nothing_takes_the_terminal_over(hostile, capsys):
    assert hostile not in box(f"a{hostile}", f"b{hostile}c", hostile)
    assert hostile not in table({"name": hostile})
    complain(hostile)
    assert hostile not in capsys.readouterr().err


@given(st.text(), st.text(max_size=40))
def test_edges_are_straight_for_narrow_characters(text, title):
    lines = box(title, "".join(c for c in text if c.isascii() or "а" <= c <= "я")).split("\n")
    assert len({len(line) for line in lines[1:]}) == 1


def test_wide_characters_take_two_columns():
    top, line, bottom = box("", "中文").split("\n")
    assert len(line) == len(top) - 2 == len(bottom) - 2


@given(st.text())
def test_printable_is_printable(text):
    assert all(c == "\n" or c.isprintable() or ord(c) > 0x9F for c in printable(text))
