"""Calls fire in the order of time, on a clock that runs and on one that is moved."""

import asyncio
from functools import partial

import pytest

from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.clock import ManualClock, SystemClock


async def test_moving_the_clock_fires_what_is_due_in_order_of_time():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)
    for at_ms in (3000, 1000, 2000, 5000):
        scheduler.call_at(at_ms, partial(fired.append, at_ms))
    clock.advance(3000)
    assert fired == [1000, 2000, 3000]
    clock.advance(10_000)
    assert fired == [1000, 2000, 3000, 5000]


async def test_equal_instants_fire_in_the_order_they_were_planned():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)
    for name in "abc":
        scheduler.call_at(10, partial(fired.append, name))
    clock.advance(10)
    assert fired == ["a", "b", "c"]


async def test_a_call_may_plan_another_that_is_due_too():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)

    def first() -> None:
        fired.append("first")
        scheduler.call_at(20, lambda: fired.append("second"))

    scheduler.call_at(10, first)
    clock.advance(100)
    assert fired == ["first", "second"]


async def test_a_call_may_move_the_clock():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)
    scheduler.call_at(10, lambda: clock.advance(1000))
    scheduler.call_at(500, lambda: fired.append("later"))
    clock.advance(10)
    assert fired == ["later"]


async def test_a_cancelled_call_is_not_made():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)
    handle = scheduler.call_at(10, lambda: fired.append("never"))
    handle.cancel()
    clock.advance(10)
    handle.cancel()
    assert fired == []


async def test_a_period_goes_on_and_missed_ones_are_made_up_for_by_one_call():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)
    handle = scheduler.every(1000, lambda: fired.append(clock.now_ms()))
    clock.advance(1000)
    clock.advance(500)
    clock.advance(500)
    clock.advance(86_400_000 + 300)
    assert fired == [1000, 2000, 86_402_300]
    clock.advance(700)  # the next one keeps the beat
    assert fired[-1] == 86_403_000
    handle.cancel()
    clock.advance(5000)
    assert fired[-1] == 86_403_000


async def test_a_call_that_fails_stops_nothing():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)

    def fails() -> None:
        raise ZeroDivisionError

    scheduler.call_at(1, fails)
    scheduler.call_at(2, lambda: fired.append("on"))
    clock.advance(5)
    assert fired == ["on"]


async def test_the_running_clock_needs_nobody_to_move_it():
    clock = SystemClock()
    scheduler = Scheduler(clock)
    fired: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    planned_ms = clock.now_ms() + 20
    scheduler.call_at(clock.now_ms() + 60_000, lambda: None)
    scheduler.call_at(planned_ms, lambda: fired.set_result(clock.now_ms()))
    async with asyncio.timeout(5):
        assert await fired >= planned_ms
    scheduler.close()


async def test_a_past_instant_is_called_in_the_next_turn_not_inside_the_call():
    clock = ManualClock(1000)
    scheduler, fired = Scheduler(clock), asyncio.Event()
    scheduler.call_at(0, fired.set)
    assert not fired.is_set()
    async with asyncio.timeout(5):
        await fired.wait()


async def test_a_closed_scheduler_fires_nothing():
    clock = ManualClock(0)
    fired: list[object] = []
    scheduler = Scheduler(clock)
    scheduler.call_at(1, lambda: fired.append("never"))
    scheduler.close()
    scheduler.call_at(1, lambda: fired.append("never"))
    clock.advance(10)
    assert fired == []


async def test_a_period_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        Scheduler(ManualClock()).every(0, lambda: None)
