"""YAML files read safely: the first step of every menu, SMS command file, catalogue and configuration.

    bytes --parse events, capped--> plain values + place of each --pydantic--> a file model

The files are written by people who are no programmers and may come from strangers, so the reader walks
parser events (never a recursive composer) and caps size, depth and nodes before anything is built.
Anchors, aliases, merge keys, tags and several documents are refused; so are duplicate keys.

Scalars are YAML 1.2 core and lossless: a plain scalar becomes a number only when writing the number back
gives the same characters.  `no`, `0123`, `12:30`, `1.50`, `+7926` and `*105#` stay text; keys always do.
Every mistake is reported as file:line:column, all of a file at once.
"""

import difflib
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ussd_gateway.errors import ConfigError, Problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_PROBLEMS = 50

ValuePath = tuple[str | int, ...]
"""Where a value sits: `("screens", "root", "choices", "1")`; list items by index."""

Mark = tuple[int, int]
"""Line and column, from 1."""

ModelT = TypeVar("ModelT", bound=BaseModel)

# libyaml where the wheel brings it (17 times faster on a 33 KB menu); both parsers are iterative.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
_FLOAT = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}", re.ASCII)
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class FileModel(BaseModel):
    """Base of every file model: unknown keys are mistakes, numbers are text where text is wanted."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, use_attribute_docstrings=True
    )


class Document:
    """One file's value (dict, list, str, int, float, bool, None) and the place of each part of it."""

    def __init__(
        self, file_name: str, value: Any, marks: dict[ValuePath, Mark], key_marks: dict[ValuePath, Mark]
    ) -> None:
        self.file_name = file_name
        self.value = value
        self._marks = marks
        self._key_marks = key_marks

    def mark(self, path: Sequence[str | int], *, key: bool = False) -> Mark:
        """Where the value at `path` begins (or its key); the nearest parent when there is no such value."""
        here = tuple(path)
        while here:
            mark = (self._key_marks.get(here) if key else None) or self._marks.get(here)
            if mark:
                return mark
            here = here[:-1]
        return self._marks.get((), (1, 1))

    def problem(self, path: Sequence[str | int], message: str, *, key: bool = False) -> Problem:
        """A problem at the value of `path` (or at its key)."""
        return Problem(self.file_name, *self.mark(path, key=key), message)


def read_yaml(
    source: str | bytes | Path, file_name: str | None = None, *, collect: list[Problem] | None = None
) -> Document:
    """Read one YAML document from a file, or from text already at hand.

    `file_name` is how problems name it; by default the path.  Raises ConfigError with every problem.
    With `collect`, mistakes that leave a readable value (duplicate keys, anchors, tags) go there instead,
    so that a checker can report them together with what it finds itself.
    """
    name = file_name or (str(source) if isinstance(source, Path) else "<text>")
    reader = _Reader(name)
    readable = False
    try:
        reader.read(_load(source, name))
        readable = True
    except _Stop:
        pass
    except yaml.YAMLError as error:
        reader.problems.append(_syntax_problem(error, name))
    if readable and collect is not None:
        collect += sorted(reader.problems)
    elif reader.problems:
        raise ConfigError(f"{name} cannot be read", problems=sorted(reader.problems))
    return Document(name, reader.value, reader.marks, reader.key_marks)


def validate(document: Document, model: type[ModelT]) -> ModelT:
    """The document as `model`; ConfigError with every mistake at its place."""
    salvaged = salvage(document, model)
    if salvaged.problems or salvaged.model is None:
        raise ConfigError(f"{document.file_name} is not valid", problems=salvaged.problems)
    return salvaged.model


@dataclass(frozen=True, slots=True)
class Salvage(Generic[ModelT]):
    """What could be saved of a document: `model` is None when too little is left.

    `dropped` are the places of known keys whose values had to be left out.
    """

    model: ModelT | None
    problems: list[Problem]
    dropped: frozenset[ValuePath]

    def damaged(self, path: Sequence[str | int]) -> bool:
        """Whether something at or under `path` was dropped, so that what is missing there proves nothing."""
        here = tuple(path)
        return any(dropped[: len(here)] == here for dropped in self.dropped)


