"""What makes no sense in a well-formed menu: every mistake, each at its place.

This module follows names: screens, actions, arguments, keys, and the ways between screens.  `lint_texts`
reads what subscribers would read.
"""

from collections.abc import Iterator

from ussd_gateway.documents import Document, Salvage, ValuePath, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.menu.files import MenuFile
from ussd_gateway.menu.lint_texts import text_problems
from ussd_gateway.menu.model import (
    COMMON_ENDS,
    EMPTY_LIST,
    NOTICE,
    ActionScreen,
    ChoiceScreen,
    Menu,
    Screen,
    Target,
    ways,
)
from ussd_gateway.menu.variables import known_at
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import ActionSpec, Vocabulary


def lint(
    menu: Menu, document: Document, salvaged: Salvage[MenuFile], texts: Texts, vocabulary: Vocabulary
) -> list[Problem]:
    """Every mistake of one menu, in file order.

    `salvaged` tells what of the document is missing from the menu: where something is, its absence is no
    second mistake.
    """
    linter = _Linter(menu, document, salvaged, vocabulary)
    problems = [*linter.names(), *linter.keys(), *linter.codes(), *_common_texts(document, texts, vocabulary)]
    if not salvaged.dropped:
        problems += [*linter.unreachable(), *linter.loops()]
    problems += text_problems(menu, document, texts, vocabulary)
    return sorted(set(problems))


def _common_texts(document: Document, texts: Texts, vocabulary: Vocabulary) -> Iterator[Problem]:
    """The texts every menu needs must be there, and may name facts only: they are shown anywhere."""
    for key in (*COMMON_ENDS.values(), NOTICE, EMPTY_LIST):
        if key not in texts:
            yield document.problem(("menu",), f"the catalogue has no text `{key}`, which every menu needs")
            continue
        for name in texts[key].variables - set(vocabulary.facts):
            message = f"the catalogue's text `{key}` uses `{name}`, which not every menu has"
            yield document.problem(("menu",), message)


class _Linter:
    def __init__(
        self, menu: Menu, document: Document, salvaged: Salvage[MenuFile], vocabulary: Vocabulary
    ) -> None:
        self._menu = menu
        self._document = document
        self._salvaged = salvaged
        self._vocabulary = vocabulary
        # Screens too broken to compile are still there: what leads to them is right.
        self._declared = set(document.value["screens"])

    # ------------------------------------------------------------ names

    def names(self) -> Iterator[Problem]:
        """Screens, actions, arguments, lists and outcomes that do not exist or are missing."""
        yield from self._targets(self._menu.start)
        for code, screen in self._menu.direct.items():
            if screen not in self._declared:
                yield self._unknown_screen(("direct", code), screen)
        for each in self._menu.screens.values():
            for way in ways(each):
                yield from self._targets(way.branch.target)
            match each:
                case ActionScreen():
                    yield from self._action(each)
                case ChoiceScreen():
                    yield from self._list(each)
                    yield from self._dead_end(each)

    def _targets(self, target: Target) -> Iterator[Problem]:
        for case in target:
            # A target without a place, or under a screen's own name, was made by the compiler.
            written = case.screen.partition(".")[0] == case.screen and not case.screen.startswith("_")
            if written and case.screen not in self._declared:
                yield self._unknown_screen(case.path, case.screen)

    def _unknown_screen(self, path: ValuePath, name: str) -> Problem:
        hint = did_you_mean(name, self._declared)
        return self._document.problem(path, f"screen `{name}` does not exist{hint}")

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
        given = {*screen.constants, *screen.variables, *screen.texts}
        for name in given - set(spec.params):
            message = f"`{spec.name}` has no argument `{name}`{did_you_mean(name, set(spec.params))}"
            yield self._document.problem((*screen.path, "with", name), message, key=True)
        for name, required in spec.params.items():
            if required and name not in given and not self._salvaged.damaged((*screen.path, "with", name)):
                message = f"argument `{name}` of `{spec.name}` is missing"
                yield self._document.problem((*screen.path, "action"), message)

    def _list(self, screen: ChoiceScreen) -> Iterator[Problem]:
        if screen.rows is not None and screen.rows.source not in self._vocabulary.lists:
            hint = did_you_mean(screen.rows.source, set(self._vocabulary.lists))
            yield self._document.problem(
                (*screen.path, "list", "from"), f"unknown list `{screen.rows.source}`{hint}"
            )

    def _dead_end(self, screen: ChoiceScreen) -> Iterator[Problem]:
        if not screen.choices and screen.rows is None and not self._salvaged.damaged(screen.path):
            message = f"dead end: `{screen.name}` has no choices, input, list, action or end"
            yield self._document.problem(screen.path, message, key=True)

    # ------------------------------------------------------------ keys and codes

    def keys(self) -> Iterator[Problem]:
        """Keys with two meanings on one screen."""
        menu = self._menu
        if len({menu.back, menu.more, menu.less}) < 3:
            yield self._document.problem(("paging",), "`back` and the keys of paging must differ")
        for screen in menu.screens.values():
            if not isinstance(screen, ChoiceScreen):
                continue
            if screen.more == screen.less:
                yield self._document.problem((*screen.path, "list"), "`more` and `back` must differ")
            for choice in screen.choices:
                if choice.key in (screen.more, screen.less):
                    yield self._clash(choice.path, choice.key, "a key of paging")
                elif screen.rows is not None and _is_row(choice.key, screen.rows.limit):
                    yield self._clash(choice.path, choice.key, "the number of a row")

    def _clash(self, path: ValuePath, key: str, meaning: str) -> Problem:
        return self._document.problem(path, f"key `{key}` is also {meaning}", key=True)

    def codes(self) -> Iterator[Problem]:
        """Codes this menu claims twice."""
        seen: set[str] = set()
        for index, code in enumerate(self._menu.codes):
            if code in seen:
                yield self._document.problem(("service_codes", index), f"code `{code}` is claimed twice")
            seen.add(code)
        for code in self._menu.direct:
            if code in seen:
                yield self._document.problem(("direct", code), f"code `{code}` is claimed twice", key=True)

    # ------------------------------------------------------------ ways

    def unreachable(self) -> Iterator[Problem]:
        """Screens no code and no choice leads to."""
        reached = known_at(self._menu, self._vocabulary)
        for name in self._declared - set(reached):
            message = f"unreachable: nothing leads to screen `{name}`"
            yield self._document.problem(("screens", name), message, key=True)

    def loops(self) -> Iterator[Problem]:
        """Actions that lead to each other for ever without showing anything."""
        for screen in self._menu.screens.values():
            if isinstance(screen, ActionScreen) and screen.name in self._after(screen):
                message = f"`{screen.name}` leads back to itself without showing a screen"
                yield self._document.problem((*screen.path, "action"), message)

    def _after(self, screen: Screen) -> set[str]:
        """The actions that may follow `screen` at once."""
        found: set[str] = set()
        waiting = [screen]
        while waiting:
            for way in ways(waiting.pop()):
                for case in way.branch.target:
                    following = self._menu.screens.get(case.screen)
                    if isinstance(following, ActionScreen) and following.name not in found:
                        found.add(following.name)
                        waiting.append(following)
        return found


def _is_row(key: str, limit: int) -> bool:
    return key.isdecimal() and 1 <= int(key) <= limit
