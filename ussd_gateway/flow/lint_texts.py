"""What subscribers would read or hear: languages, variables, conditions, and SMS nobody could receive."""

from collections.abc import Iterable, Iterator, Mapping

from ussd_gateway.documents import Document, ValuePath, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.filters import FILTERS
from ussd_gateway.flow.conditions import Condition, word_for
from ussd_gateway.flow.model import (
    ActionScreen,
    Arguments,
    Case,
    Choice,
    InputScreen,
    Screen,
    SmsText,
    Target,
)
from ussd_gateway.flow.variables import Known, gained, known_at, samples, types
from ussd_gateway.smpp.gsm7 import is_gsm7, septet_length
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import Value, Vocabulary

MAX_SMS_PARTS = 10
"""Beyond these a text is taken for a mistake."""

_SUMS = (FILTERS["money"], FILTERS["money2"])


class TextLinter:
    """Checks every text of the compiled screens of one document."""

    def __init__(
        self,
        screens: Mapping[str, Screen],
        entries: Iterable[Case],
        languages: Iterable[str],
        document: Document,
        texts: Texts,
        vocabulary: Vocabulary,
        given: Mapping[str, Value] | None = None,
    ) -> None:
        """`given` are variables every dialogue begins with, and their values."""
        given = given or {}
        self._screens = screens
        self._wanted = tuple(languages)
        self._document = document
        self._texts = texts
        self._vocabulary = vocabulary
        entries = list(entries)
        self._types = {name: type(value) for name, value in given.items()} | types(
            screens.values(), vocabulary, entries
        )
        self._samples = {**given, **samples(screens.values(), vocabulary, entries)}
        self._known = known_at(screens, entries, vocabulary, given)
        # Where nothing leads, any variable of the file is as good as known: one mistake is enough.
        self._anywhere: Known = frozenset(self._samples) - frozenset(vocabulary.facts)

    def known(self, screen: Screen) -> Known:
        """The variables this screen may count on."""
        return self._known.get(screen.name, self._anywhere)

    # ------------------------------------------------------------ parts of a screen

    def _ways(self, screen: Screen, known: Known) -> Iterator[Problem]:
        for way in screen.ways():
            there = known | gained(screen, way, self._vocabulary)
            yield from self._target(way.branch.target, there)
            yield from self._sms(way.branch.sms, there)

    def _arguments(self, screen: ActionScreen, known: Known) -> Iterator[Problem]:
        yield from self._values(screen.arguments, (*screen.path, "with"), known)

    def _values(self, arguments: Arguments, path: ValuePath, known: Known) -> Iterator[Problem]:
        for argument, name in arguments.variables.items():
            yield from self._name(name, (*path, argument), known)
        for argument, template in arguments.texts.items():
            for name in template.variables:
                yield from self._name(name, (*path, argument), known)

    def _choice(self, choice: Choice, known: Known) -> Iterator[Problem]:
        yield from self._text(choice.label, (*choice.path, "label"), known)
        if choice.when is not None:
            yield from self._condition(choice.when, (*choice.path, "when"), known)

    def _input(self, screen: InputScreen, known: Known) -> Iterator[Problem]:
        path = (*screen.path, "input")
        yield from self._text(screen.error, (*path, "error"), known)
        if screen.when is not None:
            yield from self._condition(screen.when, (*path, "when"), known | {screen.variable})

    # ------------------------------------------------------------ names

    def _text(self, text: LocalText, path: ValuePath, known: Known) -> Iterator[Problem]:
        complaint = self._texts.complaint(text, self._wanted)
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
        """The file's languages this text is there for."""
        return [each for each in self._wanted if not text.languages or each in text.languages]

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

    # ------------------------------------------------------------ sizes

    def _sms(self, sms: SmsText | None, known: Known) -> Iterator[Problem]:
        if sms is None:
            return
        yield from self._text(sms.text, sms.path, known)
        for language, text in self._sampled(sms.text):
            single, each, size = (160, 153, septet_length(text)) if is_gsm7(text) else (70, 67, len(text))
            if size > single and size > each * MAX_SMS_PARTS:
                message = f"text cannot fit {MAX_SMS_PARTS} SMS parts"
                yield self._document.problem((*sms.path, language), message)

    def _sampled(self, text: LocalText) -> Iterator[tuple[str, str]]:
        """The text in each language with long values; nothing when it names what does not exist."""
        values: Mapping[str, Value] = {"choices": "", "rows": "", **self._samples}
        if text.variables <= set(values):
            for language in self._languages(text):
                yield language, text.render(language, values)
