"""Events of a gateway (`GET /api/v1/events`) as notes.  Secrets are there by their likenesses only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ussd_gateway.replay.recorder.notes import Note

Event = Mapping[str, Any]

_REFUSED = frozenset({"no_service", "no_subscriber"})


class FromEvents:
    """Turns the events of one number into notes, one after another."""

    def __init__(self) -> None:
        self._keys = ""
        """Keys of an input that goes on."""

    def notes(self, event: Event, *, moved_ms: int = 0) -> list[Note]:
        """What an event means; `moved_ms`: how far the clock was moved before it."""
        at_ms = _at_ms(event)
        if event["event"] == "step":
            notes = self._call(event, at_ms) if event["channel"] == "voice" else _dialogue(event, at_ms)
        elif event["event"] == "sms_taken":
            text, secret = _sent(event)
            notes = [Note(at_ms, "sms", text, peer=event["to"], secret=secret)]
            if event["outcome"] in _REFUSED:
                notes.append(Note(at_ms, "refusal", event["outcome"]))
        elif event["event"] == "sms":
            text = event["text_like"] if event["secret"] else event["text"]
            peer, parts = event["from"], event["parts"]
            notes = [Note(at_ms, "message", text, peer=peer, parts=parts, secret=event["secret"])]
        else:
            notes = []
        if notes and moved_ms:
            notes[0] = replace(notes[0], moved_ms=moved_ms)
        return notes

    def _call(self, event: Event, at_ms: int) -> list[Note]:
        asked = event["asked"]
        if asked == "dial":
            self._keys = ""
            done = [Note(at_ms, "call", event["service_code"], secret=False)]
        elif asked == "answer":
            text, secret = _sent(event)
            self._keys += text
            if not event["op"]:
                return []
            done = [Note(at_ms, "press", self._keys, secret=secret)]
        elif asked == "silence":
            done = [*self._pressed(at_ms), Note(at_ms, "silence")]
        else:
            return [*self._pressed(at_ms), Note(at_ms, "cancel")]
        self._keys = ""
        return [*done, *_shown(event, at_ms, "voice")]

    def _pressed(self, at_ms: int) -> list[Note]:
        keys, self._keys = self._keys, ""
        return [Note(at_ms, "press", keys, secret=False)] if keys else []


def _dialogue(event: Event, at_ms: int) -> list[Note]:
    asked, shown = event["asked"], _shown(event, at_ms, "screen")
    if asked in ("dial", "answer"):
        text, secret = _sent(event)
        return [Note(at_ms, "dial" if asked == "dial" else "send", text, secret=secret), *shown]
    if asked == "hang_up":
        return [Note(at_ms, "cancel")]
    if asked == "timeout":
        return [Note(at_ms, "timeout"), *shown]
    if asked == "push":
        return [Note(at_ms, "push", each.text, op=each.op, secret=each.secret) for each in shown] + shown
    if asked == "lost":
        return [Note(at_ms, "remark", "the phone's side refused the screen")]
    return []


def _shown(event: Event, at_ms: int, kind: str) -> list[Note]:
    """The screen or prompt of a step, if the phone got one."""
    if not event["op"]:
        return []
    hidden = not event["shown"] and bool(event["shown_like"])
    text = event["shown_like"] if hidden else event["shown"]
    note = Note(at_ms, "screen", text, op=event["op"], screen=event["screen"], secret=hidden)
    if kind == "voice":
        return [replace(note, kind="voice", screen="")]
    # The name of a notification belongs to nobody's menu.
    return [replace(note, screen="") if event["op"] == "notify" or event["asked"] == "push" else note]


def _sent(event: Event) -> tuple[str, bool]:
    """What the phone sent, and whether that is the likeness of a secret."""
    hidden = not event["text"] and bool(event["text_like"])
    return (event["text_like"] if hidden else event["text"]), hidden


def _at_ms(event: Event) -> int:
    return round(datetime.fromisoformat(event["at"]).timestamp() * 1000)
