"""Requests of ours that wait for an answer: sequence, window, response timers (SMPP 3.4 §2.7, §3.2).

Every request gets the same response timer, so the order of sending is the order of deadlines.
"""

from typing import NamedTuple

from ussd_gateway.smpp.constants import MAX_SEQUENCE_NUMBER, RESPONSE_BIT, CommandId
from ussd_gateway.smpp.pdus import Pdu


class Waiting(NamedTuple):
    """One request under way. `token` is the sender's own, to know it again."""

    request: Pdu
    token: object
    deadline_s: float


class Window:
    """The unanswered requests of one direction, by sequence number."""

    __slots__ = ("_next", "_waiting", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._waiting: dict[int, Waiting] = {}
        self._next = 1

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def free(self) -> int:
        return max(0, self.size - len(self._waiting))

    def next_sequence(self) -> int:
        """1, 2, ... 0x7FFFFFFF, 1, ... (SMPP 3.4 §5.1.4), past numbers that still wait for an answer."""
        sequence = self._next
        while sequence in self._waiting:
            sequence = sequence % MAX_SEQUENCE_NUMBER + 1
        self._next = sequence % MAX_SEQUENCE_NUMBER + 1
        return sequence

    def add(self, sequence: int, request: Pdu, token: object, deadline_s: float) -> None:
        self._waiting[sequence] = Waiting(request, token, deadline_s)

    def settle(self, sequence: int, command_id: int) -> Waiting | None:
        """Remove and return the request that a response answers; None when it answers none.

        The answer to a request is of its own response type, or a generic_nack (SMPP 3.4 §4.3).
        """
        waiting = self._waiting.get(sequence)
        if waiting is None:
            return None
        if command_id not in (waiting.request.command_id | RESPONSE_BIT, CommandId.GENERIC_NACK):
            return None
        del self._waiting[sequence]
        return waiting

    def take_expired(self, now_s: float) -> list[Waiting]:
        """Remove and return what has waited too long, oldest first."""
        expired = []
        for sequence, waiting in self._waiting.items():
            if waiting.deadline_s > now_s:
                break
            expired.append((sequence, waiting))
        for sequence, _ in expired:
            del self._waiting[sequence]
        return [waiting for _, waiting in expired]

    def take_all(self) -> list[Waiting]:
        """Remove and return everything, oldest first."""
        everything = list(self._waiting.values())
        self._waiting.clear()
        return everything

    def next_deadline_s(self) -> float | None:
        for waiting in self._waiting.values():
            return waiting.deadline_s
        return None
