"""Which step of which dialogue a PDU belongs to: where each phone was lately, and when that was told."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import NamedTuple

from ussd_gateway.access.tap import Direction
from ussd_gateway.watch import StepTaken

MAX_NUMBERS = 2_000
MAX_STEPS = 30
"""Steps remembered of each number."""
NEAR_NS = 2_000_000_000
"""How long after its request a step is told at most, or before its screen leaves."""


class Whereabout(NamedTuple):
    """A phone after a step: its dialogue, and the screen it is shown (empty where no menu had the word)."""

    at_ns: int
    msisdn: str
    dialogue: str
    menu: str
    screen: str


class Whereabouts:
    """The newest steps by number."""

    def __init__(self) -> None:
        self._steps: OrderedDict[str, deque[Whereabout]] = OrderedDict()

    def note(self, step: StepTaken, at_ns: int) -> None:
        """A step was told at this instant."""
        steps = self._steps.setdefault(step.msisdn, deque(maxlen=MAX_STEPS))
        self._steps.move_to_end(step.msisdn)
        steps.append(Whereabout(at_ns, step.msisdn, step.dialogue, step.menu, step.screen))
        if len(self._steps) > MAX_NUMBERS:
            self._steps.popitem(last=False)

    def at(self, ends: Iterable[str], at_ns: int, direction: Direction) -> Whereabout | None:
        """The step that a PDU between these two ends led to (`in`) or comes from (`out`)."""
        steps = [step for end in ends for step in self._steps.get(end.removeprefix("+"), ())]
        before = [step for step in steps if at_ns - NEAR_NS <= step.at_ns <= at_ns]
        after = [step for step in steps if at_ns < step.at_ns <= at_ns + NEAR_NS]
        if direction == "in":
            return after[0] if after else None
        return before[-1] if before else None
