"""One menu explored: situations tried, paths chosen, sequences played twice, scripts written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from ussd_gateway.menu.model import Menu
from ussd_gateway.replay.coverage.plan import Plan
from ussd_gateway.replay.explore.cover import Chosen, Sequences, fewest
from ussd_gateway.replay.explore.search import Path, Search
from ussd_gateway.replay.explore.session import OpenBench, opened, readied
from ussd_gateway.replay.explore.situations import NUMBER, Situation, Situations, concerns
from ussd_gateway.replay.explore.writer import Head, Seen, script_text
from ussd_gateway.watch import Move

_DAY_MS = 24 * 3_600_000
SEEN_MS = (0, 262 * _DAY_MS + 25_980_000, 413 * _DAY_MS + 51_960_000)
"""When a sequence is looked at: other years, months of other lengths, other hours."""

TAG = "generated"


@dataclass(frozen=True, slots=True)
class Explored:
    """What came of a menu: scripts by file name, the moves that nothing brought about."""

    plan: Plan
    scripts: Mapping[str, str]
    missing: Sequence[Move]
    dialogues: int
    tried: int
    situations: Sequence[str] = field(default=())


class Explorer:
    """Explores menus with one file of situations.

    `language`, when given, is what every account is brought to before anything else.  `progress` is told what
    is being done, in words.
    """

    def __init__(
        self,
        situations: Situations,
        open_bench: OpenBench,
        *,
        language: str | None = None,
        progress: Callable[[str], object] = lambda text: None,
    ) -> None:
        self._situations = situations
        self._open_bench = open_bench
        self._language = language
        self._progress = progress

    async def explore(self, menu: Menu, plan: Plan) -> Explored:
        """The scripts of one menu; raises NoSetup, and ConfigError for setup steps that are none."""
        search = Search(menu, plan, self._situations, self._open_bench)
        used = []
        for situation in self._situations.situations:
            if not search.missing:
                break
            if concerns(situation, search.needed()):
                self._progress(f"{menu.name}: {situation.name}, {len(search.missing)} ways to find")
                await search.walk(situation, self._ready(situation, situation.msisdn))
                used.append(situation.name)
        chosen = fewest(search.walked)
        scripts: dict[str, str] = {}
        for situation in self._situations.situations:
            own = [each for each in chosen if each.path.situation == situation.name]
            if own:
                self._progress(f"{menu.name}: {situation.name}, {len(own)} dialogues to put together")
                scripts |= await self._scripts(menu, situation, own)
        missing = [move for move in plan.moves if move in search.missing]
        return Explored(plan, scripts, missing, len(chosen), search.tried, used)

    async def _scripts(self, menu: Menu, situation: Situation, chosen: Sequence[Chosen]) -> dict[str, str]:
        script = self._ready(situation, situation.msisdn)
        sequences = Sequences(self._open_bench, script, situation.codes, menu.name)
        scripts = {}
        for number, paths in enumerate(await sequences.of(chosen), 1):
            name = situation.name if number == 1 else f"{situation.name}_{number}"
            scripts[f"{name}.yaml"] = await self._written(menu, situation, name, paths)
        return scripts

    async def _written(self, menu: Menu, situation: Situation, name: str, paths: Sequence[Path]) -> str:
        """One script: played on its own number, now and later."""
        key = f"{menu.name}/{name}"
        head = self._head(situation, number_for(key) if situation.msisdn == NUMBER else situation.msisdn, key)
        head = replace(head, name=f"{menu.name}: {name.replace('_', ' ')}", tags=[TAG, menu.name])
        script = readied(script_text(head, (), {}) + '  - dial: "*1#"\n')
        told = []
        for later_ms in SEEN_MS:
            async with opened(self._open_bench, script, situation.codes, later_ms) as session:
                told.append([await session.dialogue(*_asked(path), messages=True) for path in paths])
        seen = [
            Seen(path, first, [each for each in again if each is not None])
            for path, first, *again in zip(paths, *told, strict=True)
            if first is not None
        ]
        return script_text(head, seen, situation.codes)

    def _ready(self, situation: Situation, msisdn: str) -> Any:
        """The setup of a situation as a script."""
        head = self._head(situation, msisdn, situation.name)
        return readied(script_text(head, (), {}) + '  - dial: "*1#"\n')

    def _head(self, situation: Situation, msisdn: str, key: str) -> Head:
        phones = {name: number_for(f"{key} {name}") for name in self._situations.phones}
        return Head(situation.name, situation.about, [TAG], msisdn, phones, list(self._setup(situation)))

    def _setup(self, situation: Situation) -> Iterator[Mapping[str, Any]]:
        if self._language is not None:
            yield {"account": {"language": self._language}}
        yield from situation.setup


def number_for(key: str) -> str:
    """A phone number that belongs to this script alone, the same each time."""
    return f"7926{int(sha256(key.encode()).hexdigest(), 16) % 10**7:07d}"


def _asked(path: Path) -> tuple[str, tuple[str, ...]]:
    return path.dialled, path.inputs
