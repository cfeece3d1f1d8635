"""Where the time comes from.  Logic takes `now_ms` as an argument; only the shell asks a clock.

All instants are integers: milliseconds since the Unix epoch, UTC.  `duration_ms` reads a length
of time as people write it.
"""

import re
import time
from collections.abc import Callable
from typing import Protocol

_UNITS_MS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
}
_PART = re.compile(r"([0-9]{1,9})\s*(ms|[smhdw])\s*", re.ASCII)
MAX_DURATION_MS = 100 * 366 * _UNITS_MS["d"]


def duration_ms(text: str) -> int:
    """`24h`, `1h30m`, `90s`, `2w`, `250ms` -> milliseconds; ValueError for anything else."""
    text = text.strip().lower()
    at = total_ms = 0
    while at < len(text) and (part := _PART.match(text, at)):
        total_ms += int(part[1]) * _UNITS_MS[part[2]]
        at = part.end()
    if not text or at < len(text):
        raise ValueError("expected a duration such as 24h, 1h30m, 90s, 2w or 250ms")
    if total_ms > MAX_DURATION_MS:
        raise ValueError("that is more than a hundred years")
    return total_ms


class Clock(Protocol):
    """What the shell needs of a clock."""

    def now_ms(self) -> int:
        """The present instant, milliseconds since the Unix epoch."""
        ...

    def on_move(self, callback: Callable[[], None]) -> None:
        """Call `callback` each time somebody moves the clock (never for a clock that cannot be moved)."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def on_move(self, callback: Callable[[], None]) -> None:
        """The machine's clock is not ours to move: nothing will ever be called."""


class MovableClock:
    """Base of the clocks a tester can move: forward only, so that no timer fires twice."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def now_ms(self) -> int:
        raise NotImplementedError

    def on_move(self, callback: Callable[[], None]) -> None:
        self._listeners.append(callback)

    def _shift(self, delta_ms: int) -> None:
        raise NotImplementedError

    def advance(self, delta_ms: int) -> None:
        """Move forward by `delta_ms`; ValueError for a step back."""
        if delta_ms < 0:
            raise ValueError("the clock moves forward only")
        self._shift(delta_ms)
        for listener in self._listeners:
            listener()

    def catch_up(self, instant_ms: int) -> None:
        """Move forward to `instant_ms` unless it has passed already."""
        self.advance(max(0, instant_ms - self.now_ms()))

    def set(self, instant_ms: int) -> None:
        """Move forward to `instant_ms`; ValueError when that lies in the past."""
        self.advance(instant_ms - self.now_ms())


class VirtualClock(MovableClock):
    """Starts at now, runs at the usual pace, and can be moved forward (`clock: virtual`).

    After a restart it goes on from the latest instant the store knows of, where that is later than now.
    """

    def __init__(self) -> None:
        super().__init__()
        self._offset_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._offset_ms

    def _shift(self, delta_ms: int) -> None:
        self._offset_ms += delta_ms


class ManualClock(MovableClock):
    """Stands still until moved: what the tests use."""

    def __init__(self, now_ms: int = 1_780_000_000_000) -> None:
        super().__init__()
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def _shift(self, delta_ms: int) -> None:
        self._now_ms += delta_ms
