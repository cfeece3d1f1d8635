"""A menu as a map of what a replay has visited: what the report draws, and whoever measures fills in."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spot:
    """A screen: `kind` as `menu.graph.kind_of` has it, `text` in one language, how often it was shown."""

    name: str
    kind: str
    text: str = ""
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Road:
    """A way from one screen to another, how often it was taken.

    A `source` that is no screen of the map is a code that is dialled; `on` is what happens, in words.
    """

    source: str
    target: str
    on: str = ""
    hits: int = 0


@dataclass(frozen=True, slots=True)
class MenuMap:
    """One menu; the first road that begins with a code leads to its root."""

    menu: str
    about: str = ""
    spots: Sequence[Spot] = ()
    roads: Sequence[Road] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """Anything else that is counted: commands by SMS, outcomes of actions."""

    title: str
    items: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """All that a set of scripts could have exercised."""

    maps: Sequence[MenuMap] = ()
    tallies: Sequence[Tally] = field(default=())


def share(hits: Sequence[int]) -> tuple[int, int]:
    """How many were taken, of how many."""
    return sum(hit > 0 for hit in hits), len(hits)
