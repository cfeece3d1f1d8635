"""A well-formed voice file -> the compiled voice menu: what `flow.compile` does, and what only a call has.

Compiling never fails: names that lead nowhere stay as they are for the linter to find.
"""

from collections.abc import Mapping
from typing import Any

from ussd_gateway.documents import ValuePath
from ussd_gateway.flow import files as parts
from ussd_gateway.flow.compile import Compiler, target_of
from ussd_gateway.flow.model import Target
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import Vocabulary
from ussd_gateway.voice import files
from ussd_gateway.voice.model import (
    BAD_INPUT,
    BAD_KEY,
    COMMON_ENDS,
    EMPTY_LIST,
    OfferScreen,
    PromptScreen,
    SayScreen,
    Screen,
    VoiceMenu,
    empty_end,
)


def compile_voice(
    file: files.VoiceFile, *, file_name: str, texts: Texts, vocabulary: Vocabulary, plan: NumberingPlan
) -> VoiceMenu:
    """Compile one voice menu."""
    compiler = _VoiceCompiler(file, texts, vocabulary, plan)
    return VoiceMenu(
        name=file.menu,
        about=file.about,
        file_name=file_name,
        numbers={number: target_of(target, ("numbers", number)) for number, target in file.numbers.items()},
        languages=file.languages,
        back=file.back,
        agent=file.agent,
        silence_ms=file.silence.after * 1000,
        repeat_silence=file.silence.repeat,
        repeat_wrong=file.repeat_wrong,
        bad_key=compiler.common(BAD_KEY),
        profile=dict(file.profile),
        screens=compiler.screens(),
    )


class _VoiceCompiler(Compiler):
    notice = BAD_INPUT

    def __init__(
        self, file: files.VoiceFile, texts: Texts, vocabulary: Vocabulary, plan: NumberingPlan
    ) -> None:
        super().__init__(texts, vocabulary, plan, file.on)
        self._file = file

    def screens(self) -> Mapping[str, Screen]:
        """All screens by name, the ends every voice menu has last."""
        self._collect_secrets(self._file.screens.values())
        for name, screen in self._file.screens.items():
            self._screen(name, screen, ("screens", name))
        for name, key in COMMON_ENDS.items():
            self._end(name, self.common(key), ("menu",))
        return self.in_order([*self._file.screens, *COMMON_ENDS])

    def _screen(self, name: str, screen: Any, path: ValuePath) -> None:
        match screen:
            case parts.ChoiceScreen():
                self._prompt(name, screen, path)
            case files.SayScreen():
                self._say(name, screen.text, path, target_of(screen.to, (*path, "to")))
            case files.SayBackScreen():
                self._say(name, screen.text, path, None)
            case files.OfferScreen():
                self._offers(name, screen.list, path)
            case parts.InputScreen():
                self._input(name, screen, path)
            case parts.ActionScreen():
                self._action(name, screen, path)
            case parts.EndScreen():
                self._end(name, screen.end, (*path, "end"), self._sms(screen, path))

    def _say(self, name: str, text: LocalText, path: ValuePath, target: Target | None) -> None:
        text = self._texts.resolve(text)
        self._screens[name] = SayScreen(name, path, text, self._is_secret(text), target)

    def _prompt(self, name: str, screen: parts.ChoiceScreen, path: ValuePath) -> None:
        choices = self._choices(name, screen.choices, path)
        text = self._texts.resolve(screen.text)
        by_key = {choice.key: choice for choice in choices}
        self._screens[name] = PromptScreen(name, path, text, self._is_secret(text), choices, by_key)

    def _offers(self, name: str, offers: files.Offers, path: ValuePath) -> None:
        path = (*path, "list")
        self._end(empty_end(name), offers.empty or self.common(EMPTY_LIST), (*path, "empty"))
        self._screens[name] = OfferScreen(
            name=name,
            path=path[:-1],
            text=self._texts.resolve(offers.text),
            source=offers.from_,
            take=offers.take,
            next=offers.next,
            target=target_of(offers.to, (*path, "to")),
        )