def salvage(document: Document, model: type[ModelT]) -> Salvage[ModelT]:
    """As much of the document as is sound, for checkers that report all mistakes in one go."""
    problems: list[Problem] = []
    dropped: set[ValuePath] = set()
    value = document.value
    while True:
        try:
            return Salvage(model.model_validate(value), problems, frozenset(dropped))
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
        # What fails only after something was dropped is a consequence, not another mistake.
        if not problems:
            problems = sorted({_model_problem(document, model, detail) for detail in details})
        wrong = {_locate(value, detail["loc"])[0]: detail["type"] for detail in details}
        if () in wrong:
            return Salvage(None, problems, frozenset({()}))
        dropped.update(path for path, kind in wrong.items() if kind != "extra_forbidden")
        value = _without(value, wrong)


# ---------------------------------------------------------------- events -> values


class _Stop(Exception):
    """Reading cannot go on; the reason is already among the problems."""


class _Reader:
    """Builds plain values from parser events with a stack of its own: no recursion, caps in the loop."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.value: Any = None
        self.problems: list[Problem] = []
        self.marks: dict[ValuePath, Mark] = {}
        self.key_marks: dict[ValuePath, Mark] = {}
        self._open: list[dict[str, Any] | list[Any]] = []
        self._paths: list[ValuePath] = [()]
        self._key: str | None = None
        self._documents = 0

    def read(self, text: str) -> None:
        nodes = 0
        for event in yaml.parse(text, Loader=_PARSER):
            if isinstance(event, yaml.NodeEvent):
                nodes += 1
                if nodes > MAX_NODES:
                    self._stop(event, f"too many values (more than {MAX_NODES})")
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
                self._paths.pop()
                self._key = None
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self._stop(event, "only one document per file")

    def _node(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._stop(event, f"aliases (*{event.anchor}) are not allowed; text with a star needs quotes")
        if event.anchor:
            self._complain(event, f"anchors (&{event.anchor}) are not allowed")
        if getattr(event, "tag", None):
            self._complain(event, f"tags ({event.tag}) are not allowed")
        if self._open and isinstance(self._open[-1], dict) and self._key is None:
            self._begin_entry(event)
        else:
            self._attach(event)

    def _begin_entry(self, event: Any) -> None:
        """The event is a key of the mapping on top of the stack."""
        if not isinstance(event, yaml.ScalarEvent):
            self._stop(event, "a key must be plain text; a text with braces or brackets needs quotes")
        key: str = event.value
        path = (*self._paths[-1], key)
        if event.implicit[0] and key == "<<":
            self._complain(event, "merge keys (<<) are not allowed")
        if path in self.key_marks:
            self._complain(event, f"duplicate key `{key}`, first on line {self.key_marks[path][0]}")
            self._forget(path)
        self.key_marks[path] = _mark(event)
        self._key = key

    def _forget(self, path: ValuePath) -> None:
        """Drop the marks of a value that is written a second time: the second one counts from here on."""
        for marks in (self.marks, self.key_marks):
            for old in [each for each in marks if each[: len(path)] == path]:
                del marks[old]

    def _attach(self, event: Any) -> None:
        """The event is (or opens) a value: an entry of a mapping, an item of a list, or the whole."""
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event.value) if event.implicit[0] else event.value
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        parent = self._open[-1] if self._open else None
        path = self._paths[-1]
        if isinstance(parent, dict):
            assert self._key is not None
            path = (*path, self._key)
            parent[self._key] = value
            self._key = None
        elif isinstance(parent, list):
            path = (*path, len(parent))
            parent.append(value)
        else:
            self.value = value
        self.marks[path] = _mark(event)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= MAX_DEPTH:
                self._stop(event, f"nested too deeply (more than {MAX_DEPTH} levels)")
            self._open.append(value)
            self._paths.append(path if parent is not None else ())

    def _complain(self, event: Any, message: str) -> None:
        self.problems.append(Problem(self.file_name, *_mark(event), message))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Stop

    def _stop(self, event: Any, message: str) -> None:
        self._complain(event, message)
        raise _Stop


def _load(source: str | bytes | Path, name: str) -> str:
    """The text, once it is known to be of bearable size and UTF-8."""
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                source = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise _at_start(name, f"cannot be opened: {error.strerror or error}") from error
    if len(source) > MAX_BYTES:
        raise _at_start(name, f"larger than {MAX_BYTES} bytes")
    if isinstance(source, str):
        if not source.isascii() and any("\ud800" <= character <= "\udfff" for character in source):
            raise _at_start(name, "half a surrogate pair is not text")
        return source
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        column = error.start - source.rfind(b"\n", 0, error.start)
        problem = Problem(name, line, column, "not UTF-8 text")
        raise ConfigError(f"{name} cannot be read", problems=[problem]) from error


def _at_start(name: str, message: str) -> ConfigError:
    return ConfigError(f"{name} cannot be read", problems=[Problem(name, 1, 1, message)])


def _scalar(text: str) -> str | int | float | bool | None:
    """A plain scalar by the YAML 1.2 core schema, where nothing of its spelling would be lost."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and str(float(text)) == text:
        return float(text)
    return text


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _syntax_problem(error: yaml.YAMLError, name: str) -> Problem:
    if getattr(error, "context", None) == "while scanning an alias":
        star: Any = getattr(error, "context_mark", None)
        return Problem(name, star.line + 1, star.column + 1, "text that begins with a star needs quotes")
    mark: Any = getattr(error, "problem_mark", None)
    if mark is None:
        # A ReaderError: a character YAML forbids (for example NUL), told by its offset only.
        return Problem(name, 1, 1, f"not YAML: {getattr(error, 'reason', None) or error}")
    return Problem(name, mark.line + 1, mark.column + 1, f"not YAML: {getattr(error, 'problem', error)}")


