"""Alphabets of data_coding (SMPP 3.4 §5.2.19), of CBS (23.038 §5), sizes and cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.smpp.gsm7 import BASIC, EXTENSION, pack
from ussd_gateway.smpp.text import (
    SMS_LIMITS,
    SMS_PART_LIMITS,
    SMS_PART_LIMITS_16_BIT,
    USSD_LIMITS,
    Alphabet,
    alphabet_of,
    cbs_alphabet,
    cbs_of_data_coding,
    choose_coding,
    data_coding_of_cbs,
    decode,
    decode_text,
    encode_text,
    fits,
    fits_ussd,
    split_octets,
    split_text,
    text_units,
)

GSM7, OCTETS, UCS2 = Alphabet.GSM7, Alphabet.OCTETS, Alphabet.UCS2
any_text = st.text(st.characters(exclude_categories=["Cs"]))
gsm_text = st.text(st.sampled_from([c for c in BASIC if c != "\x1b"] + list(EXTENSION.values())))


class TestAlphabetOf:
    @pytest.mark.parametrize(
        "data_coding,alphabet",
        [
            (0x00, GSM7),
            (0x01, Alphabet.IA5),
            (0x02, OCTETS),
            (0x03, Alphabet.LATIN1),
            (0x04, OCTETS),
            (0x05, OCTETS),
            (0x06, Alphabet.CYRILLIC),
            (0x07, Alphabet.HEBREW),
            (0x08, UCS2),
            (0x0E, OCTETS),
        ],
    )
    @pytest.mark.parametrize("ussd", [False, True])
    def test_smpps_own_values_mean_the_same_everywhere(self, data_coding, alphabet, ussd):
        assert alphabet_of(data_coding, ussd=ussd) is alphabet

    @pytest.mark.parametrize(
        "data_coding,sms,ussd",
        [
            (0x0F, GSM7, GSM7),
            (0x11, GSM7, UCS2),
            (0x18, UCS2, GSM7),
            (0x23, GSM7, GSM7),
            (0x44, OCTETS, OCTETS),
            (0x48, UCS2, UCS2),
            (0x58, UCS2, UCS2),
            (0x94, GSM7, OCTETS),
            (0xD0, GSM7, GSM7),
            (0xE0, UCS2, GSM7),
            (0xF0, GSM7, GSM7),
            (0xF4, OCTETS, OCTETS),
        ],
    )
    def test_from_0x0f_up_it_depends_on_the_link(self, data_coding, sms, ussd):
        assert alphabet_of(data_coding) is sms
        assert alphabet_of(data_coding, ussd=True) is ussd

    def test_zero_is_what_the_two_sides_agreed_on(self):
        assert decode_text(b"\x00", 0) == "@"
        assert decode_text(b"\x00A", 0, default_alphabet=UCS2) == "A"
        assert decode_text(b"\xd0", 0, default_alphabet=Alphabet.CYRILLIC) == "а"
        packed = pack(b"1234567", ussd=True)
        assert decode_text(packed, 0, ussd=True, default_alphabet=Alphabet.GSM7_PACKED) == "1234567"


class TestCbs:
    """The 256 data coding schemes of cell broadcast (23.038 §5)."""

    def test_languages_are_all_gsm7_even_russian(self):
        for scheme in [*range(0x11), *range(0x20, 0x25)]:
            assert cbs_alphabet(scheme) is GSM7

    def test_general_coding_has_the_alphabet_in_bits_2_and_3(self):
        for scheme in range(0x40, 0x80):
            assert cbs_alphabet(scheme) is (GSM7, OCTETS, UCS2, GSM7)[scheme >> 2 & 3]

    @pytest.mark.parametrize("data_coding,scheme", [(0, 0x0F), (4, 0x44), (2, 0x44), (8, 0x48), (0x23, 0x23)])
    def test_from_smpp(self, data_coding, scheme):
        assert cbs_of_data_coding(data_coding) == scheme

    @pytest.mark.parametrize("scheme,data_coding", [(0x0F, 0), (0x23, 0), (0x44, 4), (0x48, 8), (0x11, 8)])
    def test_to_smpp(self, scheme, data_coding):
        assert data_coding_of_cbs(scheme) == data_coding

    @pytest.mark.parametrize("data_coding", range(256))
    def test_the_mapping_keeps_the_alphabet(self, data_coding):
        scheme = cbs_of_data_coding(data_coding)
        if alphabet_of(data_coding, ussd=True) in (GSM7, OCTETS, UCS2) and data_coding not in (
            5,
            *range(9, 15),
        ):
            assert cbs_alphabet(scheme) is alphabet_of(data_coding, ussd=True)

    def test_language_prefixes_are_taken_off(self):
        russian = "Счет".encode("utf-16-be")
        assert decode_text(b"ru\rSchet", 0x10, ussd=True) == "Schet"
        assert decode_text(pack(b"ru") + russian, 0x11, ussd=True) == "Счет"

    def test_missing_prefixes_are_forgiven(self):
        assert decode_text(b"Schet", 0x10, ussd=True) == "Schet"
        assert decode_text("Счет".encode("utf-16-be"), 0x11, ussd=True) == "Счет"
        assert decode_text("OK".encode("utf-16-be"), 0x11, ussd=True) == "OK"
        assert decode_text(b"", 0x11, ussd=True) == ""


class TestDecoding:
    @given(st.binary(max_size=60), st.integers(0, 255), st.booleans(), st.sampled_from(list(Alphabet)))
    def test_never_raises(self, octets, data_coding, ussd, default):
        assert isinstance(decode_text(octets, data_coding, ussd=ussd, default_alphabet=default), str)

    @pytest.mark.parametrize(
        "octets,data_coding,text",
        [
            (b"\x04\x1f\x04", 8, "П\ufffd"),
            (b"\xd8\x00\x00A", 8, "\ufffdA"),
            (b"\xd8\x3d\xde\x00", 8, "\U0001f600"),
            (b"\xe9", 1, "\ufffd"),
            (b"\xe9", 3, "é"),
            (b"\xbf\xe0\xd8", 6, "При"),
            (b"\x00\xff\x80", 4, "\x00\xff\x80"),
        ],
    )
    def test_dirty_and_clean(self, octets, data_coding, text):
        assert decode_text(octets, data_coding) == text


class TestEncoding:
    @pytest.mark.parametrize(
        "text,data_coding,octets",
        [
            ("*105#", 0, b"*105#"),
            ("", 0, b""),
            ("{€}", 0, b"\x1b(\x1be\x1b)"),
            ("Счет", 8, "Счет".encode("utf-16-be")),
            ("a`b", 8, b"\0a\0`\0b"),
            ("\ud800", 8, b"\0?"),
        ],
    )
    def test_choose(self, text, data_coding, octets):
        assert choose_coding(text) == (data_coding, octets)

    @given(any_text)
    def test_what_is_chosen_decodes_to_the_text(self, text):
        data_coding, octets = choose_coding(text)
        assert decode_text(octets, data_coding) == text
        assert decode_text(octets, data_coding, ussd=True) == text

    @pytest.mark.parametrize("data_coding", [0, 1, 3, 4, 6, 8, 0x0F, 0x48])
    def test_a_given_coding(self, data_coding):
        octets = encode_text("*105#", data_coding, ussd=True)
        assert decode_text(octets, data_coding, ussd=True) == "*105#"

    def test_a_given_coding_that_cannot(self):
        for data_coding in (0, 1, 3, 4):
            with pytest.raises(ValueError, match=r"."):
                encode_text("Счет", data_coding)

    def test_packed(self):
        octets = encode_text("1234567", 0, default_alphabet=Alphabet.GSM7_PACKED)
        assert octets == pack(b"1234567\r")


class TestSizes:
    def test_units_are_counted_as_the_carrier_does(self):
        assert text_units("abc") == (GSM7, 3)
        assert text_units("ab€") == (GSM7, 4)
        assert text_units("Счет") == (UCS2, 4)
        assert text_units("a\U0001f600") == (UCS2, 3)

    @pytest.mark.parametrize(
        "text,fitting",
        [
            ("a" * 182, True),
            ("a" * 183, False),
            ("€" * 91, True),
            ("€" * 91 + "a", False),
            ("я" * 80, True),
            ("я" * 81, False),
            ("\U0001f600" * 40, True),
            ("\U0001f600" * 41, False),
        ],
    )
    def test_a_ussd_string(self, text, fitting):
        assert fits_ussd(text) is fitting

    def test_the_limits_are_the_specifications(self):
        assert (USSD_LIMITS[GSM7], USSD_LIMITS[OCTETS], USSD_LIMITS[UCS2]) == (182, 160, 80)
        assert (SMS_LIMITS[GSM7], SMS_LIMITS[OCTETS], SMS_LIMITS[UCS2]) == (160, 140, 70)
        assert (SMS_PART_LIMITS[GSM7], SMS_PART_LIMITS[OCTETS], SMS_PART_LIMITS[UCS2]) == (153, 134, 67)
        assert tuple(SMS_PART_LIMITS_16_BIT[a] for a in (GSM7, OCTETS, UCS2)) == (152, 133, 66)


class TestSplitting:
    def test_an_escape_stays_with_its_septet(self):
        pieces = split_octets(b"abc\x1be", GSM7, 4)
        assert pieces == [b"abc", b"\x1be"]
        assert split_octets(b"ab\x1be", GSM7, 4) == [b"ab\x1be"]
        assert split_octets(b"ab\x1bexyz", GSM7, 4) == [b"ab\x1be", b"xyz"]

    def test_a_surrogate_pair_stays_together(self):
        for astral in ("\U00010000", "\U0001f600", "\U0010ffff"):
            text = f"аб{astral}в"
            assert split_text(text, {UCS2: 3, GSM7: 3}) == ["аб", f"{astral}в"]

    def test_nothing_to_split(self):
        assert split_octets(b"", GSM7, 10) == []
        assert split_text("", SMS_PART_LIMITS) == []

    def test_a_piece_needs_room_for_a_pair(self):
        with pytest.raises(ValueError, match="pair"):
            split_octets(b"ab", GSM7, 1)

    @given(gsm_text | any_text, st.integers(2, 12))
    def test_pieces_fit_and_make_up_the_text(self, text, limit):
        limits = {GSM7: limit, UCS2: limit}
        data_coding, octets = choose_coding(text)
        alphabet = text_units(text)[0]
        pieces = split_octets(octets, alphabet, limit)
        assert b"".join(pieces) == octets
        assert all(0 < len(piece) <= limit * (2 if alphabet is UCS2 else 1) for piece in pieces)
        assert "".join(decode(piece, alphabet) for piece in pieces) == text
        assert "".join(split_text(text, limits)) == text
        if data_coding == 0:
            assert all(fits(piece, limits) for piece in split_text(text, limits))

    @given(st.text(st.characters(min_codepoint=0x400, max_codepoint=0x4FF), min_size=1))
    def test_no_piece_is_shorter_than_it_must_be(self, text):
        pieces = split_text(text, {UCS2: 7, GSM7: 7})
        assert [len(piece) for piece in pieces[:-1]] == [7] * (len(pieces) - 1)
