"""Notes in the store how far messages have come, lazily: one write for all that gathered meanwhile.

A mark that is lost to a crash costs a second delivery of the same message, never the message.  Senders who
want to hear of the end are told before it is noted (`endings`).
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import groupby

import structlog

from ussd_gateway.access.endings import End, Endings
from ussd_gateway.billing.store import FINAL_STATES, MessageState, OutMessage, Store
from ussd_gateway.clock import Clock
from ussd_gateway.errors import StoreUnavailable

RETRY_S = 1.0

log = structlog.get_logger(__name__)


class Marks:
    """Collects how messages ended and writes it in the background.

    `on_written` hears which messages the store now knows to be final, `on_receipts` which receipts are to
    be delivered.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        endings: Endings | None,
        on_written: Callable[[list[int]], None],
        on_receipts: Callable[[Sequence[OutMessage]], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._endings = endings
        self._on_written = on_written
        self._on_receipts = on_receipts
        self._pending: list[End] = []
        self._receipts: list[OutMessage] = []
        self._writer: asyncio.Task[None] | None = None
        self._closing = False

    def mark(self, end: End) -> None:
        """Remember that the message came this far."""
        self._pending.append(end)
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
            pending, self._pending = self._pending, []
            left = await self._settle(pending)
            if left:
                self._pending = left + self._pending
                if self._closing:
                    break
                await asyncio.sleep(RETRY_S)
        self._writer = None

    async def _settle(self, ends: list[End]) -> list[End]:
        """Tell of the ends, note them, send receipts on their way; what must be tried again."""
        untold = await self._tell(ends)
        told = [end for end in ends if end.state in FINAL_STATES and id(end) not in untold]
        try:
            await asyncio.gather(*(self._note(*group) for group in self._alike(told)))
        except StoreUnavailable as error:
            log.warning("message states not written", error=str(error))
            return [end for end in ends if id(end) in untold] + told
        if self._receipts:
            receipts, self._receipts = self._receipts, []
            self._on_receipts(receipts)
        return [end for end in ends if id(end) in untold]

    async def _tell(self, ends: list[End]) -> set[int]:
        """Tell whoever wants to know; the ends that could not be told."""
        untold: set[int] = set()
        if self._endings is None:
            return untold
        ends = [end for end in ends if self._endings.concerns(end)]
        answers = await asyncio.gather(*map(self._endings.tell, ends), return_exceptions=True)
        for end, told in zip(ends, answers, strict=True):
            if isinstance(told, StoreUnavailable):
                untold.add(id(end))
            elif isinstance(told, BaseException):
                # A bug of ours: the message must not be delivered again and again for it.
                log.error("end not told", message_id=end.message.message_id, exc_info=told)
            elif told is not None:
                self._receipts.append(told)
        return untold

    def _alike(self, ends: list[End]) -> list[tuple[MessageState, int, int, list[int]]]:
        """(state, instant, status, ids) of ends that one write can note.

        Who has no terms will not be asked about: for those the instant may be that of the writing.
        """
        now_ms = self._clock.now_ms()

        def how(end: End) -> tuple[MessageState, int, int]:
            return end.state, end.at_ms if end.message.terms else now_ms, end.status

        groups = groupby(sorted(ends, key=how), key=how)
        return [(*key, [end.message.message_id for end in group]) for key, group in groups]

    async def _note(self, state: MessageState, at_ms: int, status: int, message_ids: list[int]) -> None:
        await self._store.mark(message_ids, state, at_ms, status)
        self._on_written(message_ids)
