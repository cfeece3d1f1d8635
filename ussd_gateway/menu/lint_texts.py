"""What subscribers would read on a screen: besides what `flow.lint_texts` checks, whether it fits a phone."""

from collections.abc import Iterator

from ussd_gateway.documents import Document, ValuePath, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.flow.lint_texts import TextLinter
from ussd_gateway.flow.model import ActionScreen, EndScreen, InputScreen
from ussd_gateway.flow.variables import Known
from ussd_gateway.menu.model import ChoiceScreen, Lines, ListEnd, Menu, Screen
from ussd_gateway.menu.paging import fits, paginate
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import Vocabulary

MAX_PAGES = 9
"""Beyond these a text is taken for a mistake."""


def text_problems(menu: Menu, document: Document, texts: Texts, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Every mistake in what one menu would say."""
    yield from _MenuTextLinter(menu, document, texts, vocabulary).problems()


class _MenuTextLinter(TextLinter):
    def __init__(self, menu: Menu, document: Document, texts: Texts, vocabulary: Vocabulary) -> None:
        super().__init__(menu.screens, menu.entries, menu.languages, document, texts, vocabulary)
        self._menu = menu

    def problems(self) -> Iterator[Problem]:
        yield from self._text(self._menu.more_label, ("paging", "more_label"), frozenset())
        yield from self._text(self._menu.less_label, ("paging", "back_label"), frozenset())
        yield from self._target(self._menu.start, frozenset())
        for target in (*self._menu.codes.values(), *self._menu.direct.values()):
            yield from self._target(target, frozenset())
        for screen in self._menu.screens.values():
            if not screen.name.startswith("_"):
                known = self.known(screen)
                yield from self._ways(screen, known)
                yield from self._screen(screen, known)

    def _screen(self, screen: Screen, known: Known) -> Iterator[Problem]:
        match screen:
            case ChoiceScreen():
                yield from self._choice_screen(screen, known)
            case InputScreen():
                yield from self._text(screen.text, (*screen.path, "text"), known)
                yield from self._prompt_size(screen)
                yield from self._input(screen, known)
            case ListEnd():
                yield from self._list_end(screen, known)
            case EndScreen():
                yield from self._text(screen.text, screen.path, known)
                yield from self._page_count(screen.text, screen.path)
                yield from self._sms(screen.sms, known)
            case ActionScreen():
                yield from self._arguments(screen, known)

    def _choice_screen(self, screen: ChoiceScreen, known: Known) -> Iterator[Problem]:
        rows = screen.rows
        around = {"choices"} if rows is None else {"choices", "rows"}
        yield from self._text(screen.text, (*screen.path, "text"), known | around)
        yield from self._page_count(screen.text, (*screen.path, "text"))
        for choice in screen.choices:
            yield from self._choice(choice, known)
            yield from self._label_size(screen, choice.label, choice.key, (*choice.path, "label"))
        if rows is not None:
            yield from self._lines(rows.lines, known)
            for key, label in _labels(rows.lines):
                yield from self._label_size(screen, label, str(rows.limit), (*rows.lines.path, key))

    def _list_end(self, screen: ListEnd, known: Known) -> Iterator[Problem]:
        yield from self._text(screen.text, (*screen.path, "end"), known | {"rows"})
        yield from self._text(screen.empty, (*screen.path, "list", "empty"), known)
        yield from self._lines(screen.lines, known)
        yield from self._sms(screen.sms, known | {"rows"})

    def _lines(self, lines: Lines, known: Known) -> Iterator[Problem]:
        """The rows of a list: which are wanted, and what each says."""
        columns = self._vocabulary.lists.get(lines.source)
        if columns is None:
            return
        yield from self._values(lines.where, (*lines.path, "where"), known)
        for name in sorted(lines.where.names - set(columns)):
            message = f"`{lines.source}` has no column `{name}`{did_you_mean(name, set(columns))}"
            yield self._document.problem((*lines.path, "where", name), message, key=True)
        for key, label in _labels(lines):
            yield from self._text(label, (*lines.path, key), known | frozenset(columns))

    # ------------------------------------------------------------ sizes

    def _prompt_size(self, screen: InputScreen) -> Iterator[Problem]:
        """A prompt cannot be leafed through: a paging key would be an answer."""
        for language, text in self._sampled(screen.text):
            if not fits(text):
                message = f"prompt cannot fit one screen: {len(text)} characters"
                yield self._document.problem((*screen.path, "text", language), message)

    def _page_count(self, text: LocalText, path: ValuePath) -> Iterator[Problem]:
        for language, sample in self._sampled(text):
            if fits(sample):
                continue
            pages = paginate(sample, more=self._more(language), less=self._less(language))
            if len(pages) > MAX_PAGES:
                message = f"text cannot fit {MAX_PAGES} screens: it takes {len(pages)}"
                yield self._document.problem((*path, language), message)

    def _label_size(
        self, screen: ChoiceScreen, label: LocalText, key: str, path: ValuePath
    ) -> Iterator[Problem]:
        """One line must fit a page together with the lines at its foot."""
        for language, text in self._sampled(label):
            foot = [self._more(language), self._less(language)]
            foot += [
                f"{choice.key} {self._label(choice.label, language)}"
                for choice in screen.choices
                if choice.target is None
            ]
            if not fits("\n".join([f"{key} {text}", *foot])):
                message = f"label cannot fit one screen: {len(text)} characters"
                yield self._document.problem((*path, language), message)

    def _more(self, language: str) -> str:
        return f"{self._menu.more} {self._label(self._menu.more_label, language)}"

    def _less(self, language: str) -> str:
        return f"{self._menu.less} {self._label(self._menu.less_label, language)}"

    def _label(self, label: LocalText, language: str) -> str:
        """A label with long values; as it is written where it names what does not exist."""
        known = label.variables <= set(self._samples)
        return label.render(language, self._samples) if known else label.template(language).source


def _labels(lines: Lines) -> list[tuple[str, LocalText]]:
    """What the rows of a list say, by the key of the file."""
    first = [] if lines.first is lines.label else [("first", lines.first)]
    return [("label", lines.label), *first]