# ---------------------------------------------------------------- pydantic errors -> places

_MESSAGES = {
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "dict_type": "expected a mapping (`key: value` lines)",
    "model_type": "expected a mapping (`key: value` lines)",
    "model_attributes_type": "expected a mapping (`key: value` lines)",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
}


def _model_problem(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    path, at_key = _locate(document.value, detail["loc"])
    kind, name = detail["type"], str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "extra_forbidden":
        known = _known_keys(model)
        if name in known:
            return document.problem(path, f"key `{name}` does not belong here", key=True)
        return document.problem(path, f"unknown key `{name}`{did_you_mean(name, known)}", key=True)
    if kind == "missing":
        return document.problem(path, f"missing key `{name}`", key=True)
    if kind in ("value_error", "assertion_error"):
        return document.problem(path, detail["msg"].split(", ", 1)[-1], key=at_key)
    if kind in ("literal_error", "enum"):
        expected = detail["ctx"]["expected"].replace("True", "true").replace("False", "false")
        return document.problem(path, f"expected {expected}", key=at_key)
    message = _MESSAGES.get(kind) or detail["msg"][:1].lower() + detail["msg"][1:]
    return document.problem(path, message, key=at_key)


def _locate(value: Any, loc: Sequence[str | int]) -> tuple[ValuePath, bool]:
    """The path of the deepest existing value on pydantic's `loc`, and whether its key is meant.

    Parts of `loc` that name no value are skipped: a missing key, or the tag of a union (`<...>`).
    """
    path: ValuePath = ()
    for part in loc:
        if part == "[key]":
            return path, True
        if isinstance(value, dict) and str(part) in value:
            path, value = (*path, str(part)), value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            path, value = (*path, part), value[part]
    return path, False


def _without(value: Any, dropped: Container[ValuePath], path: ValuePath = ()) -> Any:
    """A copy of `value` without the values at the given paths."""
    if isinstance(value, dict):
        return {
            key: _without(item, dropped, (*path, key))
            for key, item in value.items()
            if (*path, key) not in dropped
        }
    if isinstance(value, list):
        return [
            _without(item, dropped, (*path, index))
            for index, item in enumerate(value)
            if (*path, index) not in dropped
        ]
    return value


@cache
def _known_keys(model: type[BaseModel]) -> frozenset[str]:
    """Every key a file of this model may use somewhere."""
    return frozenset(_key_names(model.model_json_schema()))


def _key_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            yield from properties
        for item in schema.values():
            yield from _key_names(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _key_names(item)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean ...?)` when something close is known, otherwise nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""
