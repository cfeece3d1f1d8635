"""The last screens of dialogues that have ended: for whoever looks too late to find the dialogue itself."""

from typing import NamedTuple

from ussd_gateway.ussd.dialogue import Dialogue

KEEP_MS = 600_000
MAX_KEPT = 10_000


class LastScreen(NamedTuple):
    """How a dialogue ended.

    `menu` is empty and `screen` the key of the text where the gateway answered by itself; `text` is empty
    where it is a secret.
    """

    dialogue: Dialogue
    menu: str
    screen: str
    text: str
    at_ms: int


class Lately:
    """Remembers the newest end of each number for ten minutes, of at most 10 000 numbers."""

    def __init__(self) -> None:
        self._last: dict[str, LastScreen] = {}

    def ended(self, dialogue: Dialogue, menu: str, screen: str, text: str, now_ms: int) -> LastScreen:
        """This was the last screen of a dialogue."""
        self._last.pop(dialogue.msisdn, None)
        last = self._last[dialogue.msisdn] = LastScreen(dialogue, menu, screen, text, now_ms)
        if len(self._last) > MAX_KEPT:
            del self._last[next(iter(self._last))]
        return last

    def of(self, msisdn: str, now_ms: int) -> LastScreen | None:
        """The newest end of the number; None when there was none for a while."""
        last = self._last.get(msisdn)
        return last if last is not None and now_ms - last.at_ms < KEEP_MS else None
