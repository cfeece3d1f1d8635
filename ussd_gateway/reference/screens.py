"""A screen of a menu -> what a phone shows of it at its longest, in each language."""

from collections.abc import Mapping
from typing import NamedTuple

from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.flow.model import ActionScreen, EndScreen, InputScreen
from ussd_gateway.flow.steps import Scope
from ussd_gateway.flow.variables import samples
from ussd_gateway.menu.model import ChoiceScreen, Menu, Screen
from ussd_gateway.menu.render import choice_pages, chosen_from, end_pages, visible
from ussd_gateway.reference.extremes import NOW_MS, WORDS, LongestFacts, longest_name
from ussd_gateway.templates import SUBSCRIBER_LANGUAGES
from ussd_gateway.vocabulary import Value


class Size(NamedTuple):
    """The longest page in characters, and how many pages there are."""

    characters: int
    pages: int

    def __str__(self) -> str:
        return str(self.characters) if self.pages == 1 else f"{self.characters} × {self.pages}"


def _selections(screen: ChoiceScreen, facts: LongestFacts) -> list[dict[str, Value]]:
    """The values of the variables by which rows of a list are chosen; once nothing where none are."""
    lines = screen.rows.lines if screen.rows is not None else None
    if lines is None or not lines.where.variables:
        return [{}]
    columns = lines.where.variables
    rows = facts.rows(lines.source)
    found = {tuple(row[column] for column in columns) for row in rows}
    return [dict(zip(columns.values(), values, strict=True)) for values in sorted(found)]


class Measure:
    """Measures the screens of one menu."""

    def __init__(self, menu: Menu, catalogue: Catalogue) -> None:
        self._menu = menu
        self._catalogue = catalogue
        self._facts = {
            (language, corporate, yes): LongestFacts(catalogue, language, corporate=corporate, yes=yes)
            for language in SUBSCRIBER_LANGUAGES
            for corporate in (False, True)
            for yes in (False, True)
        }
        self._variables = {
            language: self._long_variables(language, self._facts[language, False, True])
            for language in SUBSCRIBER_LANGUAGES
        }

    def pages(self, screen: Screen, language: str) -> list[list[str]]:
        """The pages of a screen for every kind of subscriber; none for a step that shows nothing."""
        found = []
        for (spoken, _, _), facts in self._facts.items():
            if spoken != language:
                continue
            scope = Scope({**self._variables[language], **self._told(screen, facts)}, facts)
            match screen:
                case ChoiceScreen():
                    for chosen in _selections(screen, facts):
                        scope.variables.update(chosen)
                        shown = visible(screen, scope)
                        if shown if screen.rows is None else chosen_from(screen.rows, scope):
                            found.append(choice_pages(self._menu, screen, shown, scope, language))
                case InputScreen():
                    found.append([screen.text.render(language, scope)])
                case EndScreen():
                    found.append(end_pages(self._menu, screen, scope, language))
        return found

    def size(self, screen: Screen, language: str) -> Size | None:
        """How large the screen gets; None for a step that shows nothing."""
        sizes = [Size(max(map(len, pages)), len(pages)) for pages in self.pages(screen, language)]
        return max(sizes, key=lambda size: (size.pages, size.characters), default=None)

    def _told(self, screen: Screen, facts: LongestFacts) -> Mapping[str, Value]:
        """What the action before this screen says in words: which calls are diverted, or barred."""
        before = self._menu.screens.get(screen.name.partition(".")[0])
        barring = isinstance(before, ActionScreen) and before.action.startswith("cb.")
        return {"text": facts.value("barring.text" if barring else "forwarding.text")}

    def _long_variables(self, language: str, facts: LongestFacts) -> Mapping[str, Value]:
        """A long value for every variable of the menu."""
        screens = self._menu.screens.values()
        found: dict[str, Value] = {
            name: value.replace("Ж", "9") if isinstance(value, str) else value
            for name, value in samples(screens, WORDS, self._menu.entries).items()
            if name not in WORDS.facts
        }
        found |= {
            "email": facts.value("account.email"),
            "period": "01.12-31.12",
            "number": "792612345678901",
            "to": "79261234567",
            "last4": "1234",
        }
        found |= dict.fromkeys([name for name in found if name.endswith("_ms")], NOW_MS)
        found |= dict.fromkeys([name for name in found if name.endswith("_kop")], 1_500_000)
        found |= dict.fromkeys(["points", "left", "count", "days"], 12_345)
        for screen in screens:
            for way in screen.ways():
                rows = facts.rows(way.row_of) if way.row_of else []
                found |= {name: facts.column(rows, name) for name in (rows[0] if rows else ())}
        return found | {"name": longest_name(self._catalogue, language)}
