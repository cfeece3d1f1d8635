import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.smpp.constants import MAX_SEQUENCE_NUMBER, CommandId
from ussd_gateway.smpp.pdus import SubmitSm
from ussd_gateway.smpp.window import Window


def window_at(sequence: int, size: int = 10) -> Window:
    """A window that is about to give out a number; counting there would take a while."""
    window = Window(size)
    window._next = sequence
    return window


def test_numbers_begin_at_one_and_count_up():
    window = Window(2)
    assert [window.next_sequence() for _ in range(3)] == [1, 2, 3]


def test_they_wrap_to_one_never_zero():
    window = window_at(MAX_SEQUENCE_NUMBER - 1)
    assert [window.next_sequence() for _ in range(4)] == [0x7FFFFFFE, 0x7FFFFFFF, 1, 2]


def test_a_number_still_in_use_is_passed_over():
    window = window_at(MAX_SEQUENCE_NUMBER)
    window.add(MAX_SEQUENCE_NUMBER, SubmitSm(), None, 1.0)
    window.add(1, SubmitSm(), None, 1.0)
    assert window.next_sequence() == 2


def test_free_places():
    window = Window(2)
    assert window.free == 2
    for _ in range(3):
        window.add(window.next_sequence(), SubmitSm(), None, 1.0)
    assert (window.free, len(window)) == (0, 3)
    assert window.settle(2, CommandId.SUBMIT_SM_RESP)
    assert window.settle(3, CommandId.GENERIC_NACK)
    assert window.free == 1


def test_a_response_of_another_type_settles_nothing():
    window = Window(1)
    window.add(1, SubmitSm(), "token", 1.0)
    assert window.settle(1, CommandId.DELIVER_SM_RESP) is None
    settled = window.settle(1, CommandId.SUBMIT_SM_RESP)
    assert settled is not None
    assert settled.token == "token"


def test_what_expires_comes_out_oldest_first():
    window = Window(10)
    for second in range(5):
        window.add(window.next_sequence(), SubmitSm(), f"sent {second}", 10.0 + second)
    window.settle(1, CommandId.SUBMIT_SM_RESP)
    assert window.next_deadline_s() == 11.0
    assert window.take_expired(10.9) == []
    assert [waiting.token for waiting in window.take_expired(12.0)] == ["sent 1", "sent 2"]
    assert window.settle(2, CommandId.SUBMIT_SM_RESP) is None
    assert [waiting.token for waiting in window.take_all()] == ["sent 3", "sent 4"]
    assert window.next_deadline_s() is None


@given(st.lists(st.booleans(), max_size=60))
def test_no_number_is_ever_given_twice_at_once(answers):
    window = window_at(MAX_SEQUENCE_NUMBER - 5, size=1000)
    waiting: list[int] = []
    for answered in answers:
        if answered and waiting:
            assert window.settle(waiting.pop(0), CommandId.SUBMIT_SM_RESP)
        sequence = window.next_sequence()
        assert 1 <= sequence <= MAX_SEQUENCE_NUMBER
        assert sequence not in waiting
        window.add(sequence, SubmitSm(), None, 0.0)
        waiting.append(sequence)


@pytest.mark.parametrize("size", [0, 1])
def test_a_full_window(size):
    window = Window(size)
    if size:
        window.add(1, SubmitSm(), None, 0.0)
    assert window.free == 0
