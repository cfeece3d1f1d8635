"""When conversations ought to begin: in seconds from the start, whatever the gateway does."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

Arrival = Literal["fixed", "poisson"]


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate` conversations a second until there were `calls`, or for `duration_s`: whichever ends first.

    `fixed` arrivals are evenly spaced, `poisson` ones as those of people who know nothing of each other; the
    same `seed`, the same instants.  At most `limit` conversations are open at once.  `answer_s` is how long a
    screen may take when the script does not say.
    """

    rate: float
    calls: int | None = None
    duration_s: float | None = None
    limit: int = 1000
    arrival: Arrival = "fixed"
    seed: int = 0
    answer_s: float = 10.0

    def instants(self) -> Iterator[float]:
        """All of them, in order."""
        for number, instant_s in enumerate(self._endless()):
            if self.calls is not None and number >= self.calls:
                return
            if self.duration_s is not None and instant_s >= self.duration_s:
                return
            yield instant_s

    def _endless(self) -> Iterator[float]:
        if self.arrival == "fixed":
            for number in count():
                yield number / self.rate
        dice = random.Random(self.seed)  # noqa: S311  no secret, and it must repeat
        instant_s = 0.0
        while True:
            instant_s += dice.expovariate(self.rate)
            yield instant_s


def turns(weights: Sequence[int]) -> list[int]:
    """Whose turn it is, again and again: each index as often as its weight says, evenly spread."""
    instants = [
        ((nth + 0.5) / weight, index) for index, weight in enumerate(weights) for nth in range(weight)
    ]
    return [index for _, index in sorted(instants)]
