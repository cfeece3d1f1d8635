"""What commands print: screens and messages in boxes, events as JSON lines, complaints on standard error."""

import json
import sys
import textwrap
from collections.abc import Mapping

from ussd_gateway.phone.display import framed, printable
from ussd_gateway.phone.events import Event, Failure, Screen, SmsArrived, Voice, as_json

SPEECH_WIDTH = 72

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
    return "\n".join(framed(title, text, foot))


def _wrapped(text: str) -> str:
    """Speech has no lines of its own: cut where a terminal would, but not between a choice and its key."""
    kept = text.replace(" - ", "\N{NO-BREAK SPACE}-\N{NO-BREAK SPACE}")
    lines = [textwrap.fill(line, SPEECH_WIDTH) for line in kept.split("\n")]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def table(rows: Mapping[str, object]) -> str:
    """Names and values in two columns."""
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {printable(str(value))}" for name, value in rows.items())
