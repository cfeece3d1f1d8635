"""What goes into the voice engine and what comes out: a position, and a step.

A `CallPosition` is all that is kept of a call between two keys.  A call lives as long as its line does, in
the process that holds it, so it keeps the menu it began with and needs no form to be stored in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from ussd_gateway.flow.steps import ActionNeeded, Sms
from ussd_gateway.vocabulary import Value


@dataclass(slots=True)
class CallPosition:
    """Where one call stands.

    `state` is the screen.  `digits` are the keys of an input so far; `row` and `offer` the number and the
    columns of the offer just read (the list may change before it is taken).  `silences` and `wrong` count
    repetitions of the present prompt, `history` holds the prompts behind it.  `said` are announcements
    nobody has been told yet, `secret` whether one of them must not be logged.
    """

    state: str
    variables: dict[str, Value] = field(default_factory=dict)
    digits: str = ""
    row: int = 0
    offer: Mapping[str, Value] = field(default_factory=dict)
    silences: int = 0
    wrong: int = 0
    history: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    secret: bool = False

    def copy(self) -> Self:
        """A position of its own: a step that must be taken again starts from it."""
        return type(self)(
            self.state,
            dict(self.variables),
            self.digits,
            self.row,
            self.offer,
            self.silences,
            self.wrong,
            list(self.history),
            list(self.said),
            self.secret,
        )


@dataclass(slots=True)
class Speak:
    """Say `text` and wait for a key; with `secret`, neither may be logged or recorded."""

    text: str
    screen: str
    secret: bool
    messages: list[Sms]


@dataclass(slots=True)
class Listen:
    """Say nothing: a digit was taken and the input goes on."""

    messages: list[Sms]


@dataclass(slots=True)
class HangUp:
    """Say `text`; the call is over."""

    text: str
    screen: str
    secret: bool
    messages: list[Sms]


Heard = Speak | Listen | HangUp
Step = Heard | ActionNeeded
"""`messages` are those declared since the step before: whoever runs the steps collects them."""
