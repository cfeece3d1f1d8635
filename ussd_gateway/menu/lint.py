"""What makes no sense in a well-formed menu: every mistake, each at its place.

What goes for every channel is checked by `flow.lint`; here are keys with two meanings and service codes
claimed twice.  `lint_texts` reads what subscribers would read.
"""

from collections.abc import Collection, Iterator, Mapping

from ussd_gateway.documents import Document, Salvage, ValuePath, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.flow.compile import NOTICE
from ussd_gateway.flow.files import Answer
from ussd_gateway.flow.lint import Linter, common_text_problems
from ussd_gateway.flow.model import ActionScreen
from ussd_gateway.menu.files import MenuFile, parameters_of, unnamed
from ussd_gateway.menu.lint_texts import text_problems
from ussd_gateway.menu.model import (
    COMMON_ENDS,
    EMPTY_LIST,
    AppScreen,
    ChoiceScreen,
    Crossing,
    ListEnd,
    Menu,
)
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Vocabulary


def lint(
    menu: Menu,
    document: Document,
    salvaged: Salvage[MenuFile],
    texts: Texts,
    vocabulary: Vocabulary,
    profiles: Collection[str] = (),
) -> list[Problem]:
    """Every mistake of one menu, in file order; `profiles` are those of web applications."""
    linter = _MenuLinter(menu, document, salvaged, vocabulary)
    common = (*COMMON_ENDS.values(), NOTICE, EMPTY_LIST)
    problems = [*linter.names(), *linter.keys(), *linter.codes(), *linter.profiles(profiles)]
    problems += common_text_problems(common, document, texts, vocabulary)
    if not salvaged.dropped:
        problems += [*linter.unreachable(menu.entries), *linter.loops((ActionScreen, AppScreen, Crossing))]
    if salvaged.model is not None:
        problems += linter.parameters(salvaged.model.parameters)
    problems += text_problems(menu, document, texts, vocabulary)
    return sorted(set(problems))


class _MenuLinter(Linter):
    def __init__(
        self, menu: Menu, document: Document, salvaged: Salvage[MenuFile], vocabulary: Vocabulary
    ) -> None:
        super().__init__(menu.screens, document, salvaged, vocabulary)
        self._menu = menu

    def names(self) -> Iterator[Problem]:
        """Names that lead nowhere, and screens that lead nowhere themselves."""
        yield from self.target(self._menu.start)
        for target in (*self._menu.codes.values(), *self._menu.direct.values()):
            yield from self.target(target)
        yield from self.ways()
        for each in self._menu.screens.values():
            if isinstance(each, ChoiceScreen):
                yield from self._dead_end(each)
            elif isinstance(each, ListEnd) and each.lines.source not in self._vocabulary.lists:
                yield self._unknown_list((*each.path, "list", "from"), each.lines.source)

    def profiles(self, known: Collection[str]) -> Iterator[Problem]:
        """Web applications that are spoken to in a way nobody described."""
        for screen in self._menu.screens.values():
            if isinstance(screen, AppScreen) and screen.profile not in known:
                hint = did_you_mean(screen.profile, known)
                place = (*screen.path, "app", "profile")
                yield self._document.problem(place, f"unknown profile `{screen.profile}`{hint}")

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
        listed = self._document.value.get("service_codes")
        for index, code in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(code, str):
                continue  # not well formed, which has been said
            if code in seen:
                yield self._document.problem(("service_codes", index), f"code `{code}` is claimed twice")
            seen.add(code)
        seen |= {*self._menu.codes}
        for code in self._menu.direct:
            if unnamed(code) in seen:
                yield self._document.problem(("direct", code), f"code `{code}` is claimed twice", key=True)
            seen.add(unnamed(code))

    def parameters(self, described: Mapping[str, Answer]) -> Iterator[Problem]:
        """Parameters of direct codes that nobody described, and descriptions of none."""
        used: set[str] = set()
        for code in self._menu.direct:
            names = parameters_of(code)
            used |= {*names}
            for name in names:
                if name not in described and not self._salvaged.damaged(("parameters", name)):
                    message = f"parameter `{name}` is not described under `parameters`"
                    yield self._document.problem(("direct", code), message, key=True)
                if names.count(name) > 1:
                    message = f"code `{code}` has the parameter `{name}` twice"
                    yield self._document.problem(("direct", code), message, key=True)
        for name in sorted(set(described) - used):
            message = f"no direct code has the parameter `{name}`"
            yield self._document.problem(("parameters", name), message, key=True)


def _is_row(key: str, limit: int) -> bool:
    return key.isdecimal() and 1 <= int(key) <= limit
