"""A compiled menu: what the engine runs, the linter examines and the graph draws.  Immutable.

Every shorthand of the file has become an explicit screen here: a choice that ends the dialogue, an action
on a choice, the end of a branch.  Such screens are named after where they stand (`account.1`,
`password_new.done`); names the author can give have no dot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ussd_gateway.documents import ValuePath
from ussd_gateway.menu.conditions import Condition
from ussd_gateway.menu.inputs import Acceptor
from ussd_gateway.templates import LocalText, Template
from ussd_gateway.vocabulary import OutcomeName, Value

START = "_start"
"""Where every dialogue stands before its first screen."""

WRONG, BYE, UNAVAILABLE, NOTHING = "_wrong", "_bye", "_unavailable", "_nothing"
"""Ends every menu has: too many wrong answers, back from the first screen, an action that could not run,
a screen without a single choice for this subscriber."""

COMMON_ENDS = {WRONG: "bad.end", BYE: "bye", UNAVAILABLE: "billing.down", NOTHING: "nothing.here"}
"""Their texts in the catalogue."""

NOTICE, EMPTY_LIST = "bad.item", "list.empty"
"""Texts in the catalogue: shown above a repeated screen; shown instead of a list without rows."""


@dataclass(frozen=True, slots=True)
class Case:
    """One possible next screen; taken when its condition holds."""

    screen: str
    when: Condition | None
    path: ValuePath


Target = tuple[Case, ...]
"""Next screens in order of trial; the last has no condition."""


@dataclass(frozen=True, slots=True)
class SmsText:
    """An SMS a branch declares; `sender` is the short number it comes from, None for the usual one."""

    text: LocalText
    sender: str | None
    secret: bool
    path: ValuePath


@dataclass(frozen=True, slots=True)
class Branch:
    """Where an outcome leads, and the SMS sent on the way there."""

    target: Target
    sms: SmsText | None
    path: ValuePath


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a screen; `target` is None for the way back."""

    key: str
    label: LocalText
    when: Condition | None
    target: Target | None
    path: ValuePath
    event: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a list screen: `source` names the list, `limit` is the highest row number."""

    source: str
    label: LocalText
    target: Target
    limit: int
    path: ValuePath


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


@dataclass(frozen=True, slots=True)
class InputScreen:
    """A prompt whose answer becomes `variable`."""

    name: str
    path: ValuePath
    text: LocalText
    secret: bool
    variable: str
    kind: type
    longest: int
    accept: Acceptor
    error: LocalText
    target: Target


@dataclass(frozen=True, slots=True)
class ActionScreen:
    """A step that asks for an action; arguments are constants, variables passed as they are, and texts."""

    name: str
    path: ValuePath
    action: str
    constants: Mapping[str, Value]
    variables: Mapping[str, str]
    texts: Mapping[str, Template]
    branches: Mapping[OutcomeName, Branch]
    declared: frozenset[str]
    """Outcomes the file itself provides for; the others lead to the common ends."""


@dataclass(frozen=True, slots=True)
class EndScreen:
    """The last text of a dialogue, and the SMS sent with it."""

    name: str
    path: ValuePath
    text: LocalText
    secret: bool
    sms: SmsText | None


Screen = ChoiceScreen | InputScreen | ActionScreen | EndScreen


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu of one load; `version` changes with the file's content."""

    name: str
    about: str
    version: str
    file_name: str
    codes: tuple[str, ...]
    direct: Mapping[str, str]
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


class Way(NamedTuple):
    """A way out of a screen: taken on `event` if `when` holds."""

    event: str
    branch: Branch
    when: Condition | None = None


def ways(screen: Screen) -> list[Way]:
    """All ways out of a screen, those back aside."""
    match screen:
        case ChoiceScreen():
            return _choice_ways(screen)
        case InputScreen():
            return [Way("text", Branch(screen.target, None, screen.path))]
        case ActionScreen():
            return [Way(outcome, branch) for outcome, branch in screen.branches.items()]
        case EndScreen():
            return []


def _choice_ways(screen: ChoiceScreen) -> list[Way]:
    found = [
        Way(choice.event, Branch(choice.target, None, choice.path), choice.when)
        for choice in screen.choices
        if choice.target is not None
    ]
    if screen.rows is not None:
        found.append(Way("text", Branch(screen.rows.target, None, screen.rows.path)))
        found.append(Way("empty", Branch(to(empty_end(screen.name)), None, screen.rows.path)))
    elif all(choice.when is not None for choice in screen.choices):
        found.append(Way("empty", Branch(to(NOTHING), None, screen.path)))
    return found


def to(screen: str, path: ValuePath = ()) -> Target:
    """The target that is always `screen`."""
    return (Case(screen, None, path),)


def empty_end(screen: str) -> str:
    """Name of the end a list without rows leads to."""
    return f"{screen}.empty"
