"""A step in one line, as a person would say it: `dial *105*00#`, `expect contains "30", op end`."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ussd_gateway.replay.script import Body, BranchFile, StepFile

MAX_CHARACTERS = 120


def summary(verb: str, body: Body) -> str:
    """Verb and members, in the order of the model; nothing is masked here."""
    words = []
    for name, value in _members(body):
        if name == body.SHORT and len(body.model_fields_set) == 1 and not body.WHOLE:
            words.append(f"{name} {_value(value)}" if name == "contains" else _value(value))
        elif value is True:
            words.append(name)
        elif not _holds_steps(value):
            words.append(f"{name} {_value(value)}")
    line = " ".join([verb, ", ".join(words)]).rstrip()
    return line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…"


def _members(body: BaseModel) -> list[tuple[str, Any]]:
    names = [name for name in type(body).model_fields if name in body.model_fields_set]
    names += [name for name in (body.model_extra or {}) if name not in names]
    members = [(name.rstrip("_"), getattr(body, name)) for name in names]
    return [(name, value) for name, value in members if name != "really"]


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value if _is_word(value) else f'"{" ".join(value.split())}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, BaseModel):
        return f"({', '.join(f'{name} {_value(each)}' for name, each in _members(value))})"
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name} {_value(each)}' for name, each in value.items())})"
    if isinstance(value, list | tuple):
        return " and ".join(map(_value, value))
    return str(value)


def _is_word(text: str) -> bool:
    return bool(text) and not any(character.isspace() or character in "\"'," for character in text)


def _holds_steps(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], StepFile | BranchFile)
