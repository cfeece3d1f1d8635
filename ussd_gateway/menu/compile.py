"""A well-formed menu file -> the compiled menu: what `flow.compile` does, and screens with rows and pages.

Compiling never fails: names that lead nowhere stay as they are for the linter to find.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ussd_gateway.documents import ValuePath
from ussd_gateway.flow import files as parts
from ussd_gateway.flow.compile import NOTICE, Compiler, target_of
from ussd_gateway.flow.model import Choice
from ussd_gateway.menu import files
from ussd_gateway.menu.model import COMMON_ENDS, EMPTY_LIST, ChoiceScreen, Menu, Rows, Screen, empty_end
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import Vocabulary

MAX_ROWS = 97
"""Rows of a list are numbered below the usual paging keys 98 and 99."""


def compile_menu(
    file: files.MenuFile,
    *,
    file_name: str,
    version: str,
    texts: Texts,
    vocabulary: Vocabulary,
    plan: NumberingPlan,
) -> Menu:
    """Compile one menu."""
    compiler = _MenuCompiler(file, texts, vocabulary, plan)
    return Menu(
        name=file.menu,
        about=file.about,
        version=version,
        file_name=file_name,
        codes=file.service_codes,
        direct=dict(file.direct),
        start=target_of(file.start, ("start",)),
        languages=file.languages,
        back=file.back,
        more=file.paging.more,
        less=file.paging.back,
        more_label=texts.resolve(file.paging.more_label),
        less_label=texts.resolve(file.paging.back_label),
        notice=compiler.common(NOTICE),
        repeat_wrong=file.repeat_wrong,
        screens=compiler.screens(),
    )


class _MenuCompiler(Compiler):
    def __init__(
        self, file: files.MenuFile, texts: Texts, vocabulary: Vocabulary, plan: NumberingPlan
    ) -> None:
        super().__init__(texts, vocabulary, plan)
        self._file = file

    def screens(self) -> Mapping[str, Screen]:
        """All screens by name, the ends every menu has last."""
        self._collect_secrets(self._file.screens.values())
        for name, screen in self._file.screens.items():
            self._screen(name, screen, ("screens", name))
        for name, key in COMMON_ENDS.items():
            self._end(name, self.common(key), ("menu",))
        return self.in_order([*self._file.screens, *COMMON_ENDS])

    def _screen(self, name: str, screen: Any, path: ValuePath) -> None:
        match screen:
            case parts.ChoiceScreen():
                self._choice_screen(name, screen, path, None)
            case files.ListScreen():
                self._choice_screen(name, screen, path, screen.list)
            case parts.InputScreen():
                self._input(name, screen, path)
            case parts.ActionScreen():
                self._action(name, screen, path)
            case parts.EndScreen():
                self._end(name, screen.end, (*path, "end"), self._sms(screen, path))

    def _choice_screen(
        self, name: str, screen: parts.ChoiceScreen | files.ListScreen, path: ValuePath, listed: Any
    ) -> None:
        choices = self._choices(name, screen.choices, path)
        more, less, rows = self._file.paging.more, self._file.paging.back, None
        if listed is not None:
            more, less = listed.more or more, listed.back or less
            rows = self._rows(name, listed, (*path, "list"))
        self._screens[name] = ChoiceScreen(
            name=name,
            path=path,
            text=self._texts.resolve(screen.text),
            secret=self._is_secret(screen.text),
            choices=choices,
            by_key={choice.key: choice for choice in choices},
            rows=rows,
            more=more,
            less=less,
            conditional=any(choice.when is not None for choice in choices),
            constant=rows is None and self._is_constant(screen.text, choices),
        )

    def _is_constant(self, text: LocalText, choices: Iterable[Choice]) -> bool:
        says = [
            self._texts.resolve(text).variables - {"choices"},
            *(each.label.variables for each in choices),
        ]
        return not any(says)

    def _rows(self, screen: str, rows: files.Rows, path: ValuePath) -> Rows:
        self._end(empty_end(screen), rows.empty or self.common(EMPTY_LIST), (*path, "empty"))
        keys = (rows.more or self._file.paging.more, rows.back or self._file.paging.back)
        reserved = [int(key) for key in keys if key.isdecimal() and int(key) > 0]
        return Rows(
            source=rows.from_,
            label=self._texts.resolve(rows.label),
            target=target_of(rows.to, (*path, "to")),
            limit=min([MAX_ROWS, *(number - 1 for number in reserved)]),
            path=path,
        )
