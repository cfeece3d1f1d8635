"""Few paths that together exercise everything found, put one after another as long as none spoils the next.

What a dialogue changes stays changed, so each sequence is played on one account of one fresh gateway; a path
that does not get there any more waits for the next sequence of its situation.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from ussd_gateway.replay.explore.search import Path, Walked
from ussd_gateway.replay.explore.session import OpenBench, Session, opened
from ussd_gateway.replay.script import Script
from ussd_gateway.watch import Move

LATE = ("tariff.change", "bonus.leave", "num.block", "account.language")
"""Actions after which many screens are others: they had better be the last, the last of them most of all."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A path and what it must exercise."""

    path: Path
    moves: frozenset[Move]
    actions: tuple[tuple[str, str], ...]


def fewest(walked: Sequence[Walked]) -> list[Chosen]:
    """Greedy: again and again the path that exercises most of what is left; the shortest of equals.

    A path of which nothing remains for it alone is left out in the end.
    """
    left = frozenset().union(*(each.moves for each in walked)) if walked else frozenset()
    queue = list(enumerate(walked))
    chosen: list[tuple[int, Walked]] = []
    while left:
        best = max(queue, key=lambda item: (len(item[1].moves & left), -len(item[1].path.inputs), -item[0]))
        chosen.append(best)
        left -= best[1].moves
        queue = [item for item in queue if item[1].moves & left]
    return [Chosen(each.path, moves, each.actions) for each, moves in _own_shares(chosen)]


def _own_shares(chosen: Sequence[tuple[int, Walked]]) -> list[tuple[Walked, frozenset[Move]]]:
    """Each path with the moves that are its to exercise, in the order in which they were found."""
    taken: set[Move] = set()
    shares = {}
    for index, walked in chosen:
        shares[index] = (walked, walked.moves - taken)
        taken |= walked.moves
    return [shares[index] for index in sorted(shares)]


class Sequences:
    """The chosen paths of one situation as sequences."""

    def __init__(self, open_bench: OpenBench, script: Script, codes: Mapping[str, str], menu: str) -> None:
        self._open_bench = open_bench
        self._script = script
        self._codes = codes
        self._menu = menu

    async def of(self, chosen: Sequence[Chosen]) -> list[list[Path]]:
        """As few sequences as it takes; looks first, then what is refused, then what changes something."""
        looks = [each for each in chosen if not each.actions]
        acting = sorted((each for each in chosen if each.actions), key=_harm)
        sequences: list[list[Path]] = []
        while acting:
            kept, acting = await self._fit(acting)
            sequences.append([each.path for each in kept])
        before = [each.path for each in looks]
        if not sequences:
            return [before] if before else []
        return [[*before, *sequences[0]], *sequences[1:]]

    async def _fit(self, queue: Sequence[Chosen]) -> tuple[list[Chosen], list[Chosen]]:
        """Those that get where they should one after another, and the others."""
        waiting, kept, others = deque(queue), list[Chosen](), list[Chosen]()
        put_off: set[Path] = set()
        async with _Replay(self) as replay:
            while waiting:
                each = waiting.popleft()
                if await replay.gets_there(each):
                    kept.append(each)
                    continue
                if kept and await replay.again(kept[:-1]) and await replay.gets_there(each):
                    # The one before spoils it: that goes to the end.
                    spoiler, kept[-1] = kept[-1], each
                    (others if spoiler.path in put_off else waiting).append(spoiler)
                    put_off.add(spoiler.path)
                    continue
                others.append(each)
                await replay.again(kept)
        return (kept, others) if kept else (others[:1], others[1:])

    async def open(self, stack: AsyncExitStack) -> Session:
        """A fresh account."""
        return await stack.enter_async_context(opened(self._open_bench, self._script, self._codes))

    async def play(self, session: Session, chosen: Chosen) -> bool:
        """Whether a path exercises what it must."""
        told = await session.dialogue(chosen.path.dialled, chosen.path.inputs, messages=True)
        if told is None:
            return False
        return chosen.moves <= {move for step in told.steps if step.menu == self._menu for move in step.moves}


class _Replay:
    """A sequence that is begun again when something has spoiled it."""

    def __init__(self, sequences: Sequences) -> None:
        self._sequences = sequences
        self._stack = AsyncExitStack()
        self._session: Session | None = None

    async def __aenter__(self) -> "_Replay":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def gets_there(self, chosen: Chosen) -> bool:
        """Play one more."""
        if self._session is None:
            self._session = await self._sequences.open(self._stack)
        return await self._sequences.play(self._session, chosen)

    async def again(self, kept: Sequence[Chosen]) -> bool:
        """From the beginning; whether all of them get where they should."""
        await self._stack.aclose()
        self._session = None
        for each in kept:
            if not await self.gets_there(each):
                return False
        return True


def _harm(chosen: Chosen) -> int:
    """How much of what comes after it may go another way."""
    done = {name for name, outcome in chosen.actions if outcome == "done"}
    late = [index for index, name in enumerate(LATE, 2) if name in done]
    return max(late, default=int(bool(done)))
