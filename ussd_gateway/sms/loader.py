"""From the files of `sms_commands/` to `SmsCommands`, with every mistake in them at its place.

    YAML --documents--> plain values --model--> file models --shapes, deeds--> compiled commands

All mistakes of all files are reported at once as file:line:column, those of meaning too: an action or
a text that does not exist, an argument that goes nowhere, a command that can never be reached.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from ussd_gateway.documents import Document, Salvage, ValuePath, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.sms.deeds import DeedCompiler
from ussd_gateway.sms.keywords import RECIPIENT, Anything, Command, Reply, Shape, ShortCodes, SmsCommands
from ussd_gateway.sms.model import PARAMETER, ShortCodeFile
from ussd_gateway.sms.shapes import compile_shape, covers, parts_of
from ussd_gateway.templates import LANGUAGES, Texts
from ussd_gateway.vocabulary import Vocabulary

DEFAULT_PLAN = NumberingPlan()

TO_SUBSCRIBERS = ""
"""Stands for the numbers of all subscribers where a short number is expected."""

UNKNOWN_COMMAND = "unknown"
"""The catalogue's answer to a text that fits no command of a file without `otherwise`."""


def load_sms_commands(
    folder: Path,
    vocabulary: Vocabulary,
    texts: Texts,
    languages: Sequence[str] = LANGUAGES,
    plan: NumberingPlan = DEFAULT_PLAN,
) -> SmsCommands:
    """Read every `*.yaml` of a folder; ConfigError with all their problems, also when it is missing."""
    if not folder.is_dir():
        problem = Problem(str(folder), 1, 1, "there is no such folder")
        raise ConfigError(f"{folder} cannot be read", problems=[problem])
    documents, problems = [], list[Problem]()
    for path in sorted(folder.glob("*.yaml")):
        try:
            documents.append(read_yaml(path))
        except ConfigError as error:
            problems += error.problems
    commands, found = compile_commands(documents, vocabulary, texts, languages, plan)
    problems += found
    if problems:
        raise ConfigError(f"the SMS commands in {folder} are not valid", problems=sorted(problems))
    return commands


def compile_commands(
    documents: Sequence[Document],
    vocabulary: Vocabulary,
    texts: Texts,
    languages: Sequence[str] = LANGUAGES,
    plan: NumberingPlan = DEFAULT_PLAN,
) -> tuple[SmsCommands, list[Problem]]:
    """The commands of read files and the problems in them, sorted; usable only when there are none."""
    by_short_code: dict[str, tuple[Command, ...]] = {}
    ranges: list[ShortCodes] = []
    to_subscribers: tuple[Command, ...] = ()
    origin: dict[str, str] = {}
    problems: list[Problem] = []
    for document in documents:
        file = _File(document)
        codes = file.short_codes()
        dialled = frozenset(variable for _, code in codes for variable in _variables_in(code))
        commands = file.commands(DeedCompiler(document, vocabulary, texts, languages, plan, dialled))
        for path, code in codes:
            unnamed = PARAMETER.sub(r"{\2}", code)
            if unnamed in origin:
                file.report(path, f"{_called(code)} already belongs to {origin[unnamed]}")
            origin.setdefault(unnamed, document.file_name)
            if code == TO_SUBSCRIBERS:
                to_subscribers = commands
            elif "{" in code:
                ranges.append(_range(code, commands))
            else:
                by_short_code.setdefault(code, commands)
        problems += file.problems
    compiled = SmsCommands(by_short_code, texts, ranges=ranges, to_subscribers=to_subscribers)
    return compiled, sorted(set(problems))


def _variables_in(code: str) -> list[str]:
    """The variables a number gives: that of `000105{code}`, or the recipient's number."""
    return [RECIPIENT] if code == TO_SUBSCRIBERS else [name for name, _ in PARAMETER.findall(code)]


def _called(code: str) -> str:
    return "what is sent to subscribers" if code == TO_SUBSCRIBERS else f"short number {code}"


