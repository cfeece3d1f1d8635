"""Secrets that a failed step has shown and not captured: what of a text must not be told then.

A regex whose named groups are secrets did not match, or was not the only expectation, or was never reached:
no variable has the secret, so its value is not known, and the text with it would stand in the reports.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ussd_gateway.replay.bodies import Account, Body, ChangePassword, Login, Perform
from ussd_gateway.replay.fields import REFERENCE, compiled
from ussd_gateway.replay.script import Include, Set, Step
from ussd_gateway.replay.variables import MASK, Secrets, VariableError

_WORD = re.compile(r"\w{4,}|\w*\d\w*")
"""What may be a secret: four letters or digits in a row, and whatever has a digit."""

_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]|.", re.DOTALL)
"""What a regex is written with, as far as its brackets are concerned: escapes, sets, brackets, the rest."""


def hide(secrets: Secrets, regex: str | None, seen: str) -> None:
    """Keep secret what the secret groups of a regex have found in a text, or what of it they may have meant.

    When it does not match, whatever has a digit may be the secret, and every word that such a group would
    have taken; but for those that stand in the regex.
    """
    if regex is None:
        return
    pattern = compiled(regex)
    names = [name for name in pattern.groupindex if secrets.is_secret(name)]
    if not names:
        return
    found = pattern.search(seen)
    if found is None:
        secrets.learn_text(seen, _disguised(seen, regex, [_inside(regex, name) for name in names]))
        return
    for name in names:
        secrets.learn(name, found[name] or "")


def hide_unreached(
    secrets: Secrets, steps: Iterable[Step], fill: Callable[[str], str], texts: Sequence[str]
) -> None:
    """Keep secret what the secret groups of these steps would have found in the texts that were seen."""
    for regex in _regexes(steps):
        try:
            pattern = compiled(fill(regex))
        except (VariableError, re.error):
            continue
        names = [name for name in pattern.groupindex if secrets.is_secret(name)]
        for text in texts if names else ():
            for found in pattern.finditer(text):
                for name in names:
                    secrets.learn(name, found[name] or "")


def reveals(step: Step, secrets: Secrets) -> bool:
    """Whether a step may make a secret of a value that has been shown before it."""
    body = step.body
    if any(_names_of_secrets(regex, secrets) for regex in _regexes([step])):
        return True
    if any(secrets.is_secret(name) and not _is_known(value, secrets) for name, value in _given(body)):
        return True
    inside = [*step.steps, *(each for branch in step.branches for each in branch.steps)]
    return any(reveals(each, secrets) for each in inside)


def _given(body: Body) -> Iterator[tuple[str, object]]:
    """What a step gives under the name of a secret."""
    if isinstance(body, Set | Account | Perform):
        yield from body.values.items()
    elif isinstance(body, Include):
        yield from body.with_.items()
    elif isinstance(body, Login):
        yield from (("password", body.password), ("code", body.code))
    elif isinstance(body, ChangePassword):
        yield from (("password", each) for each in (body.old, body.new, body.repeat))


def _is_known(value: object, secrets: Secrets) -> bool:
    """Whether it is the value of a variable that is secret itself, or none."""
    reference = REFERENCE.fullmatch(str(value))
    return value is None or (reference is not None and secrets.is_secret(reference[1].strip()))


def _names_of_secrets(regex: str, secrets: Secrets) -> list[str]:
    return [name for name in compiled(REFERENCE.sub("x", regex)).groupindex if secrets.is_secret(name)]


def _regexes(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        regex = getattr(step.body, "regex", None)
        if isinstance(regex, str):
            yield regex
        yield from _regexes(step.steps)
        for branch in step.branches:
            yield from _regexes(branch.steps)


def _disguised(seen: str, regex: str, groups: Sequence[str]) -> str:
    """The text without the words that one of these groups may have meant, and those with a digit.

    Words that the script itself writes down are no secrets.
    """
    known = frozenset(re.findall(r"[^\W\d_]{4,}", regex))
    meant = [re.compile(group) for group in groups]

    def told(word: re.Match[str]) -> str:
        if word[0] in known:
            return word[0]
        suspect = any(character.isdigit() for character in word[0])
        return MASK if suspect or any(group.search(word[0]) for group in meant) else word[0]

    return _WORD.sub(told, seen)


def _inside(regex: str, name: str) -> str:
    """What stands between the brackets of a named group; everything, where that does not stand alone."""
    start = regex.index(f"(?P<{name}>") + len(f"(?P<{name}>")
    depth = 1
    for part in _PART.finditer(regex, start):
        depth += (part[0] == "(") - (part[0] == ")")
        if not depth:
            inside = regex[start : part.start()]
            try:
                re.compile(inside)
            except re.error:  # it refers to another group
                return ""
            return inside
    return ""
