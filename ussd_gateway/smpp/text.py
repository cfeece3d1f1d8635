"""Texts <-> octets and data_coding, and what a carrier takes (SMPP 3.4 §5.2.19; 3GPP TS 23.038).

SMPP names an alphabet in data_coding; USSD links also pass the raw coding scheme of cell broadcast
(CBS, 23.038 §5), whose values from 0x0F up do not collide with SMPP's. Decoding never raises:
what cannot be read becomes U+FFFD.
"""

from enum import Enum

from ussd_gateway.smpp.constants import DataCoding
from ussd_gateway.smpp.gsm7 import ESCAPE, REPLACEMENT, decode_gsm7, encode_gsm7, is_gsm7, pack, unpack


class Alphabet(Enum):
    """How octets stand for characters; the value is the Python codec where there is one."""

    GSM7 = "gsm7"
    GSM7_PACKED = "gsm7 packed"
    IA5 = "ascii"
    LATIN1 = "latin-1"
    CYRILLIC = "iso8859-5"
    HEBREW = "iso8859-8"
    UCS2 = "utf-16-be"
    OCTETS = "octets"


Limits = dict[Alphabet, int]

# In septets, octets and UCS2 units (3GPP TS 24.080, 23.038, 23.040 §9.2.3.24).
USSD_LIMITS: Limits = {Alphabet.GSM7: 182, Alphabet.OCTETS: 160, Alphabet.UCS2: 80}
SMS_LIMITS: Limits = {Alphabet.GSM7: 160, Alphabet.OCTETS: 140, Alphabet.UCS2: 70}
SMS_PART_LIMITS: Limits = {Alphabet.GSM7: 153, Alphabet.OCTETS: 134, Alphabet.UCS2: 67}
SMS_PART_LIMITS_16_BIT: Limits = {Alphabet.GSM7: 152, Alphabet.OCTETS: 133, Alphabet.UCS2: 66}

_SMPP_ALPHABETS = {
    DataCoding.IA5: Alphabet.IA5,
    DataCoding.OCTETS: Alphabet.OCTETS,
    DataCoding.LATIN1: Alphabet.LATIN1,
    DataCoding.OCTETS_4: Alphabet.OCTETS,
    DataCoding.CYRILLIC: Alphabet.CYRILLIC,
    DataCoding.HEBREW: Alphabet.HEBREW,
    DataCoding.UCS2: Alphabet.UCS2,
}
_BY_ALPHABET_BITS = (Alphabet.GSM7, Alphabet.OCTETS, Alphabet.UCS2, Alphabet.GSM7)


def alphabet_of(
    data_coding: int, *, ussd: bool = False, default_alphabet: Alphabet = Alphabet.GSM7
) -> Alphabet:
    """The alphabet of an SMPP data_coding.

    0 is the centre's default alphabet, whatever the two sides agreed on. On a USSD link 0x0F and up are
    CBS codings. In SMS the groups of 23.038 §4 are read where SMPP reserves the value, so a flash
    message (0x18, 0xF0) keeps its text.
    """
    if data_coding == DataCoding.DEFAULT:
        return default_alphabet
    if data_coding < DataCoding.CBS_GSM7:
        return _SMPP_ALPHABETS.get(data_coding, Alphabet.OCTETS)
    if ussd:
        return cbs_alphabet(data_coding)
    if data_coding < 0x80:
        return _BY_ALPHABET_BITS[data_coding >> 2 & 3]
    if data_coding >= 0xF0:
        return Alphabet.OCTETS if data_coding & 0x04 else Alphabet.GSM7
    return Alphabet.UCS2 if data_coding >= 0xE0 else Alphabet.GSM7


def cbs_alphabet(coding_scheme: int) -> Alphabet:
    """The alphabet of a CBS data coding scheme, all 256 of them (23.038 §5); reserved ones are GSM7."""
    if coding_scheme == DataCoding.CBS_UCS2_LANGUAGE:
        return Alphabet.UCS2
    group = coding_scheme >> 4
    if group in (4, 5, 6, 7, 9):
        return _BY_ALPHABET_BITS[coding_scheme >> 2 & 3]
    if group == 0xF and coding_scheme & 0x04:
        return Alphabet.OCTETS
    return Alphabet.GSM7


_CBS_OF_SMPP = {
    DataCoding.OCTETS: DataCoding.CBS_OCTETS,
    DataCoding.OCTETS_4: DataCoding.CBS_OCTETS,
    DataCoding.UCS2: DataCoding.CBS_UCS2,
}
_SMPP_OF_ALPHABET = {Alphabet.OCTETS: DataCoding.OCTETS_4, Alphabet.UCS2: DataCoding.UCS2}


def cbs_of_data_coding(data_coding: int) -> int:
    """SMPP data_coding -> CBS scheme of the same alphabet; CBS values pass as they are."""
    if data_coding >= DataCoding.CBS_GSM7:
        return data_coding
    return _CBS_OF_SMPP.get(data_coding, DataCoding.CBS_GSM7)


