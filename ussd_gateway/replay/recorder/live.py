"""The session of a number on a running gateway, followed from outside until somebody says enough."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from ussd_gateway.replay.recorder.from_events import FromEvents
from ussd_gateway.replay.recorder.notes import Note
from ussd_gateway.replay.recorder.recorder import Recorder

WAIT = "20s"
LEAST_MOVE_MS = 1_000
"""Less than this is not somebody who moves the clock but a network that takes its time."""


class Source(Protocol):
    """What is asked of the gateway's back room; every method raises GatewayError."""

    async def events(self, after: int | None, wait: str, msisdn: str | None = None) -> Mapping[str, Any]:
        """The answer of `GET /api/v1/events`."""
        ...

    async def can_move_time(self) -> bool:
        """Whether the gateway's clock can be moved."""
        ...

    async def now_ms(self) -> int:
        """The gateway's time."""
        ...


class Hands:
    """The hands of the gateway's clock beside those of our own: what it gained was moved."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None

    def moved_ms(self, now_ms: int) -> int:
        """How far the clock was moved since this was asked last; at first nothing."""
        ours_s = time.monotonic()
        last_s, last_ms = self._last or (ours_s, now_ms)
        self._last = ours_s, now_ms
        gained_ms = round(now_ms - last_ms - (ours_s - last_s) * 1000)
        return gained_ms if gained_ms >= LEAST_MOVE_MS else 0


class Follower:
    """Follows one number from `begin` until `enough` is set.

    `missed`: more happened at once than the gateway keeps, so the script lacks something.
    """

    def __init__(self, source: Source, recorder: Recorder, tell: Callable[[Note], None]) -> None:
        """`tell` hears every note as it is taken."""
        self.missed = False
        self._source = source
        self._recorder = recorder
        self._tell = tell
        self._events = FromEvents()
        self._hands = Hands()
        self._movable = False
        self._after = 0

    async def begin(self) -> None:
        """From now on everything is noted; raises GatewayError."""
        self._movable = await self._source.can_move_time()
        answer = await self._source.events(None, "0s", self._recorder.msisdn)
        self._after = int(answer["next"])
        self._hands.moved_ms(await self._source.now_ms())

    async def follow(self, enough: asyncio.Event) -> None:
        """Note what happens until it is enough; raises GatewayError."""
        stop = asyncio.create_task(enough.wait())
        try:
            while not enough.is_set():
                poll = asyncio.create_task(self._poll(WAIT))
                await asyncio.wait([poll, stop], return_when=asyncio.FIRST_COMPLETED)
                if not poll.done():
                    poll.cancel()
                    await asyncio.wait([poll])
                elif poll.result():
                    continue
        finally:
            stop.cancel()
        # A poll that was cut short took nothing, so nothing is noted twice.
        while await self._poll("0s"):
            pass

    async def _poll(self, wait: str) -> int:
        answer = await self._source.events(self._after, wait, self._recorder.msisdn)
        self._after = int(answer["next"])
        self.missed = self.missed or bool(answer["missed"])
        for event in answer["events"]:
            at_ms = round(datetime.fromisoformat(event["at"]).timestamp() * 1000)
            moved_ms = self._hands.moved_ms(at_ms) if self._movable else 0
            for note in self._events.notes(event, moved_ms=moved_ms):
                self._recorder.add(note)
                self._tell(note)
        return len(answer["events"])
