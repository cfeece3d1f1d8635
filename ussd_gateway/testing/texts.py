"""What a phone got, as a text that knows where it came from: screens, messages, voice prompts.

They are strings, so a test compares them as it likes: `"Счет" in screen`, `sms == "..."`.
"""

from collections.abc import Mapping
from typing import Self

from ussd_gateway.phone.display import framed


class Told(str):
    """Base: a text, and `captured`, the named groups of the regex it was found by."""

    captured: Mapping[str, str]

    def __new__(cls, text: str, captured: Mapping[str, str] | None = None) -> Self:
        told = super().__new__(cls, text)
        told.captured = dict(captured or {})
        return told

    @property
    def origin(self) -> str:
        """Where it came from, in a few words."""
        return ""

    def picture(self) -> str:
        """The text in a frame, as a phone shows it."""
        return "\n".join(framed(self.origin, str(self)))


class Screen(Told):
    """A USSD string: `op` is `ask`, `end` or `notify`, `service_code` sent it, in this `dialogue`."""

    op: str
    service_code: str
    dialogue: str

    @classmethod
    def of(
        cls, text: str, captured: Mapping[str, str], *, op: str, service_code: str, dialogue: str
    ) -> "Screen":
        screen = cls(text, captured)
        screen.op, screen.service_code, screen.dialogue = op, service_code, dialogue
        return screen

    @property
    def origin(self) -> str:
        return f"{self.service_code} {self.op}"


class ShortMessage(Told):
    """A short message from `sender`, in so many `parts` over the air."""

    sender: str
    parts: int

    @classmethod
    def of(cls, text: str, captured: Mapping[str, str], *, sender: str, parts: int) -> "ShortMessage":
        message = cls(text, captured)
        message.sender, message.parts = sender, parts
        return message

    @property
    def origin(self) -> str:
        return f"SMS from {self.sender}"


class Heard(Told):
    """What was said in a call: `state` is `prompt` (it waits for a key) or `end` (the line is dead)."""

    state: str

    @classmethod
    def of(cls, text: str, captured: Mapping[str, str], *, state: str) -> "Heard":
        heard = cls(text, captured)
        heard.state = state
        return heard

    @property
    def origin(self) -> str:
        return f"voice {self.state}"
