"""What a message of Kannel's form says: a text of ours, or octets that go out as they are.

Each character of the fields is an octet.  `coding`: 0 GSM 7-bit, 1 octets, 2 UCS2; without `udh` and
`mclass` a text of 0 or 2 is written as we write ours, in the alphabet it needs and in parts when it is long.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ussd_gateway.smpp.constants import DataCoding, EsmClass
from ussd_gateway.smpp.gsm7 import encode_gsm7, is_gsm7

MAX_TEXT = 10_000
"""Characters."""
SMS_OCTETS = 140
"""User data of one message (3GPP TS 23.040 §9.2.3.24)."""
CHARSETS = {"UTF-8": "utf-8", "UTF8": "utf-8", "UTF-16BE": "utf-16-be", "ISO-8859-1": "latin-1"}

_CODINGS = {"0": DataCoding.DEFAULT, "1": DataCoding.OCTETS_4, "2": DataCoding.UCS2}
_CLASSES = {"0": 0xF0, "1": 0xF4, "2": 0x18}
"""Coding -> data_coding of message class 0 (3GPP TS 23.038 §4: groups 1111 and 00x1)."""


@dataclass(frozen=True, slots=True)
class Content:
    """`octets`, with their header, as `data_coding` and `esm_class` say; None: `text` says all."""

    text: str
    octets: bytes | None = None
    data_coding: int = 0
    esm_class: int = 0


def content_of(fields: Mapping[str, str]) -> Content:
    """What the fields `text`, `charset`, `coding`, `mclass` and `udh` mean; ValueError."""
    coding = fields.get("coding", "")
    if coding not in ("", *_CODINGS):
        raise ValueError("coding must be 0, 1 or 2")
    udh = fields.get("udh", "").encode("latin-1")
    if udh and udh[0] != len(udh) - 1:
        raise ValueError("udh is no user data header")
    message_class = fields.get("mclass")
    if message_class is not None and message_class not in ("0", "1", "2", "3"):
        raise ValueError("mclass must be 0 to 3")
    text = "" if coding == "1" else _decoded(fields)
    if coding != "1" and not udh and message_class is None:
        return Content(text)
    if not coding:
        coding = "0" if is_gsm7(text) else "2"
    data_coding = _CODINGS[coding] if message_class is None else _CLASSES[coding] + int(message_class)
    octets = fields.get("text", "").encode("latin-1") if coding == "1" else _encoded(text, coding)
    if not _fits(udh, octets, septets=coding == "0"):
        raise ValueError("Text too long for one message with udh, mclass or coding 1")
    return Content(text, udh + octets, data_coding, EsmClass.UDHI if udh else 0)


def _decoded(fields: Mapping[str, str]) -> str:
    charset = CHARSETS.get(fields.get("charset", "UTF-8").upper())
    if charset is None:
        raise ValueError(f"charset must be one of {', '.join(CHARSETS)}")
    try:
        text = fields.get("text", "").encode("latin-1").decode(charset)
    except UnicodeDecodeError:
        raise ValueError("text is not in its charset") from None
    if len(text) > MAX_TEXT:
        raise ValueError("Text too long")
    return text


def _encoded(text: str, coding: str) -> bytes:
    if coding == "2":
        return text.encode("utf-16-be", "replace")
    if not is_gsm7(text):
        raise ValueError("text has characters that GSM 7-bit has not; coding 2 has them")
    return encode_gsm7(text)


def _fits(udh: bytes, octets: bytes, *, septets: bool) -> bool:
    """Whether header and text go into one message; septets lie packed behind a header that is filled up."""
    if septets:
        return (len(udh) * 8 + 6) // 7 + len(octets) <= SMS_OCTETS * 8 // 7
    return len(udh) + len(octets) <= SMS_OCTETS
