"""A compiled menu: what the engine runs, the linter examines and the graph draws.  Immutable.

What a menu has in common with a voice file (actions, inputs, ends, the ways between screens) is in
`flow.model`; here are screens with choices and rows, and the menu itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ussd_gateway.documents import ValuePath
from ussd_gateway.flow.inputs import Acceptor
from ussd_gateway.flow.model import (
    UNAVAILABLE,
    ActionScreen,
    Arguments,
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

START = "_start"
"""Where every dialogue stands before its first screen."""

WRONG, BYE, NOTHING = "_wrong", "_bye", "_nothing"
"""Ends every menu has: too many wrong answers, back from the first screen, a screen without a single choice
for this subscriber.  (And `UNAVAILABLE`: an action that could not run.)"""

COMMON_ENDS = {WRONG: "bad.end", BYE: "bye", UNAVAILABLE: "billing.down", NOTHING: "nothing.here"}
"""Their texts in the catalogue."""

SAID = "said"
"""Variable: the last text of a web application that had the dialogue."""

EMPTY_LIST = "list.empty"
"""Text in the catalogue: shown instead of a list without rows."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of the operator's list `source` that have the values `where`, and how each is written."""

    source: str
    where: Arguments
    label: LocalText
    first: LocalText
    path: ValuePath


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a list screen; `limit` is the highest row number."""

    lines: Lines
    target: Target
    limit: int


@dataclass(frozen=True, slots=True)
class ChoiceScreen:
    """A text with choices and perhaps rows."""

    name: str
    path: ValuePath
    text: LocalText
    secret: bool
    choices: tuple[Choice, ...]
    by_key: Mapping[str, Choice]
    rows: Rows | None
    more: str
    less: str
    """Keys of the next and the previous page."""
    conditional: bool
    """Some choices are not for everybody."""
    constant: bool
    """What it says depends on nothing but the language and the choices shown."""

    def ways(self) -> list[Way]:
        """Its choices, its rows, and where it leads when it has nothing to offer."""
        found = choice_ways(self.choices)
        rows = self.rows
        if rows is not None:
            path = rows.lines.path
            found.append(Way("text", Branch(rows.target, None, path), row_of=rows.lines.source))
            found.append(Way("empty", Branch(to(empty_end(self.name)), None, path)))
        elif all(choice.when is not None for choice in self.choices):
            found.append(Way("empty", Branch(to(NOTHING), None, self.path)))
        return found


@dataclass(frozen=True, slots=True)
class ListEnd(EndScreen):
    """A last text with `{rows}`, joined by `join`; `empty` is shown instead when there are none."""

    lines: Lines
    join: str
    empty: LocalText


@dataclass(frozen=True, slots=True)
class Crossing:
    """A step that shows nothing and leads on."""

    name: str
    path: ValuePath
    target: Target

    def ways(self) -> list[Way]:
        """The one way on."""
        return [Way("pass", Branch(self.target, None, self.path))]


@dataclass(frozen=True, slots=True)
class AppScreen:
    """A web application has the dialogue, until it is done or has failed."""

    name: str
    path: ValuePath
    url: str = field(repr=False)
    profile: str
    timeout_ms: int
    done: Branch
    failed: Branch
    declared: frozenset[str]
    """Outcomes the file itself provides for."""

    @property
    def host(self) -> str:
        """Where it is, for readers: what stands in the rest of an address is nobody's business."""
        return urlsplit(self.url).hostname or ""

    def ways(self) -> list[Way]:
        """What may come of it."""
        return [Way("done", self.done, sets=frozenset({SAID})), Way("failed", self.failed)]


Screen = ChoiceScreen | InputScreen | ActionScreen | AppScreen | EndScreen | Crossing


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu of one load; `version` changes with the file's content."""

    name: str
    about: str
    version: str
    file_name: str
    codes: Mapping[str, Target]
    """Service code -> where its dialogues begin; what is dialled behind it is walked from there."""
    direct: Mapping[str, Target]
    parameters: Mapping[str, Mapping[str, Acceptor]]
    """Direct code -> how to read each of its parameters, in the order they are dialled."""
    start: Target
    languages: tuple[str, ...]
    back: str
    more: str
    less: str
    more_label: LocalText
    less_label: LocalText
    notice: LocalText
    repeat_wrong: int
    screens: Mapping[str, Screen] = field(repr=False)

    @property
    def entries(self) -> list[Case]:
        """The ways a dialogue may begin."""
        targets = (self.start, *self.codes.values(), *self.direct.values())
        return [case for target in targets for case in target]

    def leads_to(self, code: str) -> Target:
        """The screens a direct code opens, once its parameters are taken."""
        target = self.direct[code]
        for _ in self.parameters[code]:
            taking = self.screens[target[0].screen]
            assert isinstance(taking, InputScreen)
            target = taking.target
        return target


def parameter_screen(code: str, name: str) -> str:
    """Name of the unseen input that takes the parameter `name` of a direct code."""
    return f"_{code}.{name}"


def empty_end(screen: str) -> str:
    """Name of the end a list without rows leads to."""
    return f"{screen}.empty"
