"""The steps of a script file -> what is played: bodies made, names checked, included files read.

The shape of every step has been complained of already; here a step that does not fit is only passed over,
without taking its silence about a name for a mistake further down.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ussd_gateway.documents import Document, ValuePath, read_yaml, salvage
from ussd_gateway.errors import ConfigError
from ussd_gateway.replay.fields import REFERENCE, compiled, is_open
from ussd_gateway.replay.names import Names
from ussd_gateway.replay.script import (
    Account,
    Body,
    Branch,
    Header,
    Include,
    Inject,
    OfPhone,
    Parallel,
    Repeat,
    ScriptFile,
    Set,
    Step,
    StepFile,
)
from ussd_gateway.replay.variables import references
from ussd_gateway.replay.verdict import Place

MAX_INCLUDED = 20


def header_of(document: Document) -> Header:
    """What of a file's head is sound."""
    sound = {}
    for key in set(document.value) & set(Header.model_fields):
        try:
            Header.model_validate({key: document.value[key]})
        except ValidationError:
            continue
        sound[key] = document.value[key]
    return Header.model_validate(sound)


class StepReader:
    """Reads steps of one file; `files` are those that are open, the innermost last."""

    def __init__(self, document: Document, folder: Path, files: tuple[Path, ...], names: Names) -> None:
        self._document = document
        self._folder = folder
        self._files = files
        self._names = names

    def steps(self, raw: Any, path: ValuePath) -> tuple[Step, ...]:
        """The sound ones of a list of steps."""
        found = []
        for index, each in enumerate(raw if isinstance(raw, list) else []):
            step = self._step(each, (*path, index))
            if step is not None:
                found.append(step)
        return tuple(found)

    def _step(self, raw: Any, path: ValuePath) -> Step | None:
        try:
            read = StepFile.model_validate(raw)
        except ValidationError:
            self._pass_over(raw, path)
            return None
        ((verb, own),) = raw.items()
        path = (*path, verb)
        self._names.count_step(self._document, path)
        body = read.body
        self._names.check_references(self._document, path, _without_steps(body, own))
        self._check_phones(body, path)
        steps: tuple[Step, ...] = ()
        branches: tuple[Branch, ...] = ()
        if isinstance(body, Repeat):
            steps = self.steps(own["steps"], (*path, "steps"))
        elif isinstance(body, Parallel):
            branches = self._branches(own, path)
        elif isinstance(body, Include):
            body, steps = self._include(body, (*path, "file"))
        self._names.learn(_captured(body))
        places = {key: self._place((*path, key)) for key in own} if isinstance(own, dict) else {}
        uses = frozenset(references(body.model_dump(exclude={"steps", "branches"})))
        return Step(verb, body, self._place(path), steps, branches, uses, places)

    def _pass_over(self, raw: Any, path: ValuePath) -> None:
        """A step that does not fit: look into what it holds all the same."""
        if not isinstance(raw, dict):
            return
        for verb, own in raw.items():
            if verb == "repeat" and isinstance(own, dict):
                self.steps(own.get("steps"), (*path, verb, "steps"))
            elif verb == "parallel" and isinstance(own, list):
                for index, branch in enumerate(own):
                    if isinstance(branch, dict):
                        self.steps(branch.get("steps"), (*path, verb, index, "steps"))
            elif verb == "include":
                self._names.anything = True
            else:
                self._names.check_references(self._document, (*path, verb), own)
                self._names.learn(_perhaps_captured(own))

    def _check_phones(self, body: Body, path: ValuePath) -> None:
        if isinstance(body, OfPhone | Inject):
            self._names.check_phone(self._document, (*path, "phone"), body.phone)
        if isinstance(body, Account):
            self._names.check_phone(self._document, (*path, "msisdn"), body.msisdn)

    def _branches(self, own: Any, path: ValuePath) -> tuple[Branch, ...]:
        """Each branch knows what was known before; afterwards everything is."""
        if isinstance(own, dict):
            own, path = own["branches"], (*path, "branches")
        names, before = self._names, self._names.known
        after, branches = set(before), []
        for index, each in enumerate(own):
            here, phone = (*path, index), each.get("phone")
            phone = None if phone is None else str(phone)
            names.known = set(before)
            names.check_references(self._document, (*here, "phone"), phone)
            names.check_phone(self._document, (*here, "phone"), phone)
            steps = self.steps(each["steps"], (*here, "steps"))
            branches.append(Branch(phone, steps, self._place(here)))
            after |= names.known
        names.known = after
        return tuple(branches)

    # ------------------------------------------------------------ other files

    def _include(self, body: Include, path: ValuePath) -> tuple[Include, tuple[Step, ...]]:
        """The steps of the included file, and the step with the values all its variables begin with."""
        document = self._included(body, path)
        if document is None or not isinstance(document.value, dict):
            self._names.anything = True
            return body, ()
        header = header_of(document)
        given = body.model_copy(update={"with_": {**header.variables, **body.with_}})
        names, before = self._names, self._names.known
        names.known = before | set(body.with_)
        names.declare(document, header)
        names.learn(given.with_)
        target = self._folder / body.file
        reader = StepReader(document, target.parent, (*self._files, target.resolve()), names)
        steps = reader.steps(document.value.get("setup"), ("setup",))
        steps += reader.steps(document.value.get("steps"), ("steps",))
        names.known = before | (names.known - set(given.with_))
        return Include.model_validate(given.model_dump(by_alias=True, exclude_unset=True)), steps

    def _included(self, body: Include, path: ValuePath) -> Document | None:
        target = self._folder / body.file
        message = None
        if is_open(body.file):
            message = "the name of a file has no variables in it"
        elif not target.is_file():
            message = f"{target} is not a file"
        elif target.resolve() in self._files:
            chain = [*self._files[self._files.index(target.resolve()) :], target]
            message = f"a circle: {' -> '.join(each.name for each in chain)}"
        elif len(self._files) > MAX_INCLUDED:
            message = f"more than {MAX_INCLUDED} files inside each other"
        if message is not None:
            self._names.problems.append(self._document.problem(path, message))
            return None
        try:
            document = read_yaml(target, collect=self._names.problems)
        except ConfigError as error:
            self._names.problems += error.problems
            return None
        self._names.problems += salvage(document, ScriptFile).problems
        return document

    def _place(self, path: ValuePath) -> Place:
        return Place(self._document.file_name, *self._document.mark(path, key=True))


def _without_steps(body: Body, own: Any) -> Any:
    """What was written, but for the steps inside: they are looked at one by one."""
    if isinstance(body, Parallel):
        return None
    if isinstance(body, Repeat):
        return {key: value for key, value in own.items() if key != "steps"}
    return own


def _captured(body: Body) -> Iterator[str]:
    """Variables that have values once the step is done."""
    if isinstance(body, Set):
        yield from body.values
    regex = getattr(body, "regex", None)
    if isinstance(regex, str):
        yield from compiled(REFERENCE.sub("x", regex)).groupindex


def _perhaps_captured(own: Any) -> Iterator[str]:
    """The same of a step that does not fit: rather too many than too few."""
    if isinstance(own, dict):
        yield from (str(key) for key in own)
        regex = own.get("regex")
        for part in regex.split("(?P<")[1:] if isinstance(regex, str) else []:
            yield part.split(">", 1)[0]
