"""The compiled parts of a dialogue that are the same on a screen and in a voice.  Immutable.

Every shorthand of the file has become an explicit screen here: a choice that ends the dialogue, an action
on a choice, the end of a branch.  Such screens are named after where they stand (`account.1`,
`password_new.done`); names the author can give have no dot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ussd_gateway.documents import ValuePath
from ussd_gateway.flow.conditions import Condition
from ussd_gateway.flow.inputs import Acceptor
from ussd_gateway.templates import LocalText, Template, Values
from ussd_gateway.vocabulary import OutcomeName, Value

UNAVAILABLE = "_unavailable"
"""The end every file has for an action that could not run; `billing.down` is its text."""


@dataclass(frozen=True, slots=True)
class Case:
    """One possible next screen; taken when its condition holds, and then `sets` are variables."""

    screen: str
    when: Condition | None
    path: ValuePath
    sets: Mapping[str, Value] = field(default_factory=dict)


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


class Way(NamedTuple):
    """A way out of a screen: taken on `event` if `when` holds.

    `sets` are the variables that have a value afterwards; `row_of` names the list one of whose rows was
    chosen, so that its columns have.
    """

    event: str
    branch: Branch
    when: Condition | None = None
    sets: frozenset[str] = frozenset()
    row_of: str | None = None


class Screen(Protocol):
    """What every kind of screen can tell about itself."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> ValuePath: ...

    def ways(self) -> list[Way]:
        """All ways out of it, those back aside."""
        ...


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
    when: Condition | None = None
    """What must hold of a good answer, which is the variable by then."""

    def ways(self) -> list[Way]:
        return [Way("text", Branch(self.target, None, self.path), sets=frozenset({self.variable}))]


@dataclass(frozen=True, slots=True)
class Arguments:
    """Values by name: constants, variables passed as they are, and texts to fill in."""

    constants: Mapping[str, Value]
    variables: Mapping[str, str]
    texts: Mapping[str, Template]

    @property
    def names(self) -> frozenset[str]:
        return frozenset({*self.constants, *self.variables, *self.texts})

    def values(self, language: str, scope: Values) -> dict[str, Value]:
        """All of them, filled in from `scope`."""
        found = dict(self.constants)
        for argument, name in self.variables.items():
            found[argument] = scope[name]
        for argument, template in self.texts.items():
            found[argument] = template.render(language, scope)
        return found


@dataclass(frozen=True, slots=True)
class ActionScreen:
    """A step that asks for an action."""

    name: str
    path: ValuePath
    action: str
    arguments: Arguments
    branches: Mapping[OutcomeName, Branch]
    declared: frozenset[str]
    """Outcomes the file itself provides for; the others lead to the common ends."""

    def ways(self) -> list[Way]:
        return [Way(outcome, branch) for outcome, branch in self.branches.items()]


@dataclass(frozen=True, slots=True)
class EndScreen:
    """The last text of a dialogue, and the SMS sent with it."""

    name: str
    path: ValuePath
    text: LocalText
    secret: bool
    sms: SmsText | None

    def ways(self) -> list[Way]:
        return []


def to(screen: str, path: ValuePath = ()) -> Target:
    """The target that is always `screen`."""
    return (Case(screen, None, path),)


def choice_ways(choices: tuple[Choice, ...]) -> list[Way]:
    """The ways of a screen's choices; what leads back is none."""
    return [
        Way(choice.event, Branch(choice.target, None, choice.path), choice.when)
        for choice in choices
        if choice.target is not None
    ]
