"""What makes no sense in a well-formed voice file: every mistake, each at its place.

What goes for every channel is checked by `flow.lint` and `flow.lint_texts`; here is what keys can say.
"""

from collections.abc import Iterator

from ussd_gateway.documents import Document, Salvage, ValuePath
from ussd_gateway.errors import Problem
from ussd_gateway.flow.lint import Linter, common_text_problems
from ussd_gateway.flow.lint_texts import TextLinter
from ussd_gateway.flow.model import ActionScreen, EndScreen, InputScreen
from ussd_gateway.flow.variables import Known
from ussd_gateway.templates import Texts
from ussd_gateway.vocabulary import Vocabulary
from ussd_gateway.voice.files import KEYS, VoiceFile
from ussd_gateway.voice.model import (
    BAD_INPUT,
    BAD_KEY,
    COMMON_ENDS,
    EMPTY_LIST,
    ENTER_KEY,
    OfferScreen,
    PromptScreen,
    SayScreen,
    Screen,
    VoiceMenu,
)

COMMON_TEXTS = (*COMMON_ENDS.values(), BAD_KEY, BAD_INPUT, EMPTY_LIST)


def lint(
    menu: VoiceMenu, document: Document, salvaged: Salvage[VoiceFile], texts: Texts, vocabulary: Vocabulary
) -> list[Problem]:
    """Every mistake of one voice menu, in file order."""
    linter = _VoiceLinter(menu, document, salvaged, vocabulary)
    problems = [*linter.names(), *linter.keys(), *linter.inputs()]
    problems += common_text_problems(COMMON_TEXTS, document, texts, vocabulary)
    if not salvaged.dropped:
        problems += [*linter.unreachable(menu.entries), *linter.loops((ActionScreen, SayScreen))]
    problems += _VoiceTextLinter(menu, document, texts, vocabulary).problems()
    return sorted(set(problems))


class _VoiceLinter(Linter):
    def __init__(
        self, menu: VoiceMenu, document: Document, salvaged: Salvage[VoiceFile], vocabulary: Vocabulary
    ) -> None:
        super().__init__(menu.screens, document, salvaged, vocabulary)
        self._menu = menu

    def names(self) -> Iterator[Problem]:
        """Names that lead nowhere, and prompts that do."""
        for target in self._menu.numbers.values():
            yield from self.target(target)
        if self._menu.agent is not None:
            yield from self.entry(("agent",), self._menu.agent)
        yield from self.ways()
        for each in self._menu.screens.values():
            dead = isinstance(each, PromptScreen) and not each.choices
            if dead and not self._salvaged.damaged(each.path):
                message = f"dead end: `{each.name}` has no choices, input, list, action, end or `to`"
                yield self._document.problem(each.path, message, key=True)

    # ------------------------------------------------------------ keys

    def keys(self) -> Iterator[Problem]:
        """Keys no phone has, and keys with two meanings at one prompt."""
        back = self._menu.back
        yield from self._key(("back",), back)
        if back.isdigit() or back == ENTER_KEY:
            yield self._document.problem(("back",), f"key `{back}` cannot lead back: inputs need it; use `*`")
        for screen in self._menu.screens.values():
            match screen:
                case PromptScreen():
                    for choice in screen.choices:
                        yield from self._key(choice.path, choice.key, at_key=True)
                        yield from self._clash(choice.path, choice.key, at_key=True)
                case OfferScreen():
                    path = (*screen.path, "list")
                    for name, key in (("take", screen.take), ("next", screen.next)):
                        yield from self._key((*path, name), key)
                        yield from self._clash((*path, name), key)
                    if screen.take == screen.next:
                        yield self._document.problem(path, "`take` and `next` must differ")

    def _key(self, path: ValuePath, key: str, *, at_key: bool = False) -> Iterator[Problem]:
        if len(key) != 1 or key not in KEYS:
            yield self._document.problem(path, f"no phone has a key `{key}`: one of {KEYS}", key=at_key)

    def _clash(self, path: ValuePath, key: str, *, at_key: bool = False) -> Iterator[Problem]:
        if key == self._menu.back:
            yield self._document.problem(path, f"key `{key}` is also the way back", key=at_key)

    def inputs(self) -> Iterator[Problem]:
        """Inputs that nobody can enter by keys."""
        for name, screen in self._document.value["screens"].items():
            rule = screen.get("input") if isinstance(screen, dict) else None
            if isinstance(rule, dict) and isinstance(self._menu.screens.get(name), InputScreen):
                place = ("screens", name, "input", "match")
                if rule.get("match", "text") == "text":
                    message = (
                        "letters cannot be entered by keys: write `match: digits`, number, msisdn or amount"
                    )
                    yield self._document.problem(place, message)


class _VoiceTextLinter(TextLinter):
    def __init__(self, menu: VoiceMenu, document: Document, texts: Texts, vocabulary: Vocabulary) -> None:
        super().__init__(
            menu.screens, menu.entries, menu.languages, document, texts, vocabulary, menu.profile
        )
        self._menu = menu

    def problems(self) -> Iterator[Problem]:
        for target in self._menu.numbers.values():
            yield from self._target(target, frozenset(self._menu.profile))
        for screen in self._menu.screens.values():
            if not screen.name.startswith("_"):
                known = self.known(screen)
                yield from self._ways(screen, known)
                yield from self._screen(screen, known)

    def _screen(self, screen: Screen, known: Known) -> Iterator[Problem]:
        match screen:
            case PromptScreen():
                yield from self._text(screen.text, (*screen.path, "text"), known | {"choices"})
                for choice in screen.choices:
                    yield from self._choice(choice, known)
            case OfferScreen():
                columns = frozenset(self._vocabulary.lists.get(screen.source, {}))
                if screen.source in self._vocabulary.lists:
                    yield from self._text(screen.text, (*screen.path, "list", "text"), known | columns)
            case InputScreen():
                yield from self._text(screen.text, (*screen.path, "text"), known)
                yield from self._input(screen, known)
            case SayScreen():
                yield from self._text(screen.text, (*screen.path, "text"), known)
            case EndScreen():
                yield from self._text(screen.text, screen.path, known)
                yield from self._sms(screen.sms, known)
            case ActionScreen():
                yield from self._arguments(screen, known)
