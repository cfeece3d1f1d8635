"""How long a link waits: before it binds again, and before it asks a centre that was too busy."""

import asyncio

import pytest

from ussd_gateway.access.outward import FIRST_BREATH_S, LONGEST_BREATH_S, STEADY_S, Breath, Pauses


def most(low: float, high: float) -> float:
    return high


def least(low: float, high: float) -> float:
    return low


def test_pauses_double_up_to_the_longest():
    pauses = Pauses(1, 60, most)
    assert [pauses.after(0.1) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_steady_bind_makes_it_the_first_pause_again():
    pauses = Pauses(1, 60, most)
    assert [pauses.after(0.1) for _ in range(4)] == [1, 2, 4, 8]
    assert pauses.after(STEADY_S) == 1
    assert pauses.after(0.1) == 2


def test_half_of_a_pause_is_left_to_chance():
    assert [Pauses(4, 60, dice).after(0) for dice in (least, most)] == [2, 4]


@pytest.fixture
def clock(monkeypatch):
    """The loop's time, in a list of one."""
    now_s = [1000.0]
    loop = asyncio.get_event_loop_policy().new_event_loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(loop, "time", lambda: now_s[0])
    yield now_s
    loop.close()


def pause_of(breath: Breath, clock: list[float]) -> float:
    """Throttled once more; how long it waits now."""
    breath.take()
    pause_s = breath._until_s - clock[0]
    clock[0] = breath._until_s
    return pause_s


def test_a_centre_that_throttles_is_left_alone_longer_each_time(clock):
    breath = Breath(lambda low, high: 1.0)
    pauses = [pause_of(breath, clock) for _ in range(8)]
    assert pauses[:3] == pytest.approx([FIRST_BREATH_S, 2 * FIRST_BREATH_S, 4 * FIRST_BREATH_S])
    assert pauses[-1] == pytest.approx(LONGEST_BREATH_S)
    breath.fine()
    assert pause_of(breath, clock) == pytest.approx(FIRST_BREATH_S)


def test_the_answers_of_one_burst_count_once(clock):
    breath = Breath(lambda low, high: 1.0)
    for _ in range(20):
        breath.take()
    assert breath._until_s - clock[0] == pytest.approx(FIRST_BREATH_S)
