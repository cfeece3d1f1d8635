"""What the fields of Kannel's form mean, octet by octet."""

from urllib.parse import quote

import pytest

from ussd_gateway.web.sendsms import _fields
from ussd_gateway.web.sms_content import Content, content_of

PORTS = "%06%05%04%0b%84%23%f0"
"""A header of port addressing (3GPP TS 23.040 §9.2.3.24.4): six octets behind its length."""
HEADER = bytes.fromhex("0605040b8423f0")


def content(form: str) -> Content:
    return content_of(_fields(form))


@pytest.mark.parametrize(
    "form, expected",
    [
        ("text=Hello", Content("Hello")),
        ("text=Hello&coding=0", Content("Hello")),
        ("text=" + quote("Привет"), Content("Привет")),
        ("text=" + quote("Привет", encoding="utf-16-be") + "&charset=utf-16be&coding=2", Content("Привет")),
        ("text=%E9&charset=ISO-8859-1", Content("é")),
        ("text=a+b%2Bc", Content("a b+c")),
        ("", Content("")),
        ("text=" + "x" * 10_000, Content("x" * 10_000)),
        ("text=%00%ff%80&coding=1", Content("", b"\x00\xff\x80", 0x04)),
        (f"text=%00%ff&coding=1&udh={PORTS}", Content("", HEADER + b"\x00\xff", 0x04, 0x40)),
        (f"text=%40_&udh={PORTS}", Content("@_", HEADER + b"\x00\x11", 0x00, 0x40)),
        (f"text={quote('Я')}&udh={PORTS}", Content("Я", HEADER + b"\x04\x2f", 0x08, 0x40)),
        ("text=Hi&mclass=0", Content("Hi", b"Hi", 0xF0)),
        ("text=Hi&mclass=2&coding=1", Content("", b"Hi", 0xF6)),
        ("text=Hi&mclass=1&coding=2", Content("Hi", b"\x00H\x00i", 0x19)),
        ("text=" + "x" * 160 + "&mclass=0", Content("x" * 160, b"x" * 160, 0xF0)),
        (f"text={'x' * 152}&udh={PORTS}", Content("x" * 152, HEADER + b"x" * 152, 0x00, 0x40)),
        ("text=" + "x" * 140 + "&coding=1", Content("", b"x" * 140, 0x04)),
    ],
)
def test_what_a_form_says(form: str, expected: Content) -> None:
    assert content(form) == expected


@pytest.mark.parametrize(
    "form, word",
    [
        ("text=a&coding=3", "coding"),
        ("text=a&mclass=4", "mclass"),
        ("text=a&udh=%05%00%03", "udh"),
        ("text=a&charset=KOI8-R", "charset"),
        ("text=%ff", "charset"),
        ("text=" + "x" * 10_001, "too long"),
        (f"text={quote('Я')}&coding=0&mclass=0", "GSM 7-bit"),
        ("text=" + "x" * 161 + "&mclass=0", "too long"),
        (f"text={'x' * 153}&udh={PORTS}", "too long"),
        ("text=" + "x" * 141 + "&coding=1", "too long"),
        ("text=" + "x" * 71 + "&coding=2&mclass=0", "too long"),
    ],
)
def test_what_no_message_can_say(form: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        content(form)
