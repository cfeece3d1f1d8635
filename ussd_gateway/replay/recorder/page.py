"""A script as text: YAML that reads well, with everything quoted that could be taken for something else."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ussd_gateway.replay.recorder.patterns import Regex
from ussd_gateway.replay.recorder.steps import Step

WIDTH = 110

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*|([0-9]+[dhms])+", re.ASCII)
_NO_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def page(
    head: Sequence[str],
    members: Mapping[str, Any],
    notes: Mapping[str, str],
    setup: Sequence[Step],
    steps: Sequence[Step],
) -> str:
    """The file: comments at its head, members such as `script` and `variables`, setup and steps.

    `notes` are comments for members.
    """
    lines = [f"# {_comment(line)}" for line in head]
    for name, value in members.items():
        if name in notes:
            lines += ["", f"# {_comment(notes[name])}"]
        lines += _member(name, value, "")
    for name, part in (("setup", setup), ("steps", steps)):
        if part:
            lines += ["", f"{name}:"]
            for number, step in enumerate(part):
                if number and step.comments:
                    lines.append("")
                lines += _step(step)
    return "\n".join(lines) + "\n"


def _step(step: Step) -> Iterator[str]:
    for comment in step.comments:
        yield f"  # {_comment(comment)}"
    body = step.body
    if not isinstance(body, Mapping):
        yield f"  - {step.verb}: {scalar(body)}"
        return
    line = f"  - {step.verb}: {_flow(body)}"
    if len(line) <= WIDTH and not any("\n" in _plain(value) for value in body.values()):
        yield line
        return
    yield f"  - {step.verb}:"
    for name, value in body.items():
        yield from _member(name, value, "      ")


def _member(name: str, value: Any, indent: str) -> Iterator[str]:
    """A key and its value, a long one on lines of its own."""
    if isinstance(value, Mapping):
        line = f"{indent}{key(name)}: {_flow(value)}"
        if len(line) <= WIDTH and indent:
            yield line
            return
        yield f"{indent}{key(name)}:"
        for inner, each in value.items():
            yield from _member(inner, each, f"{indent}  ")
    elif isinstance(value, str | Regex) and _may_be_block(_plain(value)):
        yield f"{indent}{key(name)}: |-"
        for line in _plain(value).split("\n"):
            yield f"{indent}  {line}" if line else ""
    else:
        yield f"{indent}{key(name)}: {scalar(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key(name)}: {_flow(each)}' for name, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(value)


def key(name: str) -> str:
    """A key, quoted unless it is a plain word."""
    return name if _WORD.fullmatch(name) else quoted(name)


def scalar(value: Any) -> str:
    """One value on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple | Mapping):
        return _flow(value)
    if isinstance(value, Regex):
        single = value.pattern.isprintable() and "\n" not in value.pattern
        return "'" + value.pattern.replace("'", "''") + "'" if single else quoted(value.pattern)
    if _WORD.fullmatch(value) and value.lower() not in _NO_WORDS:
        return str(value)
    return quoted(value)


def quoted(text: str) -> str:
    """In double quotes, what cannot be seen as an escape (YAML 1.2 §5.7)."""
    return "".join(
        character if character.isprintable() or character == " " else _escape(character)
        for character in json.dumps(text, ensure_ascii=False)
    )


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _plain(value: Any) -> str:
    return value.pattern if isinstance(value, Regex) else str(value)


def _may_be_block(text: str) -> bool:
    """Several lines that a block shows as they are: nothing unseen, at the ends of lines neither."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and all(line.isprintable() and line == line.rstrip() for line in lines)
        and bool(lines[0])
        and not lines[0].startswith(" ")
        and bool(lines[-1])
    )


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
