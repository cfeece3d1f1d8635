"""What subscribers would read: languages, variables, conditions, and whether it fits a phone."""

from collections.abc import Iterator, Mapping

from ussd_gateway.documents import Document, ValuePath, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.menu.conditions import Condition, word_for
from ussd_gateway.menu.model import (
    ActionScreen,
    ChoiceScreen,
    EndScreen,
    InputScreen,
    Menu,
    Screen,
    SmsText,
    Target,
    ways,
)
from ussd_gateway.menu.paging import fits, paginate
from ussd_gateway.menu.variables import Known, gained, known_at, samples, types
from ussd_gateway.smpp.gsm7 import is_gsm7, septet_length
from ussd_gateway.templates import FILTERS, LocalText, Texts
from ussd_gateway.vocabulary import Value, Vocabulary

MAX_PAGES = 9
MAX_SMS_PARTS = 10
"""Beyond these a text is taken for a mistake."""

_SUMS = (FILTERS["money"], FILTERS["money2"])


def text_problems(menu: Menu, document: Document, texts: Texts, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Every mistake in what one menu would say."""
    yield from _TextLinter(menu, document, texts, vocabulary).problems()


class _TextLinter:
    def __init__(self, menu: Menu, document: Document, texts: Texts, vocabulary: Vocabulary) -> None:
        self._menu = menu
        self._document = document
        self._texts = texts
        self._vocabulary = vocabulary
        self._known = known_at(menu, vocabulary)
        self._types = types(menu, vocabulary)
        self._samples = samples(menu, vocabulary)
        # Where nothing leads, any variable of the menu is as good as known: one mistake is enough.
        self._anywhere: Known = frozenset(self._samples) - frozenset(vocabulary.facts)

    def problems(self) -> Iterator[Problem]:
        yield from self._text(self._menu.more_label, ("paging", "more_label"), frozenset())
        yield from self._text(self._menu.less_label, ("paging", "back_label"), frozenset())
        yield from self._target(self._menu.start, frozenset())
        for screen in self._menu.screens.values():
            if not screen.name.startswith("_"):
                yield from self._screen(screen, self._known.get(screen.name, self._anywhere))

    def _screen(self, screen: Screen, known: Known) -> Iterator[Problem]:
        for way in ways(screen):
            there = known | gained(screen, way.event, self._vocabulary)
            yield from self._target(way.branch.target, there)
            yield from self._sms(way.branch.sms, there)
        match screen:
            case ChoiceScreen():
                yield from self._choice_screen(screen, known)
            case InputScreen():
                yield from self._text(screen.text, (*screen.path, "text"), known)
                yield from self._prompt_size(screen)
                yield from self._text(screen.error, (*screen.path, "input", "error"), known)
            case EndScreen():
                yield from self._text(screen.text, screen.path, known)
                yield from self._page_count(screen.text, screen.path)
                yield from self._sms(screen.sms, known)
            case ActionScreen():
                path = (*screen.path, "with")
                for argument, name in screen.variables.items():
                    yield from self._name(name, (*path, argument), known)
                for argument, template in screen.texts.items():
                    for name in template.variables:
                        yield from self._name(name, (*path, argument), known)

    def _choice_screen(self, screen: ChoiceScreen, known: Known) -> Iterator[Problem]:
        yield from self._text(screen.text, (*screen.path, "text"), known | {"choices"})
        yield from self._page_count(screen.text, (*screen.path, "text"))
        for choice in screen.choices:
            yield from self._text(choice.label, (*choice.path, "label"), known)
            yield from self._label_size(screen, choice.label, choice.key, (*choice.path, "label"))
            if choice.when is not None:
                yield from self._condition(choice.when, (*choice.path, "when"), known)
        if screen.rows is not None:
            path = (*screen.rows.path, "label")
            columns = frozenset(self._vocabulary.lists.get(screen.rows.source, {}))
            if screen.rows.source in self._vocabulary.lists:
                yield from self._text(screen.rows.label, path, known | columns)
            yield from self._label_size(screen, screen.rows.label, str(screen.rows.limit), path)

    # ------------------------------------------------------------ names

    def _text(self, text: LocalText, path: ValuePath, known: Known) -> Iterator[Problem]:
        complaint = self._texts.complaint(text, self._menu.languages)
        if complaint:
            yield self._document.problem(path, complaint)
        for language in self._languages(text):
            template = text.template(language)
            place = (*path, language)
            for name, filter_ in template.fields:
                yield from self._name(name, place, known)
                if filter_ in _SUMS and self._types.get(name, int) is not int:
                    message = f"`{name}` is {word_for(self._types[name])}, not a sum of kopecks"
                    yield self._document.problem(place, message)

    def _languages(self, text: LocalText) -> list[str]:
        """The menu's languages this text is there for."""
        return [each for each in self._menu.languages if not text.languages or each in text.languages]

    def _name(self, name: str, path: ValuePath, known: Known) -> Iterator[Problem]:
        if name in known or name in self._vocabulary.facts:
            return
        if "." in name:
            hint = did_you_mean(name, set(self._vocabulary.facts))
            yield self._document.problem(path, f"unknown fact `{name}`{hint}")
        elif name in self._anywhere:
            yield self._document.problem(path, f"variable `{name}` is not set on every way to this screen")
        else:
            yield self._document.problem(path, f"undefined variable `{name}`{did_you_mean(name, set(known))}")

    def _condition(self, condition: Condition, path: ValuePath, known: Known) -> Iterator[Problem]:
        for name, wanted in condition.demands:
            yield from self._name(name, path, known)
            kind = self._types.get(name)
            if wanted is not None and kind is not None and kind is not wanted:
                message = f"condition: `{name}` is {word_for(kind)}, and {word_for(wanted)} is wanted"
                yield self._document.problem(path, message)

    def _target(self, target: Target, known: Known) -> Iterator[Problem]:
        for case in target:
            if case.when is not None:
                yield from self._condition(case.when, (*case.path[:-1], "when"), known)

    def _sms(self, sms: SmsText | None, known: Known) -> Iterator[Problem]:
        if sms is None:
            return
        yield from self._text(sms.text, sms.path, known)
        for language, text in self._sampled(sms.text):
            single, each, size = (160, 153, septet_length(text)) if is_gsm7(text) else (70, 67, len(text))
            if size > single and size > each * MAX_SMS_PARTS:
                message = f"text cannot fit {MAX_SMS_PARTS} SMS parts"
                yield self._document.problem((*sms.path, language), message)

    # ------------------------------------------------------------ sizes

    def _sampled(self, text: LocalText) -> Iterator[tuple[str, str]]:
        """The text in each language with long values; nothing when it names what does not exist."""
        values: Mapping[str, Value] = {"choices": "", **self._samples}
        if text.variables <= set(values):
            for language in self._languages(text):
                yield language, text.render(language, values)

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
