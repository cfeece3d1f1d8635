"""The transcript: two columns, plain where nobody sees colours, every line within its width."""

import io
import re

import pytest
from rich.console import Console

from tests.unit.replay.verdicts import ANNA, BORIS, all_kinds, dialled, green, red, run, screen, step
from ussd_gateway.phone.display import cells
from ussd_gateway.replay.transcript import PLAIN_WIDTH, Transcript, plain, run_lines
from ussd_gateway.replay.verdict import Verdict

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def told(verdict: Verdict, *, every: bool = False, terminal: bool = False, width: int = 100) -> str:
    """What a transcript of these runs prints."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, _environ={"TERM": "xterm-256color"})
    transcript = Transcript(console, every=every)
    for number, each in enumerate(verdict.runs, 1):
        transcript.run_started(each, number, len(verdict.runs))
        for outcome in each.outcomes:
            transcript.outcome(each, outcome)
        transcript.run_finished(each)
    transcript.finished(verdict)
    return out.getvalue()


def test_phone_on_the_left_gateway_on_the_right() -> None:
    lines = plain(green()).splitlines()
    (sent,) = (line for line in lines if "dials *105#" in line)
    assert sent.startswith("   3 · dials *105# ──")
    assert sent.endswith("▶")
    row = next(line for line in lines if "│ 1 Баланс" in line)
    assert row.index("│") > PLAIN_WIDTH // 2
    assert any("┌ SMS from 000110 " in line for line in lines)
    assert any(line.endswith("2 parts ┘") for line in lines)


def test_a_screen_that_is_looked_at_twice_is_drawn_once() -> None:
    assert plain(green()).count("┌ *105# ") == 1


def test_a_failed_step_tells_its_place_and_what_differs() -> None:
    text = plain(red())
    assert "life.yaml:4:5" in text
    assert "- 2 Услуги" in text
    assert "+ 2 Услуга" in text
    assert text.index("- end") < text.index("+ ask")


def test_several_phones_are_told_apart() -> None:
    text = plain(run(step(3, "dial", dialled("*1#", ANNA)), step(4, "dial", dialled("*2#", BORIS))))
    assert f"{ANNA} dials *1#" in text
    assert f"{BORIS} dials *2#" in text


def test_of_many_runs_those_that_passed_take_a_line() -> None:
    text = told(all_kinds())
    assert text.count("✓ passed  Life") == 1
    assert "dials *105#" in text  # of the run that failed
    assert "SMS from" not in text
    assert "SMS from" in told(all_kinds(), every=True)


def test_the_end_tells_every_place_and_the_counts() -> None:
    *_, last = told(all_kinds()).splitlines()
    assert last.startswith("4 runs: 1 passed, 1 failed, 1 error, 1 not checked; 8 steps, 1 not checked")
    assert "life.yaml:4:5: failed: expect text (msisdn 79261234568)" in told(all_kinds()).splitlines()


def test_no_colours_for_a_pipe() -> None:
    assert "\x1b" not in told(all_kinds())


def test_colours_and_a_progress_bar_for_a_terminal() -> None:
    text = told(all_kinds(), terminal=True)
    assert "\x1b[1;31m✗ failed" in text
    assert "━" in text


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, _environ={"NO_COLOR": "1", "TERM": "xterm"})
    transcript = Transcript(console)
    transcript.finished(Verdict("embedded", [red()]))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", out.getvalue())
    assert "life.yaml:4:5" in out.getvalue()


@pytest.mark.parametrize("width", [64, 80, 104])
def test_nothing_is_wider_than_it_may_be(width: int) -> None:
    long = run(
        step(3, "dial " + "*105*" * 30, dialled("*105*" * 30)),
        step(4, "expect " + "слово " * 40, screen("слово " * 30), status="failed", message="почему " * 30),
    )
    for line in run_lines(long, width):
        text = "".join(piece for piece, _ in line)
        if not text.startswith(("✗", "✓")):
            assert cells(text.rstrip()) <= width, text


def test_what_would_move_the_cursor_is_written_out() -> None:
    evil = "\x1b[2Jgone\u202e"
    text = told(Verdict("smpp", [run(step(3, f"dial {evil}", dialled(evil), screen(evil)))]), every=True)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2Jgone" in text


def test_while_a_run_goes_nothing_of_it_is_quoted() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, _environ={"TERM": "xterm"})
    transcript = Transcript(console)
    going = green()
    transcript.run_started(going, 1, 2)
    for outcome in going.outcomes:
        transcript.outcome(going, outcome)
    transcript.close()
    assert "Баланс" not in _ESCAPES.sub("", out.getvalue())


def test_a_single_run_scrolls_by_once_no_secret_can_come() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, _environ={"TERM": "dumb"})
    transcript = Transcript(console)
    whole = green()
    going = run()
    transcript.run_started(going, 1, 1)
    for number, outcome in enumerate(whole.outcomes):
        going.outcomes.append(outcome)
        going.settled = number >= 1
        transcript.outcome(going, outcome)
        assert ("Баланс" in out.getvalue()) == going.settled
        assert ("SMS from" in out.getvalue()) == (number == 3)
    transcript.run_finished(going)
    seen = _ESCAPES.sub("", out.getvalue())
    assert seen.count("dials *105#") == seen.count("SMS from") == seen.count("✓ passed") == 1


def test_phones_have_the_names_of_the_script() -> None:
    both = run(step(3, "dial", dialled("*1#", ANNA)), step(4, "dial", dialled("*2#", BORIS)))
    both.phones = {ANNA: "anna"}
    text = plain(both)
    assert "anna dials *1#" in text
    assert f"{BORIS} dials *2#" in text
