"""What goes into the engine and what comes out: an entry, a position, a step.

A `Position` is all that is kept of a dialogue between two answers; it is tiny and survives JSON.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ussd_gateway.flow.steps import ActionNeeded, Sms
from ussd_gateway.menu.model import START
from ussd_gateway.vocabulary import Value


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a code leads: a menu, and there where the code begins; without a code, its start."""

    menu: str
    code: str | None = None
    direct: bool = False


@dataclass(slots=True)
class Position:
    """Where one dialogue stands.

    `state` is the screen, moved by the menu's rulebook.  `wrong` counts wrong answers to this screen,
    `history` holds the screens behind it, `pending` the walked answers not yet given
    (tuples: the empty one, which most positions hold, costs nothing).
    """

    menu: str
    version: str
    state: str = START
    variables: dict[str, Value] = field(default_factory=dict)
    page: int = 0
    wrong: int = 0
    history: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()

    def copy(self) -> Self:
        """A position of its own: a step that must be taken again starts from it."""
        # Spelled out because every answer makes one: `dataclasses.replace` is four times slower.
        return type(self)(
            self.menu,
            self.version,
            self.state,
            dict(self.variables),
            self.page,
            self.wrong,
            self.history,
            self.pending,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`, also after a detour over JSON, which knows no tuples."""
        return cls(**{**value, "history": tuple(value["history"]), "pending": tuple(value["pending"])})


@dataclass(slots=True)
class Show:
    """Show `text` and wait for an answer; with `secret`, neither may be logged or recorded."""

    text: str
    screen: str
    secret: bool
    messages: list[Sms]


@dataclass(slots=True)
class Finish:
    """Show `text`; the dialogue is over."""

    text: str
    screen: str
    secret: bool
    messages: list[Sms]


@dataclass(slots=True)
class AppNeeded:
    """A web application has the dialogue now; come back when it is done (`Engine.come_back`).

    `inputs` are the walked answers that are left: they are for the application.
    """

    inputs: tuple[str, ...]
    screen: str
    messages: list[Sms]


Step = Show | Finish | ActionNeeded | AppNeeded
"""`messages` are those declared since the step before: whoever runs the steps collects them."""