def data_coding_of_cbs(coding_scheme: int) -> int:
    """CBS scheme -> plain SMPP data_coding of the same alphabet: 0, 4 or 8."""
    return _SMPP_OF_ALPHABET.get(cbs_alphabet(coding_scheme), DataCoding.DEFAULT)


def decode_text(
    octets: bytes, data_coding: int, *, ussd: bool = False, default_alphabet: Alphabet = Alphabet.GSM7
) -> str:
    """Octets of a message -> text; never raises, U+FFFD stands where octets made no sense.

    Octets of an 8-bit coding come back one character each (Latin-1), so that nothing is lost. On a
    USSD link the language prefix of codings 0x10 and 0x11 is taken off.
    """
    if ussd and data_coding in (DataCoding.CBS_GSM7_LANGUAGE, DataCoding.CBS_UCS2_LANGUAGE):
        octets = _without_language(octets, data_coding)
    return decode(octets, alphabet_of(data_coding, ussd=ussd, default_alphabet=default_alphabet))


def decode(octets: bytes, alphabet: Alphabet) -> str:
    """Octets -> text in a known alphabet; never raises."""
    if alphabet is Alphabet.UCS2:
        even = len(octets) & ~1
        text = octets[:even].decode("utf-16-be", "replace")
        return text if even == len(octets) else text + REPLACEMENT
    if alphabet is Alphabet.GSM7:
        return decode_gsm7(octets)
    if alphabet is Alphabet.GSM7_PACKED:
        return decode_gsm7(unpack(octets, ussd=True))
    if alphabet is Alphabet.OCTETS:
        return octets.decode("latin-1")
    return octets.decode(alphabet.value, "replace")


def _without_language(octets: bytes, data_coding: int) -> bytes:
    """Take off a language prefix (23.038 §5), if it is really there; some peers leave it out."""
    if data_coding == DataCoding.CBS_GSM7_LANGUAGE:
        return octets[3:] if octets[2:3] == b"\r" else octets
    language = unpack(octets[:2])
    return octets[2:] if len(octets) >= 2 and octets[1] < 0x40 and language.isalpha() else octets


def choose_coding(text: str) -> tuple[int, bytes]:
    """(data_coding, octets): GSM 7-bit unpacked (0) when every character fits, else UCS2 (8).

    A lone surrogate, which no alphabet has, becomes a question mark.
    """
    if is_gsm7(text):
        return DataCoding.DEFAULT, encode_gsm7(text)
    return DataCoding.UCS2, text.encode("utf-16-be", "replace")


def encode_text(
    text: str, data_coding: int, *, ussd: bool = False, default_alphabet: Alphabet = Alphabet.GSM7
) -> bytes:
    """Text -> octets of a given data_coding; ValueError for a character it does not have.

    8-bit codings take text whose characters are octets (Latin-1), as `decode_text` gives them.
    """
    alphabet = alphabet_of(data_coding, ussd=ussd, default_alphabet=default_alphabet)
    if alphabet is Alphabet.GSM7:
        return encode_gsm7(text)
    if alphabet is Alphabet.GSM7_PACKED:
        return pack(encode_gsm7(text), ussd=True)
    return text.encode("latin-1" if alphabet is Alphabet.OCTETS else alphabet.value)


def text_units(text: str) -> tuple[Alphabet, int]:
    """The alphabet `choose_coding` takes, and the septets or UCS2 units the text then occupies."""
    data_coding, octets = choose_coding(text)
    if data_coding == DataCoding.DEFAULT:
        return Alphabet.GSM7, len(octets)
    return Alphabet.UCS2, len(octets) // 2


def fits(text: str, limits: Limits) -> bool:
    """Whether a text fits one carrier unit, counted in its own alphabet."""
    alphabet, units = text_units(text)
    return units <= limits[alphabet]


def fits_ussd(text: str) -> bool:
    """Whether a text fits one USSD string: 182 septets, or 80 UCS2 units."""
    return fits(text, USSD_LIMITS)


def split_octets(octets: bytes, alphabet: Alphabet, limit: int) -> list[bytes]:
    """Cut encoded text into pieces of at most `limit` units (septets, octets or UCS2 units).

    No cut falls between an escape and its septet, nor inside a surrogate pair. No text, no piece.
    """
    if limit < 2:
        raise ValueError("a piece must have room for a pair")
    size = limit * 2 if alphabet is Alphabet.UCS2 else limit
    pieces = []
    at = 0
    while at < len(octets):
        stop = at + size
        if stop < len(octets):
            if alphabet is Alphabet.GSM7 and octets[stop - 1] == ESCAPE:
                stop -= 1
            elif alphabet is Alphabet.UCS2 and 0xD8 <= octets[stop - 2] <= 0xDB:
                stop -= 2
        pieces.append(octets[at:stop])
        at = stop
    return pieces


def split_text(text: str, limits: Limits) -> list[str]:
    """Cut a text into pieces that each fit one carrier unit in the alphabet of the whole text."""
    data_coding, octets = choose_coding(text)
    alphabet = Alphabet.GSM7 if data_coding == DataCoding.DEFAULT else Alphabet.UCS2
    return [decode(piece, alphabet) for piece in split_octets(octets, alphabet, limits[alphabet])]
