"""Notes in the store how far messages have come, lazily: one write for all that gathered meanwhile.

A mark that is lost to a crash costs a second delivery of the same message, never the message.
"""

import asyncio
from collections.abc import Callable

import structlog

from ussd_gateway.billing.store import MessageState, Store
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable

RETRY_S = 1.0

log = structlog.get_logger(__name__)


class Marks:
    """Collects final states of messages and writes them in the background.

    `on_written` hears which messages the store now knows to be final.
    """

    def __init__(self, store: Store, clock: Clock, on_written: Callable[[list[int]], None]) -> None:
        self._store = store
        self._clock = clock
        self._on_written = on_written
        self._pending: dict[MessageState, list[int]] = {}
        self._writer: asyncio.Task[None] | None = None
        self._closing = False

    def mark(self, message_id: int, state: MessageState) -> None:
        """Remember that the message came this far."""
        self._pending.setdefault(state, []).append(message_id)
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Write what is pending, with a single try."""
        self._closing = True
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        """Write until nothing is pending; while one write runs, the next one gathers."""
        while self._pending:
            pending, self._pending = self._pending, {}
            try:
                for state, message_ids in list(pending.items()):
                    await self._store.mark(message_ids, state, self._clock.now_ms())
                    del pending[state]
                    self._on_written(message_ids)
            except StoreUnavailable as error:
                log.warning("message states not written", error=str(error))
                for state, message_ids in pending.items():
                    self._pending.setdefault(state, []).extend(message_ids)
                if self._closing:
                    break
                await asyncio.sleep(RETRY_S)
        self._writer = None
