"""Texts with something alike in place of every secret: what recordings are made of.

A recording needs no password, but it must know that two of them are the same, and that one had six digits.
So a secret is replaced by characters of the same kinds, the same secret always by the same ones.

    846131      ->  250974
    Secret77    ->  Kwmbzo31
    PAS Secret77 -> PAS Kwmbzo31

Where secrets lie in a text is a rule of thumb for each kind of text: `typed`, `sms`, `dialled`, `pressed`,
`shown`.  The rules find the same places in a text and in its likeness.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable

Span = tuple[int, int]
"""Where a secret stands in a text: its first character and the one behind it."""
Places = Callable[[str], list[Span]]

SHORTEST = 3
"""Fewer characters than these are a choice or a way back."""
CARD = range(13, 20)
"""Digits of a bank card (ISO/IEC 7812-1)."""
CARD_SHOWN = 4
"""Its last digits are shown in the open anyway."""

_WORD = re.compile(r"\S+")
_KEYWORD = re.compile(r"[^\W\d_]{1,5}")
_SEGMENT = re.compile(r"(?<=[*#])[0-9]+(?=[*#])", re.ASCII)
_KEYS = re.compile(r"[0-9]+", re.ASCII)
_TOKEN = re.compile(r"(?<!\w)(?=[A-Za-z]*[0-9])[0-9A-Za-z]{4,}(?!\w)")
_BEFORE_PART = re.compile(r"[0-9][.,:]$", re.ASCII)
_BEHIND_PART = re.compile(r"[.,:][0-9]|\s?(?:RUB|руб|р\b)")
_CODE_BEGINS = re.compile(r"(?:^|[^0-9*#])[*#]{1,3}$", re.ASCII)
_PHONE = re.compile(r"[78]?9[0-9]{9}", re.ASCII)


def typed(text: str) -> list[Span]:
    """An answer that is a secret: every word of it."""
    return _worthwhile(text, _WORD.finditer(text))


def sms(text: str) -> list[Span]:
    """A message with a secret: every word but the keyword, which comes first; it may stand alone."""
    words = list(_WORD.finditer(text))
    keyword = len(words) > 1 or (len(words) == 1 and _KEYWORD.fullmatch(words[0][0]))
    return _worthwhile(text, words[1:] if keyword else words)


def dialled(text: str) -> list[Span]:
    """A USSD string with a secret: every part behind the service code."""
    return _worthwhile(text, list(_SEGMENT.finditer(text))[1:])


def pressed(text: str) -> list[Span]:
    """Keys of a call: all digits in a row."""
    return _worthwhile(text, _KEYS.finditer(text))


def shown(text: str) -> list[Span]:
    """A screen or message that shows a secret: words with digits that are no sum, date, time, code or phone
    number; a phone number all the same when there is nothing else."""
    found = [match.span() for match in _TOKEN.finditer(text) if _may_be_secret(text, *match.span())]
    return [(start, end) for start, end in found if not _PHONE.fullmatch(text[start:end])] or found


def replaced(text: str, spans: Iterable[Span], by: Callable[[str], str]) -> str:
    """The text with something else in these places."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], by(text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])


def likeness(secret: str, dice: bytes) -> str:
    """Characters of the same kinds, drawn with one octet each; never the secret itself, if it has letters of
    Latin or Russian or digits."""
    alike = _drawn(secret, dice)
    if alike == secret:
        alike = _drawn(secret, bytes((octet + 1) % 256 for octet in dice))
    return alike


def _drawn(secret: str, dice: bytes) -> str:
    alike = "".join(map(_alike, secret, dice))
    if len(secret) in CARD and secret.isascii() and secret.isdigit() and _check_sum(secret) % 10 == 0:
        alike = _card(secret[0] + alike[1:-CARD_SHOWN] + secret[-CARD_SHOWN:])
    elif alike[:1].isdigit():
        alike = "123456"[int(alike[0]) % 6] + alike[1:]  # it looks like no phone number
    return alike


class Disguise:
    """Likenesses that only this process can tell apart from others: drawn with a key."""

    def __init__(self, key: bytes) -> None:
        """`key`: at least 16 octets nobody else knows."""
        self._key = key

    def over(self, text: str, places: Places) -> str:
        """The text with a likeness of every secret in it."""
        return replaced(text, places(text), self._likeness)

    def _likeness(self, secret: str) -> str:
        seed = hmac.digest(self._key, secret.encode(), "sha256")
        return likeness(secret, hashlib.shake_128(seed).digest(len(secret)))


def _worthwhile(text: str, matches: Iterable[re.Match[str]]) -> list[Span]:
    """`0000` and the like are what everybody begins with, and a choice is no secret."""
    return [
        match.span()
        for match in matches
        if len(match[0]) >= SHORTEST and not (match[0].isdigit() and len(set(match[0])) == 1)
    ]


def _may_be_secret(text: str, start: int, end: int) -> bool:
    before = text[:start]
    return not (
        _BEFORE_PART.search(before) or _BEHIND_PART.match(text, end) or _CODE_BEGINS.search(before[-4:])
    )


def _alike(character: str, octet: int) -> str:
    for first, last in ("09", "az", "AZ", "ая", "АЯ"):
        if first <= character <= last:
            return chr(ord(first) + octet % (ord(last) - ord(first) + 1))
    return character


def _card(digits: str) -> str:
    """The second digit made so that the check digit is right (ISO/IEC 7812-1 annex B)."""
    return next(
        card for digit in "0123456789" if _check_sum(card := digits[0] + digit + digits[2:]) % 10 == 0
    )


def _check_sum(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total
