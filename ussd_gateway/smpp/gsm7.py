"""The GSM 7-bit default alphabet and its extension table, unpacked and packed (3GPP TS 23.038 §6.1-6.2).

"Unpacked" is how SMPP carries it: one septet per octet, the top bit clear. "Packed" is the radio's own
form, eight septets in seven octets; it is met on links that pass the air interface through.
"""

import re

ESCAPE = 0x1B
CARRIAGE_RETURN = 0x0D
REPLACEMENT = "\ufffd"

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
"""Septet -> character (23.038 §6.2.1); 0x1B is the escape."""

EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
"""Septet behind an escape -> character (23.038 §6.2.1.1)."""


class _EncodeTable(dict[int, str]):
    def __missing__(self, code_point: int) -> str:
        # translate() takes a LookupError for "leave it", which would let a backtick through as 0x60.
        raise ValueError(f"U+{code_point:04X} is not in the GSM 7-bit alphabet")


_ENCODE = _EncodeTable(
    {ord(character): chr(septet) for septet, character in enumerate(BASIC) if septet != ESCAPE}
    | {ord(character): chr(ESCAPE) + chr(septet) for septet, character in EXTENSION.items()}
)
_ENCODABLE = re.compile(f"[{re.escape(''.join(map(chr, _ENCODE)))}]*")
_DECODE = BASIC + REPLACEMENT * 128
_ESCAPED = re.compile("\x1b(.?)", re.DOTALL)


def is_gsm7(text: str) -> bool:
    """Whether every character is in the alphabet or its extension table."""
    return _ENCODABLE.fullmatch(text) is not None


def encode_gsm7(text: str) -> bytes:
    """Text -> unpacked septets; an extension character gives two. ValueError for any other character."""
    return text.translate(_ENCODE).encode("latin-1")


def decode_gsm7(octets: bytes) -> str:
    """Unpacked septets -> text; never raises.

    An escape before a septet without extension shows the basic character, before another escape or
    at the end a space (23.038 §6.2.1.1). An octet with its top bit set becomes U+FFFD.
    """
    text = octets.decode("latin-1")
    if "\x1b" not in text:
        return text.translate(_DECODE)
    pieces = []
    at = 0
    for escaped in _ESCAPED.finditer(text):
        pieces.append(text[at : escaped.start()].translate(_DECODE))
        septet = escaped[1]
        if septet in ("", "\x1b"):
            pieces.append(" ")
        else:
            pieces.append(EXTENSION.get(ord(septet)) or septet.translate(_DECODE))
        at = escaped.end()
    pieces.append(text[at:].translate(_DECODE))
    return "".join(pieces)


def septet_length(text: str) -> int:
    """How many septets a text takes; ValueError for text outside the alphabet."""
    return len(text.translate(_ENCODE))


def pack(septets: bytes, *, ussd: bool = False) -> bytes:
    """Unpacked septets -> packed octets (23.038 §6.1.2).

    With `ussd` the seven spare bits that 7, 15, ... septets leave are filled with a carriage return,
    and a text that itself ends in one on an octet boundary gets a second, so that the receiver, which
    drops one there, neither invents an "@" nor loses a line end (23.038 §6.1.2.3.1).
    """
    if ussd:
        spare = len(septets) % 8
        if spare == 7 or (spare == 0 and septets.endswith(b"\r")):
            septets += b"\r"
    bits = 0
    for index, septet in enumerate(septets):
        bits |= (septet & 0x7F) << (7 * index)
    return bits.to_bytes((len(septets) * 7 + 7) // 8, "little")


def unpack(octets: bytes, *, count: int | None = None, ussd: bool = False) -> bytes:
    """Packed octets -> unpacked septets.

    `count` is the number of septets where the carrier states it (SMS does); otherwise all that fit are
    returned. With `ussd` a carriage return that ends on an octet boundary is dropped.
    """
    fitting = len(octets) * 8 // 7
    wanted = fitting if count is None else min(count, fitting)
    bits = int.from_bytes(octets, "little")
    septets = bytes((bits >> (7 * index)) & 0x7F for index in range(wanted))
    if ussd and wanted % 8 == 0 and septets.endswith(b"\r"):
        septets = septets[:-1]
    return septets
