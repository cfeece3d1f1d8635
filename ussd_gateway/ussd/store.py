"""Where dialogues wait between two steps: the port, and the heap that finds the expired ones.

Dialogues are lighter goods than money: losing one costs the subscriber a second dialling, so a store may
keep them in memory.  It must still refuse a save that comes too late (`errors.Conflict`), so that of two
processes on one store only one moves a dialogue on.
"""

import heapq
from typing import Protocol

from ussd_gateway.ussd.dialogue import Dialogue

CLAIM_MS = 5_000
"""How long an expired dialogue handed out by `due` is left alone before it is handed out again."""


class DialogueStore(Protocol):
    """What the gateway needs of a place for dialogues; the key is the subscriber's number.

    Every method may raise errors.StoreUnavailable.
    """

    async def get(self, msisdn: str) -> Dialogue | None:
        """The subscriber's open dialogue.  Change it only to save or remove it."""
        ...

    async def save(self, dialogue: Dialogue) -> None:
        """Store it and raise its `version` by one; errors.Conflict when the stored one is not that version.

        Version 0 means new: the subscriber must have no dialogue stored.
        """
        ...

    async def remove(self, dialogue: Dialogue) -> bool:
        """Forget it; False when it was gone or another dialogue had taken its place."""
        ...

    async def due(self, now_ms: int, limit: int) -> list[Dialogue]:
        """At most `limit` dialogues whose deadline has passed, earliest first.

        They stay stored and claimed for CLAIM_MS: whoever got them ends and removes them; if it fails
        to, they come up again.
        """
        ...

    async def count(self) -> int:
        """How many dialogues are open."""
        ...


class Deadlines:
    """When each of many keys falls due, with cheap postponing.

    A dialogue moves its deadline at every step, nearly always to later.  So the heap keeps one entry per
    key that may be too early; only when that entry comes up is it pushed again with the real instant.
    Entries of forgotten keys are swept out once they outnumber the living.
    """

    def __init__(self) -> None:
        self._at_ms: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._at_ms)

    @property
    def heap_size(self) -> int:
        """Entries held, stale ones included: at most twice the keys and a constant."""
        return len(self._heap)

    def watch(self, key: str, at_ms: int) -> None:
        """Let `key` fall due at `at_ms` instead of whatever was said before."""
        previous = self._at_ms.get(key)
        self._at_ms[key] = at_ms
        if previous is None or at_ms < previous:
            heapq.heappush(self._heap, (at_ms, key))
            self._sweep()

    def forget(self, key: str) -> None:
        """Let `key` never fall due; harmless when it is not watched."""
        self._at_ms.pop(key, None)

    def due(self, now_ms: int, limit: int) -> list[str]:
        """At most `limit` keys whose instant has come, earliest first; they are no longer watched."""
        heap = self._heap
        found: list[str] = []
        while heap and heap[0][0] <= now_ms and len(found) < limit:
            entry_ms, key = heapq.heappop(heap)
            at_ms = self._at_ms.get(key)
            if at_ms is None:
                continue
            if at_ms > entry_ms:
                heapq.heappush(heap, (at_ms, key))
                continue
            del self._at_ms[key]
            found.append(key)
        return found

    def _sweep(self) -> None:
        if len(self._heap) > 2 * len(self._at_ms) + 1024:
            self._heap = [(at_ms, key) for key, at_ms in self._at_ms.items()]
            heapq.heapify(self._heap)
