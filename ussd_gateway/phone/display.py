"""Texts as a terminal shows them: frames around them, lines cut to a width, nothing that moves the cursor."""

import re
import unicodedata

MIN_WIDTH = 28

# Everything but a line feed that would move a terminal's cursor, colour it or turn its direction.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def printable(text: str) -> str:
    """The text with whatever could take over a terminal written out as an escape."""
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def framed(
    title: str, text: str, foot: str = "", *, min_width: int = MIN_WIDTH, max_width: int | None = None
) -> list[str]:
    """The lines of a frame around a text: `title` in the upper edge, `foot` in the lower.

    The widths are of what is inside; longer lines are cut to `max_width`, by default none is.
    """
    title, foot = shown(title).replace("\n", " "), shown(foot).replace("\n", " ")
    lines = [shown(line) for line in text.split("\n")] or [""]
    if max_width is not None:
        lines = [piece for line in lines for piece in cut(line, max_width)]
    width = max([min_width, cells(title) + 3, cells(foot) + 3, *map(cells, lines)])
    return [
        f"┌ {title} {'─' * (width - cells(title))}┐" if title else f"┌{'─' * (width + 2)}┐",
        *(f"│ {line}{' ' * (width - cells(line))} │" for line in lines),
        f"└{'─' * (width - cells(foot))} {foot} ┘" if foot else f"└{'─' * (width + 2)}┘",
    ]


def shown(line: str) -> str:
    """A line without what a terminal would obey."""
    return printable(line.rstrip("\r").replace("\t", "    "))


def cut(line: str, width: int) -> list[str]:
    """Pieces of a line that fit, parted at blanks where there are any."""
    pieces = []
    while cells(line) > width:
        end = _fitting(line, width)
        blank = line.rfind(" ", 1, end + 1)
        at = blank if blank > 0 else end
        pieces.append(line[:at].rstrip())
        line = line[at:].lstrip() if blank > 0 else line[at:]
    return [*pieces, line]


def cells(text: str) -> int:
    """Columns of a terminal: East Asian wide characters take two, combining marks none."""
    return sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 1 + (unicodedata.east_asian_width(character) in "WF")


def _fitting(line: str, width: int) -> int:
    """How many characters of a line fit, at least one."""
    taken = 0
    for index, character in enumerate(line):
        taken += _cells_of(character)
        if taken > width:
            return max(index, 1)
    return len(line)
