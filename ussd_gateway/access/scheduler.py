"""Things to do later, on the gateway's clock: late SMS, expired dialogues, sweeps.

The clock may be moved by a tester (`clock advance 24h`); whatever falls due by that is done at once, in
the order of time.  Timers of SMPP links are no business of this module: they run on the loop's clock.
"""

import asyncio
import heapq
from collections.abc import Callable

import structlog

from ussd_gateway.clock import Clock

# The machine's clock and the loop's clock drift apart (suspend, NTP): never sleep longer than this.
LONGEST_SLEEP_S = 30.0
SHORTEST_SLEEP_S = 0.001

log = structlog.get_logger(__name__)


class Handle:
    """A planned call; `cancel` it to forget it."""

    __slots__ = ("at_ms", "callback", "period_ms")

    def __init__(self, at_ms: int, callback: Callable[[], None], period_ms: int = 0) -> None:
        self.at_ms = at_ms
        self.callback: Callable[[], None] | None = callback
        self.period_ms = period_ms

    def cancel(self) -> None:
        """Never call it (again).  Harmless when it has been called already."""
        self.callback = None


class Scheduler:
    """Calls functions at instants of `clock` (milliseconds since the epoch); one loop timer for all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[int, int, Handle]] = []
        self._order = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_ms = 0
        self._firing = False
        self._closed = False
        clock.on_move(self._fire)

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Handle:
        """Call once at `at_ms`; an instant already past means the next turn of the loop."""
        handle = Handle(at_ms, callback)
        self._push(handle)
        return handle

    def every(self, period_ms: int, callback: Callable[[], None]) -> Handle:
        """Call each `period_ms`, first after one period.

        Periods missed because the clock was moved are made up for by one call, not by one each.
        """
        if period_ms <= 0:
            raise ValueError("a period must be positive")
        handle = Handle(self._clock.now_ms() + period_ms, callback, period_ms)
        self._push(handle)
        return handle

    def close(self) -> None:
        """Forget everything planned; later calls plan nothing."""
        self._closed = True
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _push(self, handle: Handle) -> None:
        if self._closed:
            return
        self._order += 1
        heapq.heappush(self._heap, (handle.at_ms, self._order, handle))
        if not self._firing:
            self._arm()

    def _arm(self) -> None:
        """Have the one loop timer ring for the earliest call, if it does not already."""
        if not self._heap:
            return
        at_ms = self._heap[0][0]
        if self._timer is not None:
            if self._timer_at_ms <= at_ms:
                return
            self._timer.cancel()
        delay_s = (at_ms - self._clock.now_ms()) / 1000
        delay_s = min(max(delay_s, SHORTEST_SLEEP_S), LONGEST_SLEEP_S)
        self._timer_at_ms = at_ms
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._fire()

    def _fire(self) -> None:
        """Call all that is due, earliest first, including what those calls plan for a past instant."""
        if self._firing:
            return
        self._firing = True
        try:
            while self._heap and self._heap[0][0] <= self._clock.now_ms():
                handle = heapq.heappop(self._heap)[2]
                self._call(handle)
                if handle.period_ms and handle.callback is not None:
                    late_ms = self._clock.now_ms() - handle.at_ms
                    handle.at_ms += handle.period_ms * (late_ms // handle.period_ms + 1)
                    self._push(handle)
        finally:
            self._firing = False
        self._arm()

    def _call(self, handle: Handle) -> None:
        if handle.callback is None:
            return
        try:
            handle.callback()
        except Exception:
            log.exception("scheduled call failed")
