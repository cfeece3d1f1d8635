"""3GPP TS 23.038 §6: the alphabet, its extension, packing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.smpp.gsm7 import (
    BASIC,
    ESCAPE,
    EXTENSION,
    decode_gsm7,
    encode_gsm7,
    is_gsm7,
    pack,
    septet_length,
    unpack,
)

ALPHABET = [character for character in BASIC if character != "\x1b"] + list(EXTENSION.values())
texts = st.text(st.sampled_from(ALPHABET))
septets = st.lists(st.integers(0, 127)).map(bytes)


def test_the_table_has_128_different_characters():
    assert len(BASIC) == len(set(BASIC)) == 128
    assert BASIC[ESCAPE] == "\x1b"


@given(texts)
def test_texts_come_back(text):
    octets = encode_gsm7(text)
    assert decode_gsm7(octets) == text
    assert is_gsm7(text)
    assert len(octets) == septet_length(text) == len(text) + sum(text.count(c) for c in EXTENSION.values())


@given(st.text(max_size=20))
def test_a_text_is_encodable_or_says_so(text):
    try:
        octets = encode_gsm7(text)
    except ValueError:
        assert not is_gsm7(text)
    else:
        assert is_gsm7(text)
        assert decode_gsm7(octets) == text


@given(st.binary())
def test_decoding_never_raises(octets):
    assert isinstance(decode_gsm7(octets), str)


@pytest.mark.parametrize("text", ["`", "\x1b", "Я", "ё", "№", "’", "\t", "\U0001f600"])
def test_what_is_not_in_it(text):
    assert not is_gsm7(text)
    with pytest.raises(ValueError, match="GSM"):
        encode_gsm7(text)


@pytest.mark.parametrize(
    "octets,text",
    [
        (b"\x00\x11\x02", "@_$"),
        (b"\x1b\x65", "€"),
        (b"\x1bA", "A"),
        (b"a\x1b\x1bb", "a b"),
        (b"a\x1b", "a "),
        (b"\x1b\x80", "\ufffd"),
        (b"\xff", "\ufffd"),
        (b"", ""),
    ],
)
def test_decoding(octets, text):
    assert decode_gsm7(octets) == text


class TestPacking:
    def test_the_known_example(self):
        assert pack(b"hellohello").hex() == "e8329bfd4697d9ec37"

    @given(septets)
    def test_packed_septets_come_back(self, octets):
        assert unpack(pack(octets), count=len(octets)) == octets
        assert len(pack(octets)) == (len(octets) * 7 + 7) // 8

    def test_a_ussd_string_holds_182(self):
        assert len(pack(b"a" * 182, ussd=True)) == 160

    def test_seven_septets_would_grow_an_at_sign(self):
        assert unpack(pack(b"1234567")) == b"1234567\x00"
        assert unpack(pack(b"1234567", ussd=True), ussd=True) == b"1234567"

    def test_a_line_end_on_the_octet_boundary_is_said_twice(self):
        assert pack(b"1234567\r", ussd=True) == pack(b"1234567\r\r")
        assert unpack(pack(b"1234567\r", ussd=True), ussd=True) == b"1234567\r\r"

    @given(septets.filter(lambda octets: not octets.endswith((b"\r", b"\0"))))
    def test_ussd_strings_come_back(self, octets):
        assert unpack(pack(octets, ussd=True), ussd=True) == octets

    @given(st.binary(max_size=200))
    def test_unpacking_never_raises(self, octets):
        assert len(unpack(octets)) == len(octets) * 8 // 7
        assert unpack(octets, count=10**6) == unpack(octets)
