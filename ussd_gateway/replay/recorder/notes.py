"""What is noted of a session: one thing a phone did or saw, in the order of the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "dial", "send", "cancel", "sms", "call", "press", "silence",
    "push", "timeout",
    "screen", "message", "voice", "refusal",
    "remark",
]  # fmt: skip
DONE: Sequence[Kind] = ("dial", "send", "sms", "press")
"""What carries a text of the phone's own."""
SEEN: Sequence[Kind] = ("screen", "message", "voice")
"""What carries a text of the network's."""


@dataclass(frozen=True, slots=True)
class Note:
    """One line of a session.

    `kind`: what the phone did (`dial` to `silence`); what happened by itself (`push`, with `op`, and
    `timeout`, each followed by its screen); what the phone saw; a `remark` for people.
    `text` is what was sent, said or shown, the number of a `call`, the reason of a refusal.  `peer` is where
    an `sms` goes or a `message` comes from.  `op` is that of a screen or the state of a prompt.
    `status` is the command_status of a refusal.  `moved_ms` is how far the gateway's clock was moved before.
    `secret`: whether there is a secret in `text`, by the gateway's own word; None when it cannot be asked.
    """

    at_ms: int
    kind: Kind
    text: str = ""
    peer: str = ""
    op: str = ""
    screen: str = ""
    parts: int = 1
    status: int | None = None
    secret: bool | None = None
    moved_ms: int = 0
