"""Numbers never given twice: message ids from blocks the store reserves, dialogue ids from a boot tag.

A message id is taken in the middle of answering a PDU, where nothing may wait; so a block is kept at
hand and the next one fetched in the background when half of it is gone.  What is left of a block when
the process stops is never used: ids only have to be unique.
"""

from collections.abc import Callable

from ussd_gateway.billing.store import Store
from ussd_gateway.errors import StoreUnavailable

BLOCK = 100_000
"""Ids reserved at a time: at 50 thousand messages a second the second half lasts one second."""


class Ids:
    """Gives message ids (1..2^32-1) and dialogue ids (text)."""

    def __init__(self, store: Store, *, boot_tag: str, on_low: Callable[[], None]) -> None:
        """`boot_tag` differs at every start; `on_low` must see to it that `refill` runs soon."""
        self._store = store
        self._boot_tag = boot_tag
        self._on_low = on_low
        self._next = 0
        self._end = 0
        self._spare: int | None = None
        self._asked = False
        self._dialogues = 0

    async def refill(self) -> None:
        """Reserve the next block unless one lies ready."""
        try:
            if self._spare is None:
                self._spare = await self._store.reserve_ids(BLOCK)
        finally:
            self._asked = False

    def message_id(self) -> int:
        """A message id; StoreUnavailable when the store has not given a new block in time."""
        if self._end - self._next < BLOCK // 2 and self._spare is None and not self._asked:
            self._asked = True
            self._on_low()
        if self._next == self._end:
            if self._spare is None:
                raise StoreUnavailable("no message ids left: the store gives no new block")
            self._next, self._spare = self._spare, None
            self._end = self._next + BLOCK
        self._next += 1
        return self._next - 1

    def dialogue_id(self) -> str:
        """A dialogue id, unique over all starts and processes; those of one start sort by age.

        (Keys of commits are made of it, and an index likes to grow at one place.)
        """
        self._dialogues += 1
        return f"{self._boot_tag}-{self._dialogues:08x}"
