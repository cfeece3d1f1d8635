"""Which parts of a session's texts change from one replay to the next, and get names instead.

What the network made up (a password, a code, a number that is typed later) is captured where it first
shows; a secret the phone typed becomes a variable with something alike in place of its value.  So no secret
of the session is in the script, and wherever the same one stood stands the same name.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ussd_gateway import disguise
from ussd_gateway.disguise import Span
from ussd_gateway.replay.recorder.notes import DONE, SEEN, Note


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of a variable stands here."""

    name: str


@dataclass(frozen=True, slots=True)
class Capture:
    """Here stands what the network made up: it becomes this variable, and looks like `sample`."""

    name: str
    sample: str


Piece = str | Ref | Capture
Text = tuple[Piece, ...]
"""A text with places in it."""


@dataclass(slots=True)
class Named:
    """A session whose texts have places: `texts` beside its notes; `variables` with values to begin with.

    `secrets` are the names that do not say so themselves.  `present` is the variable whose value is the
    password that the account had at the beginning, if the session shows it.
    """

    texts: list[Text] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    present: str | None = None


_WORDS = (
    ("password", re.compile(r"парол|password|parol|passw", re.IGNORECASE)),
    ("pin", re.compile(r"пин\b|пин-|\bpin\b", re.IGNORECASE)),
    ("code", re.compile(r"\bкод|\bcode|\bkod|\bpuk", re.IGNORECASE)),
    ("card", re.compile(r"\bкарт|\bcard|\bkart", re.IGNORECASE)),
)
_TELLING = frozenset({"password", "pin", "code"})
"""Names that say themselves that they are secret (docs/scripts.md)."""
_PRESENT = re.compile(r"действующ|текущ|стар|present|current|\bold\b|tekushch|star", re.IGNORECASE)
_KEYWORD = re.compile(r"\s*(?:pas|pass|passw\w*|password|parol|пас|пар|парол\w*|pin|пин)\s+\S", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\w)[0-9]{4,}(?!\w)", re.ASCII)
_PHONE = re.compile(r"[78]?9[0-9]{9}", re.ASCII)
_CARD_DIGITS = 13
_WORTH_A_NAME = 4
"""Shorter values stand in other texts by chance."""
_PLACES: dict[str, Callable[[str], list[Span]]] = {
    "dial": disguise.dialled,
    "send": disguise.typed,
    "sms": disguise.sms,
    "press": disguise.pressed,
}


def named(notes: Sequence[Note]) -> Named:
    """The texts of a session with places in them; a text that has none is one plain piece."""
    return _Naming(notes).named


def alike(secret: str, number: int) -> str:
    """What stands for the `number`th secret: of its shape, and without anything of it."""
    dice = hashlib.shake_128(f"secret {number}".encode()).digest(len(secret))
    return disguise.likeness(secret, dice)


