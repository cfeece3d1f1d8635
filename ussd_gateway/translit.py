"""Russian in Latin letters, for phones and pockets that Cyrillic does not suit.

One Cyrillic letter halves what a USSD string or an SMS holds (3GPP TS 23.038 §5: 80 instead of 182
characters, 70 instead of 160), so a subscriber may ask for texts in Latin letters.  The spelling is the
English one (BGN/PCGN 1947) without diacritics; every sign it makes is in the GSM 7-bit alphabet.
"""

import re

_ALPHABET = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_SPELLING = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch ' y ' e yu ya"
_LETTERS = dict(zip(_ALPHABET, _SPELLING.split(), strict=True))
_SIGNS = {
    "«": '"',
    "»": '"',
    "„": '"',
    "“": '"',
    "”": '"',
    "’": "'",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "№": "No.",
    "₽": "RUB",
    "\u00a0": " ",
}
_TABLE = str.maketrans(
    _LETTERS | {letter.upper(): latin.capitalize() for letter, latin in _LETTERS.items()} | _SIGNS
)
_CAPITALS = re.compile("[А-ЯЁ]{2,}")
"""A word in capitals stays one: `ЩИ` is `SHCHI`, not `ShchI`."""


def transliterate(text: str) -> str:
    """The text with every Cyrillic letter in Latin letters; what is not Russian stays as it is."""
    if text.isascii():
        return text
    return _CAPITALS.sub(lambda word: word[0].translate(_TABLE).upper(), text).translate(_TABLE)
