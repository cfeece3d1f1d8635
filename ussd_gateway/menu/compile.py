"""A well-formed menu file -> the compiled menu: what `flow.compile` does, and screens with rows and pages.

Compiling never fails: names that lead nowhere stay as they are for the linter to find.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ussd_gateway.documents import ValuePath
from ussd_gateway.flow import files as parts
from ussd_gateway.flow.compile import NOTICE, Compiler, arguments_of, target_of
from ussd_gateway.flow.inputs import Acceptor
from ussd_gateway.flow.model import UNAVAILABLE, Branch, Choice, InputScreen, Target, to
from ussd_gateway.menu import files
from ussd_gateway.menu.files import parameters_of
from ussd_gateway.menu.model import (
    COMMON_ENDS,
    EMPTY_LIST,
    SAID,
    AppScreen,
    ChoiceScreen,
    Crossing,
    Lines,
    ListEnd,
    Menu,
    Rows,
    Screen,
    empty_end,
    parameter_screen,
)
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
        codes=compiler.codes(),
        direct={code: compiler.direct(code, target) for code, target in file.direct.items()},
        parameters={code: compiler.parameters(code) for code in file.direct},
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
        super().__init__(texts, vocabulary, plan, file.on)
        self._file = file

    def screens(self) -> Mapping[str, Screen]:
        """All screens by name, the ends every menu has last."""
        self._collect_secrets(self._file.screens.values())
        self._secrets |= {name for name, rule in self._file.parameters.items() if rule.secret}
        for name, screen in self._file.screens.items():
            self._screen(name, screen, ("screens", name))
        for name, key in COMMON_ENDS.items():
            self._end(name, self.common(key), ("menu",))
        for code, target in self._file.direct.items():
            self._parameter_screens(code, target_of(target, ("direct", code)))
        codes = [f"_{code}" for code in self._file.direct]
        return self.in_order([*self._file.screens, *COMMON_ENDS, *codes])

    # ------------------------------------------------------------ codes

    def codes(self) -> dict[str, Target]:
        """Where the dialogues of each service code begin."""
        codes = self._file.service_codes
        if isinstance(codes, Mapping):
            return {code: target_of(target, ("service_codes", code)) for code, target in codes.items()}
        return dict.fromkeys(codes, target_of(self._file.start, ("start",)))

    def direct(self, code: str, target: Any) -> Target:
        """Where a direct code leads: through an unseen input for each of its parameters."""
        names = parameters_of(code)
        path = ("direct", code)
        return to(parameter_screen(code, names[0]), path) if names else target_of(target, path)

    def parameters(self, code: str) -> dict[str, Acceptor]:
        """How to read the parameters of a direct code."""
        return {name: self.acceptor(self._parameter(name))[0] for name in parameters_of(code)}

    def _parameter(self, name: str) -> parts.Answer:
        return self._file.parameters.get(name, parts.Answer.model_validate({"match": "digits"}))

    def _parameter_screens(self, code: str, target: Target) -> None:
        """What is dialled for a parameter is walked into an input of its own; nobody ever sees these."""
        for name in reversed(parameters_of(code)):
            rule, screen = self._parameter(name), parameter_screen(code, name)
            accept, kind, longest = self.acceptor(rule)
            self._screens[screen] = InputScreen(
                name=screen,
                path=("direct", code),
                text=LocalText(name),
                secret=rule.secret,
                variable=name,
                kind=kind,
                longest=longest,
                accept=accept,
                error=self.common(NOTICE),
                target=target,
            )
            target = to(screen, ("direct", code))

    # ------------------------------------------------------------ screens

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
            case files.AppScreen():
                self._app(name, screen, path)
            case files.Crossing():
                self._screens[name] = Crossing(name, path, target_of(screen.to, (*path, "to")))
            case files.ListEndScreen():
                self._list_end(name, screen, path)
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
            self._texts.resolve(text).variables - {"choices", "rows"},
            *(each.label.variables for each in choices),
        ]
        return not any(says)

    def _rows(self, screen: str, rows: files.Rows, path: ValuePath) -> Rows:
        self._end(empty_end(screen), rows.empty or self.common(EMPTY_LIST), (*path, "empty"))
        keys = (rows.more or self._file.paging.more, rows.back or self._file.paging.back)
        reserved = [int(key) for key in keys if key.isdecimal() and int(key) > 0]
        return Rows(
            lines=self._lines(rows, path),
            target=target_of(rows.to, (*path, "to")),
            limit=min([MAX_ROWS, *(number - 1 for number in reserved)]),
        )

    def _lines(self, rows: files.Rows | files.ShownRows, path: ValuePath) -> Lines:
        label = self._texts.resolve(rows.label)
        first = self._texts.resolve(rows.first) if rows.first is not None else label
        return Lines(rows.from_, arguments_of(rows.where), label, first, path)

    def _app(self, name: str, screen: files.AppScreen, path: ValuePath) -> None:
        """Without a branch for it, the last text of the application is that of the dialogue."""
        on, place = screen.on, (*path, "on")
        done, failed = Branch(to(f"{name}.done"), None, path), Branch(to(UNAVAILABLE), None, path)
        if on.done is not None:
            done = self._branch(f"{name}.done", on.done, (*place, "done"))
        else:
            self._end(f"{name}.done", LocalText(f"{{{SAID}}}"), (*path, "app"))
        if on.failed is not None:
            failed = self._branch(f"{name}.failed", on.failed, (*place, "failed"))
        app = screen.app
        declared = {"done"} | ({"failed"} if on.failed is not None else set())
        self._screens[name] = AppScreen(
            name, path, app.http, app.profile, files.wait_ms(app.timeout), done, failed, frozenset(declared)
        )

    def _list_end(self, name: str, screen: files.ListEndScreen, path: ValuePath) -> None:
        text = self._texts.resolve(screen.end)
        self._screens[name] = ListEnd(
            name=name,
            path=path,
            text=text,
            secret=self._is_secret(text),
            sms=self._sms(screen, path),
            lines=self._lines(screen.list, (*path, "list")),
            join=screen.list.join,
            empty=self._texts.resolve(screen.list.empty or self.common(EMPTY_LIST)),
        )
