"""What was expected against what was seen, line by line, as every report shows it.

    Difference -> DiffLine: `-` a line that was expected, `+` one that was seen, ` ` one that is the same

Within two lines that resemble each other the characters that differ are told apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ussd_gateway.replay.verdict import Difference

Sign = Literal["-", "+", " "]
Pieces = tuple[tuple[str, bool], ...]
"""Parts of a line; True for one that differs."""

ALIKE = 0.5
"""How much of two lines must be the same for their differing characters to be worth marking."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a difference."""

    sign: Sign
    pieces: Pieces

    @property
    def text(self) -> str:
        """The line without marks."""
        return "".join(text for text, _ in self.pieces)


def diff_lines(difference: Difference) -> list[DiffLine]:
    """The lines to show, in order.

    Texts are compared line by line.  Of what should be *in* a text, the text follows whole.
    """
    expected, actual = difference.expected.split("\n"), difference.actual.split("\n")
    if difference.what in ("contains", "not_contains", "regex"):
        return [*_plain("-", expected), *_plain("+", actual)]
    return list(_compared(expected, actual))


def diff_text(difference: Difference) -> str:
    """The same as plain text under the name of what differs."""
    lines = [f"{difference.what}:"]
    lines += [f"  {line.sign} {line.text}".rstrip() for line in diff_lines(difference)]
    return "\n".join(lines)


def _compared(expected: list[str], actual: list[str]) -> Iterator[DiffLine]:
    for kind, from_, to, other, other_to in SequenceMatcher(None, expected, actual, False).get_opcodes():
        if kind == "equal":
            yield from _plain(" ", expected[from_:to])
        elif to - from_ == other_to - other:
            pairs = list(zip(expected[from_:to], actual[other:other_to], strict=True))
            marked = [_marked(one, another) for one, another in pairs]
            yield from (DiffLine("-", pieces) for pieces, _ in marked)
            yield from (DiffLine("+", pieces) for _, pieces in marked)
        else:
            yield from _plain("-", expected[from_:to])
            yield from _plain("+", actual[other:other_to])


def _plain(sign: Sign, lines: list[str]) -> list[DiffLine]:
    return [DiffLine(sign, ((line, False),)) for line in lines]


def _marked(expected: str, actual: str) -> tuple[Pieces, Pieces]:
    """Two lines with the characters marked that only one of them has."""
    matcher = SequenceMatcher(None, expected, actual, False)
    if matcher.ratio() < ALIKE:
        return ((expected, False),), ((actual, False),)
    before, after = [], []
    for kind, from_, to, other, other_to in matcher.get_opcodes():
        if to > from_:
            before.append((expected[from_:to], kind != "equal"))
        if other_to > other:
            after.append((actual[other:other_to], kind != "equal"))
    return tuple(before), tuple(after)
