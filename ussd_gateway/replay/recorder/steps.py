"""Notes and their texts -> the steps of a script, in an order that does not depend on the network's haste."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ussd_gateway.replay.recorder.notes import Note
from ussd_gateway.replay.recorder.patterns import Regex, expected, sent
from ussd_gateway.replay.recorder.values import Named, Text
from ussd_gateway.smpp.constants import status_name

Body = str | bool | Mapping[str, Any]

PATIENCE_MS = 20_000
"""A message that takes longer gets a `within` of its own (the default is 30 s)."""
MARGIN_S = 15

_ASKING = frozenset({"dial", "send", "push", "timeout"})
"""What a screen follows."""


@dataclass(frozen=True, slots=True)
class Step:
    """A verb and what stands after it; `comments` are the lines above it."""

    verb: str
    body: Body
    comments: tuple[str, ...] = ()


def steps_of(notes: Sequence[Note], named: Named, *, loose: bool) -> list[Step]:
    """The steps that do again what was done, and expect what was seen."""
    writing = _Writing(loose)
    for note, text in _in_order(list(zip(notes, named.texts, strict=True))):
        writing.add(note, text)
    return writing.steps


def _in_order(pairs: Sequence[tuple[Note, Text]]) -> Iterator[tuple[Note, Text]]:
    """A message that overtook the screen of the same step comes behind it."""
    waiting: list[tuple[Note, Text]] = []
    asking = False
    for pair in pairs:
        kind = pair[0].kind
        if asking and kind == "message" and not pair[0].moved_ms:
            waiting.append(pair)
            continue
        if kind not in ("screen", "refusal"):
            yield from waiting
            waiting.clear()
        yield pair
        yield from waiting
        waiting.clear()
        asking = kind in _ASKING
    yield from waiting


@dataclass(slots=True)
class _Writing:
    """Writes step after step."""

    loose: bool
    steps: list[Step] = field(default_factory=list)
    acted_ms: int = 0
    """When the phone did something last, or time was moved."""
    seen_ms: int = 0
    remarks: list[str] = field(default_factory=list)

    def add(self, note: Note, text: Text) -> None:
        """The step, or the steps, of one note."""
        if note.kind == "timeout":
            self._wait(note, max(note.moved_ms, note.at_ms - self.seen_ms), "the dialogue times out")
        elif note.moved_ms:
            self._wait(note, note.moved_ms, "the clock is moved")
        self.seen_ms = note.at_ms
        if note.kind in ("screen", "voice", "message", "refusal"):
            self._seen(note, text)
        elif note.kind != "timeout":
            self.acted_ms = note.at_ms
            self._done(note, text)

    def _wait(self, note: Note, for_ms: int, why: str) -> None:
        seconds = -(-for_ms // 1000) if note.kind == "timeout" else round(for_ms / 1000)
        self.acted_ms = note.at_ms
        self._say(note, why)
        self._step("wait", duration(seconds))

    # ------------------------------------------------------------ what the phone did

    def _done(self, note: Note, text: Text) -> None:
        words = sent(text)
        if note.kind == "dial":
            self._say(note, f"{words} is dialled")
            self._step("dial", words)
        elif note.kind == "send":
            self._step("send", words)
        elif note.kind == "cancel":
            self._step("cancel", True)
        elif note.kind == "sms":
            self._say(note, f"a message to {note.peer}")
            self._step("sms", {"to": note.peer, "text": words})
        elif note.kind == "call":
            self._say(note, f"a call to {words}")
            self._step("call", words)
        elif note.kind == "press":
            self._step("press", words)
        elif note.kind == "silence":
            self._step("press", {"silence": True})
        elif note.kind == "push":
            self._say(note, "the network asks" if note.op == "ask" else "the network tells something")
            self._step("push", {"text": words, "ask": True} if note.op == "ask" else words)
        else:
            self._say(note, words)

    # ------------------------------------------------------------ what it saw

    def _seen(self, note: Note, text: Text) -> None:
        if note.kind == "refusal":
            status = {"status": status_name(note.status)} if note.status else {"error": True}
            self._step("expect", status)
            return
        shown = expected(text, loose=self.loose, menu=note.op == "ask")
        body: dict[str, Any] = {}
        if note.kind == "message":
            body |= {"from": note.peer}
            if note.parts > 1:
                body |= {"parts": note.parts}
            if note.at_ms - self.acted_ms > PATIENCE_MS:
                body |= {"within": duration(-(-(note.at_ms - self.acted_ms) // 1000) + MARGIN_S)}
        elif note.kind == "voice":
            body |= {"state": note.op}
        else:
            body |= {"op": note.op} | ({"screen": note.screen} if note.screen else {})
        body |= {"regex" if isinstance(shown, Regex) else "text": shown}
        verb = {"message": "expect_sms", "voice": "expect_voice"}.get(note.kind, "expect")
        self._step(verb, body)

    # ------------------------------------------------------------ writing

    def _say(self, note: Note, what: str) -> None:
        moment = datetime.fromtimestamp(note.at_ms / 1000, UTC)
        self.remarks.append(f"{moment:%H:%M:%S} {what}")

    def _step(self, verb: str, body: Body) -> None:
        self.steps.append(Step(verb, body, tuple(self.remarks)))
        self.remarks.clear()


def duration(seconds: int) -> str:
    """`90061` -> `1d1h1m1s`, as the verbs read it."""
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"
