"""Well-formed parts of a file -> compiled parts: shorthands unfolded, texts looked up, secrets traced.

A menu and a voice file each add the screens that only they have.  Compiling never fails: names that lead
nowhere stay as they are for the linter to find.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ussd_gateway.documents import ValuePath
from ussd_gateway.flow import files, inputs
from ussd_gateway.flow.model import (
    UNAVAILABLE,
    ActionScreen,
    Arguments,
    Branch,
    Case,
    Choice,
    EndScreen,
    InputScreen,
    SmsText,
    Target,
    to,
)
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.templates import LocalText, Template, Texts
from ussd_gateway.vocabulary import OutcomeName, Value, Vocabulary

NOTICE = "bad.item"
"""Text in the catalogue: shown or said before a screen is repeated after a wrong answer."""


class Compiler:
    """Collects compiled screens by name."""

    notice = NOTICE
    """Text in the catalogue for a wrong input whose author wrote none."""

    def __init__(
        self,
        texts: Texts,
        vocabulary: Vocabulary,
        plan: NumberingPlan,
        usual: files.UsualOutcomes | None = None,
    ) -> None:
        """`usual` is what happens after an action that does not say it itself."""
        self._usual = usual or files.UsualOutcomes()
        self._texts = texts
        self._vocabulary = vocabulary
        self._plan = plan
        self._secrets: set[str] = set()
        self._screens: dict[str, Any] = {}

    def common(self, key: str) -> LocalText:
        """A text every file needs; the linter complains when the catalogue does not have it."""
        return self._texts.get(key, LocalText(key))

    def in_order(self, written: Iterable[str]) -> Mapping[str, Any]:
        """The screens by name: the author's as written, each followed by those made of it."""
        order = {name: place for place, name in enumerate(written)}
        names = sorted(self._screens, key=lambda name: (order[name.partition(".")[0]], "." in name))
        return {name: self._screens[name] for name in names}

    # ------------------------------------------------------------ parts

    def _choices(self, screen: str, choices: files.Choices, path: ValuePath) -> tuple[Choice, ...]:
        return tuple(
            self._choice(screen, key, choice, (*path, "choices", key)) for key, choice in choices.items()
        )

    def _choice(self, screen: str, key: str, choice: Any, path: ValuePath) -> Choice:
        target: Target | None = None
        implicit = f"{screen}.{key}"
        match choice:
            case files.ToChoice():
                target = target_of(choice.to, (*path, "to"))
            case files.ActionChoice():
                self._action(implicit, choice, path)
                target = to(implicit, path)
            case files.EndChoice():
                self._end(implicit, choice.end, (*path, "end"), self._sms(choice, path))
                target = to(implicit, path)
        label = self._texts.resolve(choice.label)
        return Choice(key, label, choice.when, target, path, f"key:{key}")

    def _input(self, name: str, screen: files.InputScreen, path: ValuePath) -> None:
        rule = screen.input
        accept, kind, longest = self.acceptor(rule)
        self._screens[name] = InputScreen(
            name=name,
            path=path,
            text=self._texts.resolve(screen.text),
            secret=rule.secret or self._is_secret(screen.text),
            variable=rule.name,
            kind=kind,
            longest=longest,
            accept=accept,
            error=self._texts.resolve(rule.error) if rule.error else self.common(self.notice),
            target=target_of(screen.to, (*path, "to")),
            when=rule.when,
        )

    def acceptor(self, rule: files.Answer) -> tuple[inputs.Acceptor, type, int]:
        """How to read the answer, the type of its value, and how long that can be when shown."""
        return acceptor_of(rule, self._plan)

    def _action(self, name: str, screen: files.ActionScreen | files.ActionChoice, path: ValuePath) -> None:
        on: ValuePath = (*path, "on")
        declared: dict[OutcomeName, tuple[Any, ValuePath]] = {"done": (screen.on.done, (*on, "done"))}
        spec = self._vocabulary.actions.get(screen.action)
        if screen.on.denied is not None:
            declared["denied"] = screen.on.denied, (*on, "denied")
        elif self._usual.denied is not None and (spec is None or spec.can_deny):
            declared["denied"] = self._usual.denied, ("on", "denied")
        if screen.on.error is not None:
            declared["error"] = screen.on.error, (*on, "error")
        elif self._usual.error is not None:
            declared["error"] = self._usual.error, ("on", "error")
        unavailable = Branch(to(UNAVAILABLE), None, path)
        branches: dict[OutcomeName, Branch] = dict.fromkeys(("done", "denied", "error"), unavailable)
        for outcome, (branch, place) in declared.items():
            branches[outcome] = self._branch(f"{name}.{outcome}", branch, place)
        self._screens[name] = ActionScreen(
            name, path, screen.action, arguments_of(screen.with_), branches, frozenset(declared)
        )

    def _branch(self, implicit: str, branch: Any, path: ValuePath) -> Branch:
        if isinstance(branch, files.ToBranch):
            return Branch(target_of(branch.to, (*path, "to")), self._sms(branch, path), path)
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

    def _collect_secrets(self, screens: Iterable[Any]) -> None:
        """Names whose values must not be logged: secret answers, and what actions declare secret."""
        for screen in screens:
            if isinstance(screen, files.InputScreen) and screen.input.secret:
                self._secrets.add(screen.input.name)
            elif isinstance(screen, files.ActionScreen | files.ActionChoice):
                spec = self._vocabulary.actions.get(screen.action)
                if spec is not None:
                    self._secrets |= spec.secret & (spec.results | spec.denied_results)
            self._collect_secrets(getattr(screen, "choices", {}).values())

    def _is_secret(self, text: LocalText) -> bool:
        resolved = self._texts.resolve(text)
        return resolved.secret or bool(resolved.variables & self._secrets)


