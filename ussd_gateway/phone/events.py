"""What a phone shows its owner, and the JSON form of it that `--json` prints."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # the command line asks this module for words before it has a loop
    import asyncio

ScreenOp = Literal["ask", "end", "notify"]


@dataclass(frozen=True, slots=True)
class Screen:
    """One USSD string: `ask` wants an answer, `end` is the last one, `notify` is only shown.

    `service_code` is who sent it (`*105#`); `dialogue` tells two dialogues of one phone apart.
    """

    op: ScreenOp
    text: str
    service_code: str
    dialogue: str


@dataclass(frozen=True, slots=True)
class SmsArrived:
    """One short message from `source`, already joined from its `parts`."""

    source: str
    text: str
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Voice:
    """Something heard in a call: `prompt` waits for a key, after `end` the line is dead."""

    text: str
    state: Literal["prompt", "end"]


@dataclass(frozen=True, slots=True)
class Failure:
    """The network refused or went away: a reason for people and the SMPP command_status, if there was one.

    `final` means that the link is gone: nothing more will come.
    """

    reason: str
    status: int | None = None
    final: bool = False


class Receiver(Protocol):
    """Whatever takes in events."""

    events: "asyncio.Queue[Event]"


Event = Screen | SmsArrived | Voice | Failure


def as_json(event: Event) -> dict[str, object]:
    """The event as `--json` prints it; keys and order are fixed, scripts rely on them."""
    if isinstance(event, Screen):
        return {"event": "screen", **asdict(event)}
    if isinstance(event, Voice):
        return {"event": "voice", **asdict(event)}
    if isinstance(event, SmsArrived):
        return {"event": "sms", "from": event.source, "text": event.text, "parts": event.parts}
    return {"event": "error", "reason": event.reason, "status": event.status}
