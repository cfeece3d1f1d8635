"""Sequences of dialogues -> the text of session scripts, expecting what was seen.

Every sequence has been seen several times, at different dates: a text that was always the same is expected as
it is, one in which only numbers differ as a pattern, any other not at all.  A secret text is never written.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ussd_gateway.replay.explore.search import Path
from ussd_gateway.replay.explore.session import Told
from ussd_gateway.watch import SmsSent, StepTaken

MARK = "# Written by `ussd-gateway explore`: change the menu or the situation, then write it again."
_DIGITS = re.compile(r"\d+")
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_RESERVED = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


@dataclass(frozen=True, slots=True)
class Seen:
    """A path, what came of it, and what came of it at other dates."""

    path: Path
    first: Told
    again: Sequence[Told]


@dataclass(frozen=True, slots=True)
class Head:
    """All of a script but its steps."""

    name: str
    about: str
    tags: Sequence[str]
    msisdn: str
    phones: Mapping[str, str]
    setup: Sequence[Mapping[str, Any]]


def script_text(head: Head, sequence: Sequence[Seen], codes: Mapping[str, str]) -> str:
    """A whole file."""
    lines = [MARK, f"script: {_scalar(head.name)}"]
    if head.about:
        lines.append(f"about: {_scalar(head.about)}")
    lines.append(f"tags: {_flow(list(head.tags))}")
    lines.append(f"msisdn: {_scalar(head.msisdn)}")
    if head.phones:
        lines.append(f"phones: {_flow(head.phones)}")
    if head.setup:
        lines += ["setup:", *(f"  - {_step(step)}" for step in head.setup)]
    lines.append("steps:")
    for index, seen in enumerate(sequence):
        lines += [""] * bool(index) + [f"  - {_step(step)}" for step in _steps(seen, codes)]
    return "\n".join(lines) + "\n"


def _steps(seen: Seen, codes: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """The steps of one dialogue."""
    yield {"dial": seen.path.dialled}
    for index, step in enumerate(seen.first.steps):
        others = [told.steps[index] for told in seen.again if index < len(told.steps)]
        yield {"expect": _expected(step, others)}
        if index < len(seen.path.inputs):
            if step.screen in codes:
                yield {"expect_sms": {"regex": codes[step.screen]}}
            yield {"send": seen.path.inputs[index]}
    if seen.first.last.op == "ask":
        yield {"cancel": True}
    for index, message in enumerate(seen.first.messages):
        same = [told.messages[index] for told in seen.again if index < len(told.messages)]
        yield {"expect_sms": _expected_sms(message, same)}


def _expected(step: StepTaken, others: Sequence[StepTaken]) -> dict[str, Any]:
    body: dict[str, Any] = {"screen": step.screen, "op": step.op}
    if step.secret or any((each.screen, each.op) != (step.screen, step.op) for each in others):
        return body
    return body | _text([step.shown, *(each.shown for each in others)])


def _expected_sms(message: SmsSent, others: Sequence[SmsSent]) -> dict[str, Any]:
    body: dict[str, Any] = {"from": message.source}
    return body if message.secret else body | _text([message.text, *(each.text for each in others)])


def _text(texts: Sequence[str]) -> dict[str, Any]:
    """What to expect of a text that was seen so."""
    first = texts[0]
    if not first or "{{" in first:
        return {}
    if len(set(texts)) == 1:
        return {"text": first}
    if len({_DIGITS.sub("0", text) for text in texts}) > 1:
        return {}
    return {"regex": _pattern(texts)}


def _pattern(texts: Sequence[str]) -> str:
    """The numbers that differ may be any."""
    first = texts[0]
    pattern, at = "^", 0
    for found in zip(*(_DIGITS.finditer(text) for text in texts), strict=True):
        pattern += _literal(first[at : found[0].start()])
        pattern += found[0][0] if len({each[0] for each in found}) == 1 else r"\d+"
        at = found[0].end()
    return pattern + _literal(first[at:]) + "$"


def _literal(text: str) -> str:
    """A text in a regular expression, escaped no more than it must be."""
    return _SPECIAL.sub(r"\\\g<0>", text)


# ---------------------------------------------------------------- YAML


def _step(step: Mapping[str, Any]) -> str:
    ((verb, body),) = step.items()
    return f"{verb}: {_flow(body)}"


def _flow(value: Any) -> str:
    """A value as YAML in one line; keys are bare, texts quoted where they must be."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return json.dumps(value, ensure_ascii=False)
