"""From the files of `sms_commands/` to `SmsCommands`, with every mistake in them at its place.

    YAML --documents--> plain values --model--> file models --shapes, deeds--> compiled commands

All mistakes of all files are reported at once as file:line:column, those of meaning too: an action or
a text that does not exist, an argument that goes nowhere, a command that can never be reached.
"""

from collections.abc import Sequence
from pathlib import Path

from ussd_gateway.documents import Document, Salvage, ValuePath, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.sms.deeds import DeedCompiler
from ussd_gateway.sms.keywords import Anything, Command, Reply, Shape, SmsCommands
from ussd_gateway.sms.model import ShortCodeFile
from ussd_gateway.sms.shapes import compile_shape, covers, parts_of
from ussd_gateway.templates import LANGUAGES, Texts
from ussd_gateway.vocabulary import Vocabulary

UNKNOWN_COMMAND = "unknown"
"""The catalogue's answer to a text that fits no command of a file without `otherwise`."""


def load_sms_commands(
    folder: Path, vocabulary: Vocabulary, texts: Texts, languages: Sequence[str] = LANGUAGES
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
    commands, found = compile_commands(documents, vocabulary, texts, languages)
    problems += found
    if problems:
        raise ConfigError(f"the SMS commands in {folder} are not valid", problems=sorted(problems))
    return commands


def compile_commands(
    documents: Sequence[Document],
    vocabulary: Vocabulary,
    texts: Texts,
    languages: Sequence[str] = LANGUAGES,
) -> tuple[SmsCommands, list[Problem]]:
    """The commands of read files and the problems in them, sorted; usable only when there are none."""
    by_short_code: dict[str, tuple[Command, ...]] = {}
    origin: dict[str, str] = {}
    problems: list[Problem] = []
    for document in documents:
        file = _File(document, DeedCompiler(document, vocabulary, texts, languages))
        commands = file.commands()
        for path, short_code in file.short_codes():
            if short_code in origin:
                file.report(path, f"short number {short_code} already belongs to {origin[short_code]}")
            origin.setdefault(short_code, document.file_name)
            by_short_code.setdefault(short_code, commands)
        problems += file.problems
    return SmsCommands(by_short_code, texts), sorted(set(problems))


class _File:
    """One file on its way to commands."""

    def __init__(self, document: Document, deeds: DeedCompiler) -> None:
        self._document = document
        self._deeds = deeds
        self._salvaged: Salvage[ShortCodeFile] = salvage(document, ShortCodeFile)
        self.problems = list(self._salvaged.problems)

    def report(self, path: ValuePath, message: str, *, key: bool = False) -> None:
        self.problems.append(self._document.problem(path, message, key=key))

    def short_codes(self) -> list[tuple[ValuePath, str]]:
        """The short numbers the file is for, with their places."""
        model = self._salvaged.model
        if model is None:
            return []
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

    def commands(self) -> tuple[Command, ...]:
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
            command, problems = self._deeds.compile(written, shape, path, line)
            self.problems += problems
            compiled.append(command)
        return (*compiled, self._otherwise())

    def _command_places(self) -> range:
        value = self._document.value
        written = value.get("commands") if isinstance(value, dict) else None
        return range(len(written) if isinstance(written, list) else 0)

    def _otherwise(self) -> Command:
        model = self._salvaged.model
        if model is not None and model.otherwise is not None:
            line, _ = self._document.mark(("otherwise",))
            command, problems = self._deeds.compile(model.otherwise, Anything(), ("otherwise",), line)
            self.problems += problems
            return command
        unknown = self._deeds.texts.get(UNKNOWN_COMMAND)
        return Command(Anything(), line=1, reply=Reply(unknown) if unknown is not None else None)

    def _check_reach(self, path: ValuePath, shape: Shape, earlier: list[Command]) -> None:
        """A command that an earlier one always beats is a mistake: nobody can ever reach it."""
        for key, what, part in parts_of(shape):
            by = next((command for command in earlier if covers(command.shape, part)), None)
            if by is not None:
                message = f"{what} is never reached: the command on line {by.line} takes it first"
                self.report((*path, key), message)
