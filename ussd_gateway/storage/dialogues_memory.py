"""Open dialogues in this process's memory: the DialogueStore of a single gateway, lost when it stops.

The methods are coroutines because the port's are, but none ever suspends.  `get` hands out the stored
object itself, not a copy: one lane per subscriber sees to it that nobody else holds it.
"""

from itertools import islice

from ussd_gateway.errors import Conflict
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.store import CLAIM_MS, Deadlines


class MemoryDialogueStore:
    """Implements ussd.store.DialogueStore; about 1 KB per open dialogue, its menu position included."""

    def __init__(self) -> None:
        self._dialogues: dict[str, Dialogue] = {}
        self._deadlines = Deadlines(self._dialogues.keys, self._deadline_ms)
        # MSISDN -> until when an expired dialogue is left to whoever is ending it.
        self._claims: dict[str, int] = {}

    async def get(self, msisdn: str) -> Dialogue | None:
        return self._dialogues.get(msisdn)

    async def save(self, dialogue: Dialogue) -> None:
        stored = self._dialogues.get(dialogue.msisdn)
        if stored is None:
            if dialogue.version != 0:
                raise Conflict(f"dialogue {dialogue.id} is no longer stored")
        elif stored.id != dialogue.id or stored.version != dialogue.version:
            raise Conflict(f"dialogue {dialogue.id} was overtaken by {stored.id} version {stored.version}")
        dialogue.version += 1
        self._dialogues[dialogue.msisdn] = dialogue
        # A later step only postpones, and that is found out when the time comes; but an application is given
        # less time than a subscriber.
        if stored is None or dialogue.state == "application":
            self._deadlines.watch(dialogue.msisdn, dialogue.deadline_ms)

    async def remove(self, dialogue: Dialogue) -> bool:
        stored = self._dialogues.get(dialogue.msisdn)
        if stored is None or stored.id != dialogue.id:
            return False
        del self._dialogues[dialogue.msisdn]
        self._claims.pop(dialogue.msisdn, None)
        return True

    async def due(self, now_ms: int, limit: int) -> list[Dialogue]:
        found = [self._dialogues[msisdn] for msisdn in self._deadlines.due(now_ms, limit)]
        for dialogue in found:
            self._claims[dialogue.msisdn] = now_ms + CLAIM_MS
            self._deadlines.watch(dialogue.msisdn, now_ms + CLAIM_MS)
        return found

    def _deadline_ms(self, msisdn: str) -> int | None:
        """When the subscriber's dialogue falls due next; None when there is none."""
        dialogue = self._dialogues.get(msisdn)
        if dialogue is None:
            return None
        return max(dialogue.deadline_ms, self._claims.get(msisdn, 0))

    async def count(self) -> int:
        return len(self._dialogues)

    async def some(self, limit: int) -> list[Dialogue]:
        """The newest."""
        return list(islice(reversed(self._dialogues.values()), limit))
