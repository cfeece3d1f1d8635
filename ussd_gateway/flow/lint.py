"""What makes no sense in a well-formed file, whatever its channel: names that lead nowhere, dead screens.

`lint_texts` reads what subscribers would read or hear.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ussd_gateway.documents import Document, Salvage, ValuePath, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.flow.model import ActionScreen, Case, Screen, Target
from ussd_gateway.flow.variables import known_at
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import ActionSpec, Vocabulary


def common_text_problems(
    keys: Iterable[str], document: Document, texts: Texts, vocabulary: Vocabulary
) -> Iterator[Problem]:
    """The texts every file needs must be there, and may name facts only: they are used anywhere."""
    for key in keys:
        if key not in texts:
            yield document.problem(("menu",), f"the catalogue has no text `{key}`, which every menu needs")
            continue
        for name in texts[key].variables - set(vocabulary.facts):
            message = f"the catalogue's text `{key}` uses `{name}`, which not every menu has"
            yield document.problem(("menu",), message)


class Linter:
    """Checks the compiled screens of one document.

    `salvaged` tells what of the document is missing from the screens: where something is, its absence is
    no second mistake.
    """

    def __init__(
        self,
        screens: Mapping[str, Screen],
        document: Document,
        salvaged: Salvage[Any],
        vocabulary: Vocabulary,
    ) -> None:
        self._screens = screens
        self._document = document
        self._salvaged = salvaged
        self._vocabulary = vocabulary
        # Screens too broken to compile are still there: what leads to them is right.
        self._declared = set(document.value["screens"])

    # ------------------------------------------------------------ names

    def ways(self) -> Iterator[Problem]:
        """Screens, actions, arguments and outcomes that do not exist or are missing."""
        for screen in self._screens.values():
            for way in screen.ways():
                yield from self.target(way.branch.target)
                if way.row_of is not None and way.row_of not in self._vocabulary.lists:
                    yield self._unknown_list((*screen.path, "list", "from"), way.row_of)
            if isinstance(screen, ActionScreen):
                yield from self._action(screen)

    def target(self, target: Target) -> Iterator[Problem]:
        """Screens of a target that do not exist."""
        for case in target:
            # A target without a place, or under a screen's own name, was made by the compiler.
            written = case.screen.partition(".")[0] == case.screen and not case.screen.startswith("_")
            if written:
                yield from self.entry(case.path, case.screen)

    def entry(self, path: ValuePath, screen: str) -> Iterator[Problem]:
        """A screen named at `path` that does not exist."""
        if screen not in self._declared:
            hint = did_you_mean(screen, self._declared)
            yield self._document.problem(path, f"screen `{screen}` does not exist{hint}")

    def _unknown_list(self, path: ValuePath, name: str) -> Problem:
        hint = did_you_mean(name, set(self._vocabulary.lists))
        return self._document.problem(path, f"unknown list `{name}`{hint}")

    def _action(self, screen: ActionScreen) -> Iterator[Problem]:
        spec = self._vocabulary.actions.get(screen.action)
        if spec is None:
            hint = did_you_mean(screen.action, set(self._vocabulary.actions))
            yield self._document.problem((*screen.path, "action"), f"unknown action `{screen.action}`{hint}")
            return
        yield from self._arguments(screen, spec)
        if spec.can_deny and "denied" not in screen.declared:
            on = (*screen.path, "on")
            if not self._salvaged.damaged((*on, "denied")):
                message = f"branch `denied` is missing: `{spec.name}` can be refused"
                yield self._document.problem(on, message, key=True)
        if not spec.can_deny and "denied" in screen.declared:
            message = f"`{spec.name}` is never refused"
            yield self._document.problem((*screen.path, "on", "denied"), message, key=True)

    def _arguments(self, screen: ActionScreen, spec: ActionSpec) -> Iterator[Problem]:
        given = screen.arguments.names
        for name in given - set(spec.params):
            message = f"`{spec.name}` has no argument `{name}`{did_you_mean(name, set(spec.params))}"
            yield self._document.problem((*screen.path, "with", name), message, key=True)
        for name, required in spec.params.items():
            if required and name not in given and not self._salvaged.damaged((*screen.path, "with", name)):
                message = f"argument `{name}` of `{spec.name}` is missing"
                yield self._document.problem((*screen.path, "action"), message)

    # ------------------------------------------------------------ ways

    def unreachable(self, entries: Iterable[Case]) -> Iterator[Problem]:
        """Screens no code and no choice leads to."""
        reached = known_at(self._screens, entries, self._vocabulary)
        for name in self._declared - set(reached):
            message = f"unreachable: nothing leads to screen `{name}`"
            yield self._document.problem(("screens", name), message, key=True)

    def loops(self, silent: type | tuple[type, ...] = ActionScreen) -> Iterator[Problem]:
        """Screens that wait for nobody and lead to each other for ever."""
        for screen in self._screens.values():
            if isinstance(screen, silent) and screen.name in self._after(screen, silent):
                place = (*screen.path, "action") if isinstance(screen, ActionScreen) else screen.path
                message = f"`{screen.name}` leads back to itself without waiting for anybody"
                yield self._document.problem(place, message)

    def _after(self, screen: Screen, silent: type | tuple[type, ...]) -> set[str]:
        """The screens of these kinds that may follow `screen` at once."""
        found: set[str] = set()
        waiting = [screen]
        while waiting:
            for way in waiting.pop().ways():
                for case in way.branch.target:
                    following = self._screens.get(case.screen)
                    if following is None or not isinstance(following, silent):
                        continue
                    if case.screen not in found:
                        found.add(case.screen)
                        waiting.append(following)
        return found
