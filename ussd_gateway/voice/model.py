"""A compiled voice menu: what the engine runs and the linter examines.  Immutable.

Actions, inputs and ends are those of `flow.model`; shorthands are unfolded in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ussd_gateway.documents import ValuePath
from ussd_gateway.flow.model import (
    UNAVAILABLE,
    ActionScreen,
    Branch,
    Case,
    Choice,
    EndScreen,
    InputScreen,
    Target,
    Way,
    choice_ways,
    to,
)
from ussd_gateway.templates import LocalText
from ussd_gateway.vocabulary import Value

RINGING = "_ringing"
"""Where a call stands before anybody picks up."""

WRONG, SILENT = "_wrong", "_silent"
"""Ends every voice menu has: too many wrong keys, nothing pressed for too long.
(And `UNAVAILABLE`: an action that could not run.)"""

COMMON_ENDS = {WRONG: "voice.enough", SILENT: "voice.silent", UNAVAILABLE: "billing.down"}
"""Their texts in the catalogue."""

BAD_KEY, BAD_INPUT, EMPTY_LIST = "voice.bad_key", "voice.bad_input", "list.empty"
"""Texts in the catalogue: said before a prompt is repeated after a wrong key or a wrong input; said instead
of a list without rows."""

AGENT_KEY, ENTER_KEY = "0", "#"
"""Asks for a person; ends an input."""


@dataclass(frozen=True, slots=True)
class PromptScreen:
    """A text with choices by key."""

    name: str
    path: ValuePath
    text: LocalText
    secret: bool
    choices: tuple[Choice, ...]
    by_key: Mapping[str, Choice]

    def ways(self) -> list[Way]:
        return choice_ways(self.choices)


@dataclass(frozen=True, slots=True)
class SayScreen:
    """An announcement; what follows comes at once.  Without a target it is the prompt before."""

    name: str
    path: ValuePath
    text: LocalText
    secret: bool
    target: Target | None

    def ways(self) -> list[Way]:
        return [] if self.target is None else [Way("said", Branch(self.target, None, self.path))]


@dataclass(frozen=True, slots=True)
class OfferScreen:
    """The rows of the list `source`, said one at a time; `take` and `next` are keys."""

    name: str
    path: ValuePath
    text: LocalText
    source: str
    take: str
    next: str
    target: Target

    def ways(self) -> list[Way]:
        return [
            Way("take", Branch(self.target, None, self.path), row_of=self.source),
            Way("empty", Branch(to(empty_end(self.name)), None, self.path)),
        ]


Screen = PromptScreen | SayScreen | OfferScreen | InputScreen | ActionScreen | EndScreen
Waiting = PromptScreen | OfferScreen | InputScreen
"""Screens on which the line waits for a key."""


@dataclass(frozen=True, slots=True)
class VoiceMenu:
    """One voice menu of one load."""

    name: str
    about: str
    file_name: str
    numbers: Mapping[str, Target]
    languages: tuple[str, ...]
    back: str
    agent: str | None
    silence_ms: int
    repeat_silence: int
    repeat_wrong: int
    bad_key: LocalText
    profile: Mapping[str, Value]
    screens: Mapping[str, Screen] = field(repr=False)

    @property
    def entries(self) -> list[Case]:
        """The ways to a screen that something other than a screen leads to."""
        found = [case for target in self.numbers.values() for case in target]
        return found if self.agent is None else [*found, *to(self.agent)]


def empty_end(screen: str) -> str:
    """Name of the end a list without rows leads to."""
    return f"{screen}.empty"
