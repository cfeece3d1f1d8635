"""The two clocks of a dialogue."""

import pytest

from ussd_gateway.ussd.dialogue import DialogueTimers, open_dialogue

TIMERS = DialogueTimers.from_seconds(180, 600)


def dialogue(now_ms=1_000):
    return open_dialogue(
        "d1",
        "79261234567",
        "*105#",
        access="smpp:handset",
        session_info=b"",
        position=None,
        now_ms=now_ms,
        timers=TIMERS,
    )


def test_a_new_dialogue_waits_for_the_first_answer():
    fresh = dialogue()
    assert (fresh.step, fresh.version, fresh.state) == (0, 0, "menu")
    assert fresh.deadline_ms == 181_000
    assert fresh.expired(180_999) is None
    assert fresh.expired(181_000) == "answer"


def test_each_question_gives_the_subscriber_the_full_time_again():
    going = dialogue()
    going.wait_for_answer(100_000, TIMERS)
    assert (going.step, going.deadline_ms) == (1, 280_000)


def test_the_whole_dialogue_ends_however_often_the_subscriber_answers():
    long = dialogue()
    long.wait_for_answer(600_000, TIMERS)
    assert long.deadline_ms == 601_000
    assert long.expired(600_999) is None
    assert long.expired(601_000) == "whole"


def test_a_timer_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        DialogueTimers.from_seconds(0, 600)
