"""What commands print: screens and messages in boxes, events as JSON lines, complaints on standard error."""

import json
import re
import sys
import textwrap
import unicodedata
from collections.abc import Mapping

from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived, Voice, as_json

MIN_WIDTH = 28
SPEECH_WIDTH = 72

# Everything but a line feed that would move a terminal's cursor, colour it or turn its direction.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

_FEET = {"ask": "answer?", "end": "", "notify": "notice"}
_VOICE_FEET = {"prompt": "key?", "end": "hangs up"}


def complain(text: str) -> None:
    """A line for the person at the terminal, on standard error."""
    print(f"ussd-gateway: {printable(text)}", file=sys.stderr)


def note(text: str) -> None:
    """An aside that is no event and no error, on standard error."""
    print(printable(text), file=sys.stderr)


def say(event: Event, *, as_lines: bool) -> None:
    """Print an event: a JSON line, or a box; a failure without JSON goes to standard error."""
    if as_lines:
        say_json(as_json(event))
    elif isinstance(event, Screen):
        print(box(event.service_code, event.text, _FEET[event.op]), flush=True)
    elif isinstance(event, Voice):
        print(box("", _wrapped(event.text), _VOICE_FEET[event.state]), flush=True)
    elif isinstance(event, SmsArrived):
        foot = f"{event.parts} parts" if event.parts > 1 else ""
        print(box(f"SMS from {event.source}", event.text, foot), flush=True)
    else:
        complain(describe(event))


def say_json(value: Mapping[str, object]) -> None:
    """One object, one line."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def describe(failure: Failure) -> str:
    """`refused: ESME_RINVSRCADR (0x0000000A)`, or the reason alone."""
    return failure.reason if failure.status is None else f"{failure.reason} (0x{failure.status:08X})"


def box(title: str, text: str, foot: str = "") -> str:
    """A text as a phone shows it, framed: `title` in the upper edge, `foot` in the lower."""
    title, foot = _shown(title).replace("\n", " "), _shown(foot).replace("\n", " ")
    lines = [_shown(line) for line in text.split("\n")] or [""]
    width = max([MIN_WIDTH, _cells(title) + 3, _cells(foot) + 3, *map(_cells, lines)])
    return "\n".join(
        [
            f"┌ {title} {'─' * (width - _cells(title))}┐" if title else f"┌{'─' * (width + 2)}┐",
            *(f"│ {line}{' ' * (width - _cells(line))} │" for line in lines),
            f"└{'─' * (width - _cells(foot))} {foot} ┘" if foot else f"└{'─' * (width + 2)}┘",
        ]
    )


def printable(text: str) -> str:
    """The text with whatever could take over a terminal written out as an escape."""
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _wrapped(text: str) -> str:
    """Speech has no lines of its own: cut where a terminal would, but not between a choice and its key."""
    kept = text.replace(" - ", "\N{NO-BREAK SPACE}-\N{NO-BREAK SPACE}")
    lines = [textwrap.fill(line, SPEECH_WIDTH) for line in kept.split("\n")]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _shown(line: str) -> str:
    return printable(line.rstrip("\r").replace("\t", "    "))


def _cells(text: str) -> int:
    """Columns of a terminal: East Asian wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def table(rows: Mapping[str, object]) -> str:
    """Names and values in two columns."""
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {printable(str(value))}" for name, value in rows.items())
