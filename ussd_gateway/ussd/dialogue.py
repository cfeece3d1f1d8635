"""One subscriber's USSD conversation: who, through what, where in the service, until when.

A phone has at most one dialogue at a time (3GPP TS 24.090 §5.1.1), so the subscriber's number is its
key.  Two clocks run: how long the subscriber may think before each answer, and how long the whole
dialogue may last (the operator's `ml` timer class of 1 to 10 minutes, 3GPP TS 29.002).
"""

from dataclasses import dataclass
from typing import Literal

State = Literal["menu", "application", "push"]
"""Who answers the subscriber: our own menus, or an application bound to us.  `push`: the network asked by
itself and waits for the subscriber's answer."""

Expiry = Literal["answer", "whole"]
"""Which clock ran out: the subscriber's thinking time, or the whole dialogue."""

DEFAULT_USER_RESPONSE_S = 180
DEFAULT_WHOLE_DIALOGUE_S = 600


@dataclass(frozen=True, slots=True)
class DialogueTimers:
    """How long a dialogue waits, in milliseconds; `from_seconds` takes the values of a configuration."""

    user_response_ms: int = DEFAULT_USER_RESPONSE_S * 1000
    whole_dialogue_ms: int = DEFAULT_WHOLE_DIALOGUE_S * 1000

    @classmethod
    def from_seconds(cls, user_response_s: float, whole_dialogue_s: float) -> "DialogueTimers":
        """ValueError unless both are positive."""
        if user_response_s <= 0 or whole_dialogue_s <= 0:
            raise ValueError("a dialogue timer must be positive")
        return cls(round(user_response_s * 1000), round(whole_dialogue_s * 1000))


@dataclass(slots=True)
class Dialogue:
    """A conversation in progress, as it is saved between two steps.

    `service_code` is the code that was matched (`*105#`) and the sender the phone sees; `access` names
    the way back; `session_info` is what the dialect of that way needs again in each answer.  `position`
    belongs to whoever answers (`state`) and is opaque here.  `step` counts the answers already taken, so
    that an answer delivered twice is told from a new one.  `version` is that of the stored copy, 0 for a
    dialogue never saved.
    """

    id: str
    msisdn: str
    service_code: str
    access: str
    session_info: bytes
    position: object
    started_ms: int
    answer_by_ms: int
    ends_by_ms: int
    step: int = 0
    version: int = 0
    state: State = "menu"

    @property
    def deadline_ms(self) -> int:
        """The instant at which one of the two clocks runs out."""
        return min(self.answer_by_ms, self.ends_by_ms)

    def wait_for_answer(self, now_ms: int, timers: DialogueTimers) -> None:
        """A question has been put: one more step, and the thinking time starts anew."""
        self.step += 1
        self.answer_by_ms = now_ms + timers.user_response_ms

    def expired(self, now_ms: int) -> Expiry | None:
        """Which clock has run out at `now_ms`, if any; the whole dialogue's is the stronger reason."""
        if now_ms >= self.ends_by_ms:
            return "whole"
        return "answer" if now_ms >= self.answer_by_ms else None


def open_dialogue(
    dialogue_id: str,
    msisdn: str,
    service_code: str,
    *,
    access: str,
    session_info: bytes,
    position: object,
    now_ms: int,
    timers: DialogueTimers,
    state: State = "menu",
) -> Dialogue:
    """A new dialogue, not saved yet, with both clocks started at `now_ms`."""
    return Dialogue(
        id=dialogue_id,
        msisdn=msisdn,
        service_code=service_code,
        access=access,
        session_info=session_info,
        position=position,
        started_ms=now_ms,
        answer_by_ms=now_ms + timers.user_response_ms,
        ends_by_ms=now_ms + timers.whole_dialogue_ms,
        state=state,
    )
