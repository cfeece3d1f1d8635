"""One number's work never interleaves, different numbers' work does, and nothing is lost on the way."""

import asyncio

import pytest

from ussd_gateway.access.lanes import Lanes


class Gate:
    """A coroutine that notes when it starts and ends, and waits in between while the gate is shut."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.notes: list[str] = []

    async def work(self, name: str, *, wait: bool = True) -> None:
        self.notes.append(f"{name} starts")
        if wait:
            await self.open.wait()
        self.notes.append(f"{name} ends")


async def test_work_that_never_waits_is_done_at_once_and_needs_no_task():
    lanes, gate = Lanes(), Gate()
    before = asyncio.all_tasks()
    lanes.run("1", gate.work("a", wait=False))
    assert gate.notes == ["a starts", "a ends"]
    assert asyncio.all_tasks() == before
    assert len(lanes) == 0


async def test_one_key_runs_in_order_and_keys_run_side_by_side():
    lanes, gate = Lanes(), Gate()
    lanes.run("1", gate.work("a"))
    lanes.run("1", gate.work("b"))
    lanes.run("1", gate.work("c", wait=False))
    lanes.run("2", gate.work("x"))
    assert gate.notes == ["a starts", "x starts"]
    gate.open.set()
    await lanes.drain()
    assert [note for note in gate.notes if note[0] != "x"] == [
        "a starts", "a ends", "b starts", "b ends", "c starts", "c ends",
    ]  # fmt: skip
    assert len(lanes) == 0


async def test_work_given_from_inside_a_lane_waits_for_its_turn():
    lanes, gate = Lanes(), Gate()

    async def outer() -> None:
        lanes.run("1", gate.work("inner", wait=False))
        gate.notes.append("outer ends")

    lanes.run("1", outer())
    assert gate.notes == ["outer ends", "inner starts", "inner ends"]


async def test_an_error_is_reported_and_the_lane_goes_on():
    errors: list[tuple[str, BaseException]] = []
    lanes, gate = Lanes(on_error=lambda key, error: errors.append((key, error))), Gate()

    async def fails(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        raise ZeroDivisionError

    lanes.run("1", fails(wait=False))
    lanes.run("2", fails(wait=True))
    lanes.run("2", gate.work("after", wait=False))
    await lanes.drain()
    assert [key for key, _ in errors] == ["1", "2"]
    assert all(isinstance(error, ZeroDivisionError) for _, error in errors)
    assert gate.notes == ["after starts", "after ends"]


async def test_cancelled_work_is_an_error_of_its_own_not_of_the_lane():
    errors: list[BaseException] = []
    lanes, gate = Lanes(on_error=lambda key, error: errors.append(error)), Gate()

    async def awaits_something_cancelled() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        await future

    lanes.run("1", awaits_something_cancelled())
    lanes.run("1", gate.work("after", wait=False))
    await lanes.drain()
    assert [type(error) for error in errors] == [asyncio.CancelledError]
    assert gate.notes == ["after starts", "after ends"]


async def test_results_and_errors_of_what_is_awaited_reach_the_work():
    lanes = Lanes()
    seen: list[object] = []

    async def work() -> None:
        loop = asyncio.get_running_loop()
        good: asyncio.Future[int] = loop.create_future()
        loop.call_soon(good.set_result, 7)
        seen.append(await good)
        bad: asyncio.Future[int] = loop.create_future()
        loop.call_soon(bad.set_exception, KeyError("gone"))
        try:
            await bad
        except KeyError as error:
            seen.append(error.args[0])
        seen.append(await asyncio.to_thread(lambda: "thread"))

    lanes.run("1", work())
    await lanes.drain()
    assert seen == [7, "gone", "thread"]


async def test_after_its_first_wait_work_has_a_task_and_timeouts():
    lanes = Lanes()
    seen: list[object] = []
    never = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        seen.append(asyncio.current_task() is not None)
        try:
            async with asyncio.timeout(0.01):
                await never.wait()
        except TimeoutError:
            seen.append("timed out")
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        seen.append("grouped")

    lanes.run("1", work())
    await lanes.drain()
    assert seen == [True, "timed out", "grouped"]


async def test_before_its_first_wait_work_cannot_borrow_the_callers_task():
    errors: list[BaseException] = []
    lanes = Lanes(on_error=lambda key, error: errors.append(error))

    async def work() -> None:
        async with asyncio.timeout(10):
            await asyncio.sleep(0)

    lanes.run("1", work())
    assert [type(error) for error in errors] == [RuntimeError]
    assert asyncio.current_task() is not None


async def test_a_cancelled_lane_drops_what_waited_behind():
    lanes, gate = Lanes(), Gate()
    lanes.run("1", gate.work("a"))
    lanes.run("1", gate.work("b"))
    (task,) = lanes._tasks
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await lanes.drain()
    assert gate.notes == ["a starts"]
    assert len(lanes) == 0
    assert lanes.has_room("1")


async def test_room_is_bounded_per_key_and_in_all():
    lanes, gate = Lanes(max_waiting_per_lane=2, max_waiting=3), Gate()
    for key in ("1", "1", "1", "2", "2"):
        assert lanes.has_room(key)
        lanes.run(key, gate.work(key))
    assert not lanes.has_room("1")  # two wait behind the first
    assert not lanes.has_room("2")  # three wait in all
    assert lanes.has_room("3")  # would run at once
    gate.open.set()
    await lanes.drain()
    assert lanes.has_room("1")
