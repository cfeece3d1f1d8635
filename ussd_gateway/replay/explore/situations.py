"""Situations: how an account is made ready before a menu is walked, and what is answered to its questions.

They are written in YAML, setup steps as in any script.  One is tried when the menu mentions something that it
is `for` and that nothing before has exercised.
"""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field

from ussd_gateway.documents import FileModel, read_yaml, validate

SHIPPED = "situations.yaml"
NUMBER = "79265550101"
"""The phone of a situation that names no other: somebody of whom nothing is known yet."""


class Situation(FileModel):
    """One state of an account."""

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    """Part of the names of its scripts."""
    about: str = ""
    """Who that is, for people."""
    for_: tuple[str, ...] = Field(default=(), alias="for")
    """Facts, lists and actions of docs/actions.md; without any it is tried with every menu."""
    msisdn: str = NUMBER
    setup: tuple[dict[str, Any], ...] = ()
    """Steps of a script."""
    answers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Variable of an input -> what to answer there, before what `answers` of the file have; or screen of a
    web application -> what to answer it, instead of what it seems to offer."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Screen -> a regular expression: a message must come before it is answered, and its named groups are
    variables for the answer."""


class Situations(FileModel):
    """A file of situations."""

    phones: tuple[str, ...] = ()
    """Names of other numbers; each script gets numbers of its own for them."""
    answers: tuple[str, ...]
    """What is tried at every input, as far as it fits there."""
    at_most: int = Field(default=3, ge=1, le=10)
    """How many answers are tried at one input."""
    situations: tuple[Situation, ...]
    """In the order in which they are tried."""


def load_situations(source: Path | None = None) -> Situations:
    """Those of a file, or the shipped ones; raises ConfigError."""
    if source is not None:
        return validate(read_yaml(source), Situations)
    text = resources.files("ussd_gateway.replay.explore").joinpath(SHIPPED).read_text(encoding="utf-8")
    return validate(read_yaml(text, SHIPPED), Situations)


def concerns(situation: Situation, names: Iterable[str]) -> bool:
    """Whether a menu that still needs `names` has use for it."""
    return not situation.for_ or not set(situation.for_).isdisjoint(names)