def acceptor_of(rule: files.Answer, plan: NumberingPlan) -> tuple[inputs.Acceptor, type, int]:
    """How to read an answer, the type of its value, and how long that can be when shown."""
    shortest, longest = rule.min_length, rule.max_length
    match rule.match:
        case "msisdn":
            return inputs.msisdn(plan), str, 15
        case "amount":
            limits = inputs.parse_roubles(rule.min) or 0, inputs.parse_roubles(rule.max) or 0
            return inputs.amount(*limits), int, len(rule.max) + 3
        case "digits":
            return inputs.digits(shortest, longest), str, longest
        case "number":
            return inputs.number(shortest, longest), int, min(longest, inputs.MAX_NUMBER_DIGITS)
        case "regex":
            return inputs.regex(rule.pattern or "", shortest, longest), str, longest
        case "text":
            return inputs.text(shortest, longest), str, longest


def arguments_of(written: Mapping[str, Any]) -> Arguments:
    """Arguments as a file gives them: values, and templates of which `"{name}"` passes the value itself."""
    constants: dict[str, Value] = {}
    variables: dict[str, str] = {}
    texts: dict[str, Template] = {}
    for argument, value in written.items():
        if not isinstance(value, Template):
            constants[argument] = value
        elif len(value.fields) == 1 and value.source == f"{{{value.fields[0].name}}}":
            variables[argument] = value.fields[0].name
        elif value.fields:
            texts[argument] = value
        else:
            constants[argument] = value.render("", {})
    return Arguments(constants, variables, texts)


def target_of(target: Any, path: ValuePath) -> Target:
    """A target of the file: a name, a case or a list of cases."""
    if isinstance(target, str):
        return to(target, path)
    if isinstance(target, files.TargetCase):
        return (Case(target.screen, None, (*path, "screen"), dict(target.set_)),)
    return tuple(
        Case(case.screen, case.when, (*path, index, "screen"), dict(case.set_))
        for index, case in enumerate(target)
    )