class _Naming:
    """Goes through the notes once, knowing what was said so far and what will be typed later."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self.named = Named()
        self._names: dict[str, str] = {}
        """Value -> name."""
        self._prompt = ""
        self._typed_at: dict[str, int] = {}
        for index, note in enumerate(notes):
            if note.kind in DONE:
                for match in _NUMBER.finditer(note.text):
                    self._typed_at[match[0]] = index
        for index, note in enumerate(notes):
            if note.kind in DONE:
                self.named.texts.append(self._sent(note))
            elif note.kind in (*SEEN, "push"):
                self.named.texts.append(self._shown(note, index))
                self._prompt = note.text if note.kind in ("screen", "voice") else self._prompt
            else:
                self.named.texts.append((note.text,) if note.text else ())

    # ------------------------------------------------------------ what the phone sent

    def _sent(self, note: Note) -> Text:
        places = dict[Span, Piece]()
        if note.secret or (note.secret is None and self._looks_secret(note)):
            for start, end in _PLACES[note.kind](note.text):
                places[start, end] = self._typed(note, note.text[start:end])
        return _with_places(note.text, places | self._known(note.text, places))

    def _looks_secret(self, note: Note) -> bool:
        """A rule of thumb for a gateway that tells nothing but screens."""
        if note.kind == "sms":
            return _KEYWORD.match(note.text) is not None
        if note.kind == "dial" or re.search(rf"(?m)^\s*{re.escape(note.text)}\b", self._prompt):
            return False  # a choice of the menu
        # Only a card is known by its prompt and its length: a prompt of a menu may speak of cards, too.
        name = _word_for(self._prompt)
        return name in _TELLING or (name == "card" and len(note.text) >= _CARD_DIGITS)

    def _typed(self, note: Note, secret: str) -> Ref:
        name = self._names.get(secret)
        if name is None:
            said = note.text.removesuffix(secret) if note.kind == "sms" else self._prompt
            fallback = "password" if note.kind == "sms" else "secret"
            name = self._name(secret, _word_for(said) or fallback, secret=True)
            self.named.variables[name] = self._another(secret)
            if note.kind != "sms" and self.named.present is None and _asks_for_present(self._prompt):
                self.named.present = name
        return Ref(name)

    def _another(self, secret: str) -> str:
        """A value that no variable has yet."""
        number = len(self.named.variables) + 1
        while (value := alike(secret, number)) in self.named.variables.values():
            number += 100
        return value

    # ------------------------------------------------------------ what the network said

    def _shown(self, note: Note, index: int) -> Text:
        text, places = note.text, dict[Span, Piece]()
        hint = _word_for(text)
        if note.secret or (note.secret is None and hint in _TELLING and note.kind != "push"):
            for start, end in disguise.shown(text):
                places[start, end] = self._made_up(text[start:end], hint or "secret", secret=True)
        for match in _NUMBER.finditer(text):
            typed_later = self._typed_at.get(match[0], -1) > index and not _PHONE.fullmatch(match[0])
            if typed_later and match.span() not in places and note.kind != "push" and _alone(text, match):
                places[match.span()] = self._made_up(match[0], "number", secret=False)
        return _with_places(text, places | self._known(text, places))

    def _made_up(self, value: str, name: str, *, secret: bool) -> Piece:
        known = self._names.get(value)
        return Ref(known) if known else Capture(self._name(value, name, secret=secret), value)

    # ------------------------------------------------------------ names

    def _known(self, text: str, places: dict[Span, Piece]) -> dict[Span, Piece]:
        """Where values that have names already stand in a text."""
        taken = {place for start, end in places for place in range(start, end)}
        found = dict[Span, Piece]()
        for value, name in self._names.items():
            if len(value) < _WORTH_A_NAME:
                continue
            for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text):
                if taken.isdisjoint(range(*match.span())) and not _in_sum(text, match):
                    found[match.span()] = Ref(name)
                    taken.update(range(*match.span()))
        return found

    def _name(self, value: str, word: str, *, secret: bool) -> str:
        taken = set(self._names.values())
        name = next(
            name
            for number in range(1, len(taken) + 2)
            if (name := word if number == 1 else f"{word}_{number}") not in taken
        )
        self._names[value] = name
        if secret and word not in (*_TELLING, "secret"):
            self.named.secrets.append(name)
        return name


def _word_for(text: str) -> str | None:
    """What a text is about: `password`, `pin`, `code`, `card`."""
    return next((name for name, words in _WORDS if words.search(text)), None)


def _asks_for_present(prompt: str) -> bool:
    return _word_for(prompt) == "password" and _PRESENT.search(prompt) is not None


def _alone(text: str, match: re.Match[str]) -> bool:
    """Not a part of a sum, a date or a service code."""
    return not _in_sum(text, match) and text[max(0, match.start() - 1) : match.start()] != "*"


def _in_sum(text: str, match: re.Match[str]) -> bool:
    """A part of a sum, a date or a time."""
    before, behind = text[max(0, match.start() - 2) : match.start()], text[match.end() : match.end() + 2]
    return bool(re.fullmatch(r"[0-9][.,:]", before) or re.fullmatch(r"[.,:][0-9]", behind))


def _with_places(text: str, places: dict[Span, Piece]) -> Text:
    pieces: list[Piece] = []
    at = 0
    for (start, end), piece in sorted(places.items(), key=lambda place: place[0]):
        pieces += [text[at:start], piece]
        at = end
    pieces.append(text[at:])
    return tuple(piece for piece in pieces if piece != "")
