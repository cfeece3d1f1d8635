"""Where dialogues wait between two steps: the port, and the heap that finds the expired ones.

Dialogues are lighter goods than money: losing one costs the subscriber a second dialling, so a store may
keep them in memory.  It must still refuse a save that comes too late (`errors.Conflict`), so that of two
processes on one store only one moves a dialogue on.
"""

import heapq
from collections.abc import Callable, Collection
from typing import Protocol

from ussd_gateway.ussd.dialogue import Dialogue

CLAIM_MS = 5_000
"""How long an expired dialogue handed out by `due` is left alone before it is handed out again."""

SLOT_MS = 1_000
"""Deadlines of one second are kept together."""


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

    async def some(self, limit: int) -> list[Dialogue]:
        """At most `limit` of those open, for people to look at; not to be changed."""
        ...


class Deadlines:
    """When each of many keys falls due, at some nine octets a key.

    A dialogue moves its deadline at every step, always to later.  So a key lies in the slot of the second its
    deadline fell in when it was watched; only when that second comes is its owner asked for the deadline of
    now, and the key moved on if need be.  Keys that are gone are dropped then, or swept out before they
    outnumber the living.
    """

    def __init__(self, keys: Callable[[], Collection[str]], deadline_ms: Callable[[str], int | None]) -> None:
        """`keys` are the living ones, `deadline_ms` the present deadline of a key, None when it is gone."""
        self._keys = keys
        self._deadline_ms = deadline_ms
        self._slots: dict[int, list[str]] = {}
        self._order: list[int] = []
        self._entries = 0

    @property
    def entries(self) -> int:
        """Keys held, stale ones included: at most twice the living and a constant."""
        return self._entries

    def watch(self, key: str, at_ms: int) -> None:
        """Let `key` fall due at `at_ms`, or whatever later instant its deadline has become by then."""
        slot = at_ms // SLOT_MS
        keys = self._slots.get(slot)
        if keys is None:
            keys = self._slots[slot] = []
            heapq.heappush(self._order, slot)
        keys.append(key)
        self._entries += 1
        if self._entries > 2 * len(self._keys()) + 1024:
            self._sweep()

    def due(self, now_ms: int, limit: int) -> list[str]:
        """At most `limit` keys whose instant has come; they are no longer watched.

        Those watched for an earlier second come first; within one, the earlier.
        """
        found: dict[str, None] = {}  # a key begun anew may lie in several slots
        while self._order and self._order[0] <= now_ms // SLOT_MS and len(found) < limit:
            slot = heapq.heappop(self._order)
            keys = self._slots.pop(slot)
            self._entries -= len(keys)
            come: list[tuple[int, str]] = []
            for key in dict.fromkeys(keys):
                at_ms = self._deadline_ms(key)
                if at_ms is None or key in found:
                    continue
                if at_ms <= now_ms:
                    come.append((at_ms, key))
                else:
                    self.watch(key, at_ms)
            come.sort()
            room = limit - len(found)
            found.update(dict.fromkeys(key for _, key in come[:room]))
            for at_ms, key in come[room:]:
                self.watch(key, at_ms)
            if slot in self._slots:
                break  # what is left there comes later in this second, or next time
        return list(found)

    def _sweep(self) -> None:
        self._slots, self._order, self._entries = {}, [], 0
        for key in self._keys():
            at_ms = self._deadline_ms(key)
            if at_ms is not None:
                self.watch(key, at_ms)
