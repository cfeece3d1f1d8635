"""A well-formed menu file -> the compiled menu: shorthands unfolded, texts looked up, secrets traced.

Compiling never fails: names that lead nowhere stay as they are for the linter to find.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ussd_gateway.documents import ValuePath
from ussd_gateway.menu import files, inputs
from ussd_gateway.menu.model import (
    COMMON_ENDS,
    EMPTY_LIST,
    NOTICE,
    UNAVAILABLE,
    ActionScreen,
    Branch,
    Case,
    Choice,
    ChoiceScreen,
    EndScreen,
    InputScreen,
    Menu,
    Rows,
    Screen,
    SmsText,
    Target,
    empty_end,
    to,
)
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import LocalText, Template, Texts
from ussd_gateway.vocabulary import OutcomeName, Value, Vocabulary

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
    compiler = _Compiler(file, texts, vocabulary, plan)
    return Menu(
        name=file.menu,
        about=file.about,
        version=version,
        file_name=file_name,
        codes=file.service_codes,
        direct=dict(file.direct),
        start=_target(file.start, ("start",)),
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


class _Compiler:
    def __init__(
        self, file: files.MenuFile, texts: Texts, vocabulary: Vocabulary, plan: NumberingPlan
    ) -> None:
        self._file = file
        self._texts = texts
        self._vocabulary = vocabulary
        self._plan = plan
        self._secrets: set[str] = set()
        self._screens: dict[str, Screen] = {}

    def screens(self) -> Mapping[str, Screen]:
        """All screens by name: the author's in order, each followed by those made of it."""
        for screen in self._file.screens.values():
            self._collect_secrets(screen)
        for name, screen in self._file.screens.items():
            self._screen(name, screen, ("screens", name))
        for name, key in COMMON_ENDS.items():
            self._end(name, self.common(key), ("menu",))
        order = {name: place for place, name in enumerate([*self._file.screens, *COMMON_ENDS])}
        names = sorted(self._screens, key=lambda name: (order[name.partition(".")[0]], "." in name))
        return {name: self._screens[name] for name in names}

    def common(self, key: str) -> LocalText:
        """A text every menu needs; the linter complains when the catalogue does not have it."""
        return self._texts.get(key, LocalText(key))

    # ------------------------------------------------------------ screens

    def _screen(self, name: str, screen: Any, path: ValuePath) -> None:
        match screen:
            case files.ChoiceScreen():
                self._choices(name, screen, path, None)
            case files.ListScreen():
                self._choices(name, screen, path, screen.list)
            case files.InputScreen():
                self._screens[name] = self._input(name, screen, path)
            case files.ActionScreen():
                self._action(name, screen, path)
            case files.EndScreen():
                self._end(name, screen.end, (*path, "end"), self._sms(screen, path))

    def _choices(
        self, name: str, screen: files.ChoiceScreen | files.ListScreen, path: ValuePath, listed: Any
    ) -> None:
        choices = tuple(
            self._choice(name, key, choice, (*path, "choices", key)) for key, choice in screen.choices.items()
        )
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

    def _choice(self, screen: str, key: str, choice: Any, path: ValuePath) -> Choice:
        target: Target | None = None
        implicit = f"{screen}.{key}"
        match choice:
            case files.ToChoice():
                target = _target(choice.to, (*path, "to"))
            case files.ActionChoice():
                self._action(implicit, choice, path)
                target = to(implicit, path)
            case files.EndChoice():
                self._end(implicit, choice.end, (*path, "end"), self._sms(choice, path))
                target = to(implicit, path)
        label = self._texts.resolve(choice.label)
        return Choice(key, label, choice.when, target, path, f"key:{key}")

    def _rows(self, screen: str, rows: files.Rows, path: ValuePath) -> Rows:
        self._end(empty_end(screen), rows.empty or self.common(EMPTY_LIST), (*path, "empty"))
        keys = (rows.more or self._file.paging.more, rows.back or self._file.paging.back)
        reserved = [int(key) for key in keys if key.isdecimal() and int(key) > 0]
        return Rows(
            source=rows.from_,
            label=self._texts.resolve(rows.label),
            target=_target(rows.to, (*path, "to")),
            limit=min([MAX_ROWS, *(number - 1 for number in reserved)]),
            path=path,
        )

    def _input(self, name: str, screen: files.InputScreen, path: ValuePath) -> InputScreen:
        rule = screen.input
        accept, kind, longest = self._acceptor(rule)
        return InputScreen(
            name=name,
            path=path,
            text=self._texts.resolve(screen.text),
            secret=rule.secret or self._is_secret(screen.text),
            variable=rule.name,
            kind=kind,
            longest=longest,
            accept=accept,
            error=self._texts.resolve(rule.error) if rule.error else self.common(NOTICE),
            target=_target(screen.to, (*path, "to")),
        )

    def _acceptor(self, rule: files.Input) -> tuple[inputs.Acceptor, type, int]:
        """How to read the answer, the type of its value, and how long that can be when shown."""
        shortest, longest = rule.min_length, rule.max_length
        match rule.match:
            case "msisdn":
                return inputs.msisdn(self._plan), str, 15
            case "amount":
                limits = inputs.parse_roubles(rule.min) or 0, inputs.parse_roubles(rule.max) or 0
                return inputs.amount(*limits), int, len(rule.max) + 3
            case "digits":
                return inputs.digits(shortest, longest), str, longest
            case "regex":
                return inputs.regex(rule.pattern or "", shortest, longest), str, longest
            case "text":
                return inputs.text(shortest, longest), str, longest

    def _action(self, name: str, screen: files.ActionScreen | files.ActionChoice, path: ValuePath) -> None:
        constants: dict[str, Value] = {}
        variables: dict[str, str] = {}
        texts: dict[str, Template] = {}
        for argument, value in screen.with_.items():
            if not isinstance(value, Template):
                constants[argument] = value
            elif len(value.fields) == 1 and value.source == f"{{{value.fields[0][0]}}}":
                variables[argument] = value.fields[0][0]
            elif value.fields:
                texts[argument] = value
            else:
                constants[argument] = value.render("", {})
        declared: dict[OutcomeName, Any] = {"done": screen.on.done}
        if screen.on.denied is not None:
            declared["denied"] = screen.on.denied
        if screen.on.error is not None:
            declared["error"] = screen.on.error
        unavailable = Branch(to(UNAVAILABLE), None, path)
        branches: dict[OutcomeName, Branch] = dict.fromkeys(("done", "denied", "error"), unavailable)
        for outcome, branch in declared.items():
            branches[outcome] = self._branch(f"{name}.{outcome}", branch, (*path, "on", outcome))
        self._screens[name] = ActionScreen(
            name, path, screen.action, constants, variables, texts, branches, frozenset(declared)
        )

    def _branch(self, implicit: str, branch: Any, path: ValuePath) -> Branch:
        if isinstance(branch, files.ToBranch):
            return Branch(_target(branch.to, (*path, "to")), self._sms(branch, path), path)
        self._end(implicit, branch.end, (*path, "end"), self._sms(branch, path))
        return Branch(to(implicit, path), None, path)

    def _end(self, name: str, end: LocalText, path: ValuePath, sms: SmsText | None = None) -> None:
        text = self._texts.resolve(end)
        self._screens[name] = EndScreen(name, path, text, self._is_secret(text), sms)

    def _sms(self, branch: files.ToBranch | files.EndBranch, path: ValuePath) -> SmsText | None:
        if branch.sms is None:
            return None
        text = self._texts.resolve(branch.sms)
        return SmsText(text, branch.sender, self._is_secret(text), (*path, "sms"))

    # ------------------------------------------------------------ secrets

    def _collect_secrets(self, screen: Any) -> None:
        """Names whose values must not be logged: secret answers, and what actions declare secret."""
        match screen:
            case files.InputScreen():
                if screen.input.secret:
                    self._secrets.add(screen.input.name)
            case files.ActionScreen() | files.ActionChoice():
                spec = self._vocabulary.actions.get(screen.action)
                if spec is not None:
                    self._secrets |= spec.secret & (spec.results | spec.denied_results)
            case files.ChoiceScreen() | files.ListScreen():
                for choice in screen.choices.values():
                    self._collect_secrets(choice)

    def _is_secret(self, text: LocalText) -> bool:
        resolved = self._texts.resolve(text)
        return resolved.secret or bool(resolved.variables & self._secrets)


def _target(target: Any, path: ValuePath) -> Target:
    """A target of the file, a name or a list of cases."""
    if isinstance(target, str):
        return to(target, path)
    return tuple(Case(case.screen, case.when, (*path, index, "screen")) for index, case in enumerate(target))
