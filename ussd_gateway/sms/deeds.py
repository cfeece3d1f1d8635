"""What a command does: `action`, `with`, `on`, `reply` of a file, checked against the vocabulary, compiled.

Part of loading (`loader`).  A file may only name actions that exist, give them the arguments they take,
and use variables that will be there when its texts are rendered.
"""

from collections.abc import Mapping, Sequence
from typing import get_args

from ussd_gateway.documents import Document, ValuePath, did_you_mean
from ussd_gateway.errors import Problem
from ussd_gateway.flow.compile import acceptor_of
from ussd_gateway.flow.inputs import Acceptor
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.sms.keywords import WHOLE_TEXT, Command, Keyword, Pattern, Reference, Reply, Shape
from ussd_gateway.sms.model import CommandFile, DeedFile, ReplyFile
from ussd_gateway.templates import LocalText, Texts
from ussd_gateway.vocabulary import ActionSpec, OutcomeName, Value, Vocabulary

_NO_ACTION = ActionSpec(name="", doc="")


class DeedCompiler:
    """Compiles the deeds of one file; `problems` come back with each."""

    def __init__(
        self,
        document: Document,
        vocabulary: Vocabulary,
        texts: Texts,
        languages: Sequence[str],
        plan: NumberingPlan,
        dialled: frozenset[str] = frozenset(),
    ) -> None:
        """`dialled` are the variables that the number written to gives."""
        self._document = document
        self._vocabulary = vocabulary
        self.texts = texts
        self._languages = languages
        self._plan = plan
        self._dialled = dialled
        self._problems: list[Problem] = []

    def compile(
        self, deed: DeedFile, shape: Shape, path: ValuePath, line: int
    ) -> tuple[Command, list[Problem]]:
        """The command, and what is wrong with it; `path` is its place in the file."""
        self._problems = []
        self._check_combination(deed, path)
        spec = self._vocabulary.actions.get(deed.action) if deed.action is not None else _NO_ACTION
        if spec is None:
            hint = did_you_mean(deed.action or "", {*self._vocabulary.actions})
            self._report((*path, "action"), f"unknown action `{deed.action}`{hint}")
            return Command(shape, line), self._problems
        variables = variables_of(shape) | self._dialled
        accept = self._acceptors(deed, shape, path)
        arguments = self._arguments(deed, spec, variables, path)
        on = self._outcomes(deed, spec, variables, path)
        reply = self._plain_reply(deed, variables, path)
        if deed.action is not None and deed.with_ is None:
            self._check_unused(spec, variables - self._dialled, [reply, *on.values()], path)
        command = Command(
            shape,
            line,
            accept,
            action=deed.action,
            arguments=arguments,
            reply=reply,
            on=on,
            secret=_secret(deed, spec, variables, arguments),
        )
        return command, self._problems

    def _report(self, path: ValuePath, message: str, *, key: bool = False) -> None:
        self._problems.append(self._document.problem(path, message, key=key))

    def _check_combination(self, deed: DeedFile, path: ValuePath) -> None:
        if deed.action is None and deed.reply is None:
            self._report(path, "a command needs an `action` or a `reply`")
        if deed.action is not None and deed.reply is not None:
            self._report((*path, "reply"), "beside an `action`, replies stand under `on`", key=True)
        if deed.action is None:
            for name, value in (("with", deed.with_), ("on", deed.on)):
                if value is not None:
                    self._report((*path, name), f"`{name}` belongs to an `action`; here is none", key=True)
        if deed.from_ is not None and deed.reply is None:
            self._report((*path, "from"), "`from` belongs to a `reply`; here is none", key=True)

    def _acceptors(self, deed: DeedFile, shape: Shape, path: ValuePath) -> dict[str, Acceptor]:
        """How to read the variables that are described; only what the text itself says can be."""
        described = deed.parameters if isinstance(deed, CommandFile) else {}
        captured = variables_of(shape) - {WHOLE_TEXT}
        for name in sorted(set(described) - captured):
            hint = did_you_mean(name, {*captured})
            self._report((*path, "parameters", name), f"the text gives no variable `{name}`{hint}", key=True)
        return {
            name: acceptor_of(rule, self._plan)[0] for name, rule in described.items() if name in captured
        }

    def _arguments(
        self, deed: DeedFile, spec: ActionSpec, variables: frozenset[str], path: ValuePath
    ) -> dict[str, Value | Reference]:
        """Argument of the action -> variable or literal; without `with`, variables of the same name."""
        arguments: dict[str, Value | Reference] = {}
        if deed.with_ is None:
            arguments = {name: Reference(name) for name in sorted(variables) if name in spec.params}
        for name, value in (deed.with_ or {}).items():
            place = (*path, "with", name)
            if spec.name and name not in spec.params:
                hint = did_you_mean(name, {*spec.params})
                self._report(place, f"`{spec.name}` takes no argument `{name}`{hint}", key=True)
            arguments[name] = self._argument(value, variables, place)
        missing = [name for name, required in spec.params.items() if required and name not in arguments]
        for name in missing:
            self._report((*path, "action"), f"`{spec.name}` needs the argument `{name}`")
        return arguments

    def _argument(self, value: Value, variables: frozenset[str], place: ValuePath) -> Value | Reference:
        if not isinstance(value, str) or ("{" not in value and "}" not in value):
            return value
        name = value.removeprefix("{").removesuffix("}")
        if name not in variables or value != f"{{{name}}}":
            hint = did_you_mean(name, {*variables})
            self._report(place, f"{value!r} is neither a plain value nor a variable of this command{hint}")
        return Reference(name)

    def _outcomes(
        self, deed: DeedFile, spec: ActionSpec, variables: frozenset[str], path: ValuePath
    ) -> Mapping[OutcomeName, Reply]:
        if deed.on is None:
            return {}
        told: dict[OutcomeName, frozenset[str]] = {
            "done": spec.results,
            "denied": spec.denied_results | {"reason"},
            "error": frozenset(),
        }
        if deed.on.denied is not None and spec.name and not spec.can_deny:
            self._report((*path, "on", "denied"), f"`{spec.name}` is never denied", key=True)
        replies: dict[OutcomeName, Reply] = {}
        for name in get_args(OutcomeName):
            written: ReplyFile | None = getattr(deed.on, name)
            if written is not None:
                place = (*path, "on", name, "reply")
                text = self._text(written.reply, variables | told[name], place)
                replies[name] = Reply(text, written.from_)
        return replies

    def _plain_reply(self, deed: DeedFile, variables: frozenset[str], path: ValuePath) -> Reply | None:
        if deed.reply is None:
            return None
        return Reply(self._text(deed.reply, variables, (*path, "reply")), deed.from_)

    def _text(self, written: LocalText, variables: frozenset[str], place: ValuePath) -> LocalText:
        """The text meant, from the catalogue when it is a key, with its variables checked."""
        if complaint := self.texts.complaint(written, self._languages):
            self._report(place, complaint)
            return written
        text = self.texts.resolve(written)
        known = variables | {*self._vocabulary.facts}
        for name in sorted(text.variables - known):
            self._report(place, f"undefined variable `{{{name}}}`{did_you_mean(name, {*known})}")
        return text

    def _check_unused(
        self, spec: ActionSpec, variables: frozenset[str], replies: list[Reply | None], path: ValuePath
    ) -> None:
        """A variable that nobody reads is nearly always a misspelt argument."""
        used = {*spec.params, WHOLE_TEXT}.union(*(reply.text.variables for reply in replies if reply))
        for name in sorted(variables - used):
            self._report(
                (*path, "action"), f"`{{{name}}}` goes nowhere: `{spec.name}` takes no argument `{name}`"
            )


def variables_of(shape: Shape) -> frozenset[str]:
    """The variables a command has: what its shape captures, and the whole text."""
    match shape:
        case Keyword():
            captured = {*shape.arguments, *([shape.rest] if shape.rest else ())}
        case Pattern():
            captured = {*shape.regex.groupindex}
        case _:
            captured = set[str]()
    return frozenset(captured | {WHOLE_TEXT})


def _secret(
    deed: DeedFile,
    spec: ActionSpec,
    variables: frozenset[str],
    arguments: Mapping[str, Value | Reference],
) -> frozenset[str]:
    """The variables that hold a secret: all where the file says so, else those given as secret arguments.

    With one secret variable the whole text is secret too, for it contains that one.
    """
    if deed.secret:
        return variables
    given = {
        value.name
        for name, value in arguments.items()
        if isinstance(value, Reference) and name in spec.secret
    }
    return frozenset(given | {WHOLE_TEXT} if given else ()) | spec.secret
