"""One lane per subscriber: what happens to one number happens one thing after another.

Every request of a phone is a coroutine that reads the dialogue, decides and commits (the step between
the wire and `gateway.py`).  Two requests of the same number must never interleave, two of different
numbers should.  With everything in memory such a coroutine never suspends, and a task for each would
cost more than the work itself; so a lane starts its coroutine by hand and makes a task only when the
coroutine really has to wait.  (Python 3.12 calls this an eager task; 3.11 has none.)
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any

import structlog

Work = Coroutine[Any, Any, object]

log = structlog.get_logger(__name__)


class Lanes:
    """Runs the coroutines of one key strictly in order, those of different keys side by side.

    A coroutine that never waits has finished when `run` returns.  Until its first wait it belongs to no
    task: code that asks for the current task that early (`asyncio.timeout`, a task group) must first
    `await asyncio.sleep(0)`, and fails loudly when it does not.

    `max_waiting_per_lane` and `max_waiting` bound what may queue up behind slow work: ask `has_room`
    before `run`.  An idle key takes no memory.
    """

    def __init__(
        self,
        *,
        on_error: Callable[[str, BaseException], None] | None = None,
        max_waiting_per_lane: int = 100,
        max_waiting: int = 100_000,
    ) -> None:
        self._on_error = on_error or _log_error
        self._max_waiting_per_lane = max_waiting_per_lane
        self._max_waiting = max_waiting
        self._waiting_total = 0
        # A key is present while its lane works; its queue is made when a second coroutine arrives.
        self._lanes: dict[str, deque[Work] | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Asking for the running loop costs a system call (getpid) each time: ask once.
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        """How many keys have work in progress."""
        return len(self._lanes)

    @property
    def waiting(self) -> int:
        """How many coroutines wait behind others of their key."""
        return self._waiting_total

    def has_room(self, key: str) -> bool:
        """Whether one more coroutine may be queued for `key`; False means: tell the peer to slow down."""
        queue = self._lanes.get(key)
        if queue is None:
            return True
        return len(queue) < self._max_waiting_per_lane and self._waiting_total < self._max_waiting

    def run(self, key: str, work: Work) -> None:
        """Run `work` after everything already given for `key`, at once when nothing is."""
        if key in self._lanes:
            queue = self._lanes[key]
            if queue is None:
                queue = self._lanes[key] = deque()
            queue.append(work)
            self._waiting_total += 1
            return
        self._lanes[key] = None
        loop = self._loop or self._use_running_loop()
        caller = asyncio.current_task(loop)
        if caller is None:
            self._advance(key, work)
            return
        # Hide the caller's task, so that a timeout inside `work` cannot cancel its caller by mistake.
        # (The two calls are asyncio's interface for task implementations of one's own.)
        asyncio.tasks._leave_task(loop, caller)
        try:
            self._advance(key, work)
        finally:
            asyncio.tasks._enter_task(loop, caller)

    async def drain(self) -> None:
        """Wait until every lane is idle."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _use_running_loop(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.get_running_loop()
        return self._loop

    def _advance(self, key: str, work: Work) -> None:
        """Run `work` and its successors until one has to wait or the lane is empty."""
        while True:
            try:
                awaited = work.send(None)
            except StopIteration:
                pass
            except (Exception, asyncio.CancelledError) as error:
                self._on_error(key, error)
            else:
                task = asyncio.get_running_loop().create_task(self._go_on(key, _Rest(work, awaited)))
                self._tasks.add(task)
                task.add_done_callback(partial(self._done, key, work))
                return
            queue = self._lanes[key]
            if not queue:
                del self._lanes[key]
                return
            work = queue.popleft()
            self._waiting_total -= 1

    async def _go_on(self, key: str, rest: "_Rest") -> None:
        """Finish a coroutine that has to wait, and whatever queued up behind it, in this one task."""
        work: Awaitable[object] = rest
        while True:
            try:
                await work
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                self._on_error(key, error)
            except Exception as error:
                self._on_error(key, error)
            queue = self._lanes[key]
            if not queue:
                del self._lanes[key]
                return
            work = queue.popleft()
            self._waiting_total -= 1

    def _done(self, key: str, first: Work, task: asyncio.Task[None]) -> None:
        """Forget the task; when it was cancelled (the process is stopping) its lane ends with it."""
        self._tasks.discard(task)
        if task.cancelled():
            first.close()  # a task cancelled before its first turn never touched it
            for work in self._lanes.pop(key) or ():
                self._waiting_total -= 1
                work.close()


class _Rest:
    """The remainder of a coroutine that ran to its first wait: hands on what it already waits for.

    What a coroutine yields to its driver is a future marked as being waited for; the task that awaits
    this object receives that same future as its own first wait, and everything after it.
    """

    __slots__ = ("_awaited", "_work")

    def __init__(self, work: Work, awaited: object) -> None:
        self._work = work
        self._awaited = awaited

    def __await__(self) -> Generator[object, Any, object]:
        awaited = self._awaited
        while True:
            try:
                answer = yield awaited
            except BaseException as error:
                try:
                    awaited = self._work.throw(error)
                except StopIteration as stop:
                    return stop.value
            else:
                try:
                    awaited = self._work.send(answer)
                except StopIteration as stop:
                    return stop.value


def _log_error(key: str, error: BaseException) -> None:
    log.error("request failed", msisdn=key, exc_info=error)
