"""What `{{ name }}` stands for while a script runs, and what of it no report may show.

phones, data row, `variables` --begin--> Variables --filled(step)--> a body without open places
                                             ^ captures, `set`
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from ussd_gateway.documents import did_you_mean
from ussd_gateway.errors import GatewayError
from ussd_gateway.msisdn import Msisdn
from ussd_gateway.replay.fields import REFERENCE
from ussd_gateway.replay.script import Body, BranchFile, Script, Step, StepFile

MASK = "***"

_SECRET_WORDS = ("password", "pin", "code", "secret")
_DIALLED = re.compile(r"[*#][0-9*#]*#", re.ASCII)
_SHORT = 4
"""Secrets of fewer characters are hidden only where they stand alone: not each 1 of every number."""


class VariableError(GatewayError):
    """A variable is not known, or with its value a step makes no sense; the message holds no value."""


class Secrets:
    """Values that must not be shown.  A name with `password`, `pin`, `code` or `secret` in it tells one."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(names)
        self._values: dict[str, re.Pattern[str]] = {}
        self._texts: dict[str, tuple[re.Pattern[str], str]] = {}

    def is_secret(self, name: str) -> bool:
        """Whether a variable of this name holds a secret."""
        return name in self._names or any(word in name.lower() for word in _SECRET_WORDS)

    def learn(self, name: str, value: str) -> None:
        """Remember the value of a variable, if it is a secret.  What is dialled, `*105#`, is none."""
        if value.strip() and self.is_secret(name) and (name in self._names or not _DIALLED.fullmatch(value)):
            self._values.setdefault(value, _pattern(value))

    def learn_text(self, text: str, told: str) -> None:
        """Remember a whole text with a secret somewhere in it, and what may be told of it."""
        for each in (text, self.mask(text)):  # as it was reported before, too
            self._texts.setdefault(each, (re.compile(rf"(?<!\w){re.escape(each)}(?!\w)"), told))

    def mask(self, text: str) -> str:
        """The text with `***` for each secret, digits pressed with blanks between them too."""
        for pattern, told in self._texts.values():
            text = pattern.sub(lambda _, told=told: told, text)  # type: ignore[misc]
        if not self._values:
            return text
        spans = sorted(match.span() for each in self._values.values() for match in each.finditer(text))
        shown, at = [], 0
        for start, end in spans:
            if start >= at:
                shown += [text[at:start], MASK]
            at = max(at, end)
        return "".join([*shown, text[at:]])


class Variables:
    """Names and their values.  A layer inside another one sees what is outside."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self._own: dict[str, str] = {}
        self._outer: Variables | None = None
        self._keeps = False

    def get(self, name: str) -> str | None:
        """The value, or None."""
        layer: Variables | None = self
        while layer is not None:
            if name in layer._own:
                return layer._own[name]
            layer = layer._outer
        return None

    def set(self, name: str, value: str) -> None:
        """Give a variable a value: in the layer that has it, else in the outermost one."""
        self.secrets.learn(name, value)
        layer = self
        while layer._outer is not None and not layer._keeps and name not in layer._own:
            layer = layer._outer
        layer._own[name] = value

    def capture(self, match: re.Match[str]) -> None:
        """Named groups become variables; one that took no part in the match becomes empty."""
        for name, value in match.groupdict(default="").items():
            self.set(name, value)

    def within(self, values: Mapping[str, str]) -> "Variables":
        """A layer for an included script: these values are its own, what else it sets stays afterwards."""
        layer = Variables(self.secrets)
        layer._outer = self
        for name, value in values.items():
            self.secrets.learn(name, value)
            layer._own[name] = value
        return layer

    def branch(self) -> "Variables":
        """A layer for one phone of `parallel`: what it sets the others do not see; see `absorb`."""
        layer = self.within({})
        layer._keeps = True
        return layer

    def absorb(self, branch: "Variables") -> None:
        """Take over what a finished branch has set."""
        for name, value in branch._own.items():
            self.set(name, value)

    def names(self) -> frozenset[str]:
        """Every name that has a value."""
        return frozenset(self._own) | (self._outer.names() if self._outer is not None else frozenset())

    def fill(self, text: str, *, literal: bool = False) -> str:
        """The text with every `{{ name }}` replaced; `literal` for a regex, where values match as they are.

        Values are not looked into again.  Raises VariableError for an unknown name.
        """

        def value(match: re.Match[str]) -> str:
            name = match[1].strip()
            found = self.get(name)
            if found is None:
                raise VariableError(f"unknown variable `{name}`{did_you_mean(name, self.names())}")
            return re.escape(found) if literal else found

        return REFERENCE.sub(value, text)

    def filled(self, step: Step) -> Body:
        """The body of a step with nothing left open; VariableError."""
        if not step.uses:
            return step.body
        try:
            return type(step.body).model_validate(self._members(step.body))
        except ValidationError as error:
            detail = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, detail["loc"])) or step.verb
            message = f"{where}: {detail['msg'].removeprefix('Value error, ')}"
            raise VariableError(self.secrets.mask(message)) from None

    def _members(self, model: BaseModel) -> dict[str, Any]:
        members = {}
        for name in model.model_fields_set:
            field = type(model).model_fields.get(name)
            key = field.alias if field is not None and field.alias else name
            members[key] = self._value(getattr(model, name), literal=name == "regex")
        return members

    def _value(self, value: Any, *, literal: bool = False) -> Any:
        if isinstance(value, str):
            return self.fill(value, literal=literal)
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, BaseModel) and not isinstance(value, StepFile | BranchFile):
            return self._members(value)
        return value


def begin(script: Script, row: Mapping[str, str], secrets: Secrets) -> Variables:
    """The variables at the start of one run; VariableError.

    A data row goes before `variables`.  Names of phones and `msisdn`, the default phone, are numbers.
    """
    variables = Variables(secrets)
    for name, value in row.items():
        variables.set(name, value)
    for name, text in script.phones.items():
        variables.set(name, _number(script, variables.fill(text)))
    for name, text in script.variables.items():
        if name not in row:
            variables.set(name, variables.fill(text))
    variables.set("msisdn", number_of(script, variables, variables.get("msisdn") or script.msisdn))
    return variables


def number_of(script: Script, variables: Variables, phone: str | None) -> Msisdn:
    """The number of a phone: a name from `phones`, a number, or None for the default one; VariableError."""
    text = variables.fill("{{ msisdn }}" if phone is None else phone)
    if text in script.phones:
        text = variables.get(text) or ""
    return _number(script, text)


def shown(variables: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    """Values as a report may show them, those of secrets hidden altogether."""
    return {
        name: MASK if secrets.is_secret(name) and secrets.mask(value) != value else secrets.mask(value)
        for name, value in variables.items()
    }


def references(value: Any) -> Iterator[str]:
    """Names used anywhere in a value of a file, as they are written."""
    if isinstance(value, str):
        for match in REFERENCE.finditer(value):
            yield match[1].strip()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def _number(script: Script, text: str) -> Msisdn:
    number = script.plan.parse(text)
    if number is None:
        raise VariableError("neither a phone number nor a name from `phones`")
    return number


def _pattern(value: str) -> re.Pattern[str]:
    """Where a secret stands in a text."""
    if len(value) < _SHORT:
        return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
    if value.isdigit():
        return re.compile(r"\s?".join(map(re.escape, value)))
    return re.compile(re.escape(value))
