"""How many PDUs passed, by command and status (SMPP 3.4 §5.1.2, §5.1.3)."""

MAX_KINDS = 200
"""Kinds counted apart: a peer may invent commands and statuses, and must not fill memory with them."""
OTHER = bytes(8)
"""The kind of all that came later."""


class Tally:
    """Counts of all sessions that share one configuration.

    A kind is what a frame has at 4..12: command_id and command_status.
    """

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.received: dict[bytes, int] = {}
        self.sent: dict[bytes, int] = {}


def count(kinds: dict[bytes, int], frame: bytes) -> None:
    """One more of the kind of this frame, which has a whole header."""
    kind = frame[4:12]
    if kind not in kinds and len(kinds) >= MAX_KINDS:
        kind = OTHER
    kinds[kind] = kinds.get(kind, 0) + 1
