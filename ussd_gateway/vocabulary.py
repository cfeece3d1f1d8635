"""The words that menus and SMS commands share with the billing core.

A menu file names *actions* (`password.new`), *facts* (`subscriber.corporate`) and *lists*
(`tariffs.available`).  The rooms that read such files and the room that carries actions out are
strangers; this module is the only thing they have in common.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Value = str | int | bool
"""What a variable may hold.  Money is an int of kopecks, an instant an int of milliseconds."""

OutcomeName = Literal["done", "denied", "error"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended: `done`, `denied` (a business refusal with a reason) or `error` (could not run).

    `params` are the variables the texts of that branch may use; a refusal always has `reason`, the
    key of a text in the catalogue.
    """

    name: OutcomeName
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What a file may say about one action, so that `check` can find mistakes before anybody dials.

    `params`: argument name -> whether it is required.  `results`: variables added on `done`.
    `denied_results`: variables added on `denied`, besides `reason`.  `secret`: names of arguments
    and results that must never be logged or recorded.
    """

    name: str
    doc: str
    params: Mapping[str, bool] = field(default_factory=dict)
    results: frozenset[str] = frozenset()
    denied_results: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    can_deny: bool = True


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything a file may refer to: actions, facts (name -> example value), lists (name -> columns)."""

    actions: Mapping[str, ActionSpec]
    facts: Mapping[str, Value]
    lists: Mapping[str, Mapping[str, Value]]


class Facts(Protocol):
    """What a menu may ask about the subscriber in front of it; pure reads of already loaded state."""

    def value(self, name: str) -> Value:
        """The value of a fact of the vocabulary; KeyError for an unknown name."""
        ...

    def rows(self, name: str) -> Sequence[Mapping[str, Value]]:
        """The rows of a list of the vocabulary; KeyError for an unknown name."""
        ...