def _range(code: str, commands: tuple[Command, ...]) -> ShortCodes:
    fixed = PARAMETER.sub("", code)
    shape = PARAMETER.sub(lambda found: f"(?P<{found[1]}>[0-9]{{{found[2] or '1,12'}}})", code)
    return ShortCodes(code, re.compile(shape, re.ASCII), len(fixed), commands)


class _File:
    """One file on its way to commands."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._salvaged: Salvage[ShortCodeFile] = salvage(document, ShortCodeFile)
        self.problems = list(self._salvaged.problems)

    def report(self, path: ValuePath, message: str, *, key: bool = False) -> None:
        self.problems.append(self._document.problem(path, message, key=key))

    def short_codes(self) -> list[tuple[ValuePath, str]]:
        """The short numbers the file is for, with their places."""
        model = self._salvaged.model
        if model is None:
            return []
        if model.to_subscribers is not None:
            return self._to_subscribers(model)
        if model.short_code is not None and model.short_codes is not None:
            self.report(("short_codes",), "either `short_code` or `short_codes`, not both", key=True)
        found: list[tuple[ValuePath, str]] = []
        if model.short_code is not None:
            found.append((("short_code",), model.short_code))
        found += [(("short_codes", i), code) for i, code in enumerate(model.short_codes or ())]
        damaged = self._salvaged.damaged(("short_code",)) or self._salvaged.damaged(("short_codes",))
        if not found and not damaged:
            self.report((), "missing key `short_code`: which number are these commands for?")
        return found

    def _to_subscribers(self, model: ShortCodeFile) -> list[tuple[ValuePath, str]]:
        for name in ("short_code", "short_codes", "otherwise"):
            if getattr(model, name) is not None:
                self.report((name,), f"`{name}` does not go with `to_subscribers`", key=True)
        return [(("to_subscribers",), TO_SUBSCRIBERS)]

    def commands(self, deeds: DeedCompiler) -> tuple[Command, ...]:
        """The compiled commands in file order, and last the one that fits anything."""
        model = self._salvaged.model
        if model is None:
            return ()
        if not model.commands and model.otherwise is None and not self._salvaged.dropped:
            self.report((), "no `commands` and no `otherwise`: nothing would ever happen")
        compiled: list[Command] = []
        # What could not be read was taken out of its list, so the places of the rest have moved.
        places = [i for i in self._command_places() if ("commands", i) not in self._salvaged.dropped]
        for place, written in zip(places, model.commands, strict=False):
            path: ValuePath = ("commands", place)
            if self._salvaged.damaged(path):
                continue
            shape, complaints = compile_shape(written)
            for under, message in complaints:
                self.report((*path, *under), message, key=not under or under[-1] == "args")
            if shape is None:
                continue
            self._check_reach(path, shape, compiled)
            line, _ = self._document.mark(path)
            command, problems = deeds.compile(written, shape, path, line)
            self.problems += problems
            compiled.append(command)
        return tuple(compiled) if model.to_subscribers else (*compiled, self._otherwise(deeds))

    def _command_places(self) -> range:
        value = self._document.value
        written = value.get("commands") if isinstance(value, dict) else None
        return range(len(written) if isinstance(written, list) else 0)

    def _otherwise(self, deeds: DeedCompiler) -> Command:
        model = self._salvaged.model
        if model is not None and model.otherwise is not None:
            line, _ = self._document.mark(("otherwise",))
            command, problems = deeds.compile(model.otherwise, Anything(), ("otherwise",), line)
            self.problems += problems
            return command
        unknown = deeds.texts.get(UNKNOWN_COMMAND)
        return Command(Anything(), line=1, reply=Reply(unknown) if unknown is not None else None)

    def _check_reach(self, path: ValuePath, shape: Shape, earlier: list[Command]) -> None:
        """A command that an earlier one always beats is a mistake: nobody can ever reach it."""
        for key, what, part in parts_of(shape):
            # What an earlier command's parameters refuse goes on to this one.
            by = next((each for each in earlier if not each.accept and covers(each.shape, part)), None)
            if by is not None:
                message = f"{what} is never reached: the command on line {by.line} takes it first"
                self.report((*path, key), message)
