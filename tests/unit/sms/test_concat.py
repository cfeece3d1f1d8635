"""Parts of long messages joined in any order, and long texts cut so that any phone can join them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.smpp.pdus import DataSm, SubmitSm
from ussd_gateway.smpp.text import Alphabet, choose_coding, decode_text
from ussd_gateway.smpp.udh import find_concat, split_udh
from ussd_gateway.sms.concat import Reassembler, split_sms

ALL_TAGS = (0x020C, 0x020E, 0x020F)


def udh8(text, sequence, total=2, reference=0x42, source="79261234567", destination="000105", **fields):
    """3GPP TS 23.040 §9.2.3.24.1."""
    header = bytes([5, 0, 3, reference, total, sequence])
    return submit(header + text, esm_class=0x40, source=source, destination=destination, **fields)


def udh16(text, sequence, total=2, reference=0x0142):
    """3GPP TS 23.040 §9.2.3.24.8."""
    return submit(
        bytes([6, 8, 4]) + reference.to_bytes(2, "big") + bytes([total, sequence]) + text, esm_class=0x40
    )


def sar(text, sequence, total=2, reference=0x42, tags=ALL_TAGS, **fields):
    """SMPP 3.4 §5.3.2.22-24."""
    values = {0x020C: reference.to_bytes(2, "big"), 0x020E: bytes([total]), 0x020F: bytes([sequence])}
    return submit(text, tlvs=[(tag, values[tag]) for tag in tags], **fields)


def submit(octets, source="79261234567", destination="000105", **fields):
    return SubmitSm(source_addr=source, destination_addr=destination, short_message=octets, **fields)


def take(reassembler, *pdus, owner="handset", now_ms=0):
    """What each PDU completed."""
    return [reassembler.take(owner, pdu, now_ms) for pdu in pdus]


@pytest.mark.parametrize("part", [udh8, udh16, sar], ids=["udh8", "udh16", "sar"])
def test_two_parts_make_one_text_in_either_order(part):
    one, two = part(b"PAS ", 1), part(b"Secret77", 2)
    assert take(Reassembler(), one, two) == [None, "PAS Secret77"]
    assert take(Reassembler(), two, one) == [None, "PAS Secret77"]


def test_a_part_that_comes_twice_is_ignored_and_the_first_counts():
    parts = udh8(b"a", 1, 3), udh8(b"X", 1, 3), udh8(b"c", 3, 3), udh8(b"b", 2, 3)
    assert take(Reassembler(), *parts) == [None, None, None, "abc"]


def test_parts_belong_together_only_when_everything_agrees():
    strangers = [
        udh8(b"!", 2, reference=0x43),
        udh8(b"!", 2, total=3),
        udh8(b"!", 2, source="79260000000"),
        udh8(b"!", 2, destination="000110"),
        udh16(b"!", 2, reference=0x42),
        sar(b"!", 2),
    ]
    joined = Reassembler()
    assert take(joined, udh8(b"a", 1), *strangers) == [None] * 7
    assert take(joined, udh8(b"!", 2), owner="another") == [None]
    assert len(joined) == 8
    assert take(joined, udh8(b"b", 2)) == ["ab"]
    assert len(joined) == 7


def test_a_message_alone_is_a_text_at_once():
    cases = [
        (submit(b""), ""),
        (submit(b"00"), "00"),
        (submit(bytes.fromhex("041F04300440"), data_coding=8), "Пар"),
        (udh8(b"a", 1, total=1), "a"),
        (udh8(b"a", 0), "a"),
        (udh8(b"a", 3, total=2), "a"),
        (udh8(b"a", 0, total=0), "a"),
        (submit(bytes([3, 1, 1, 0]) + b"a", esm_class=0x40), "a"),
        (submit(b"\x01a\x20", esm_class=0x40), " "),
        (sar(b"a", 1, tags=(0x020C, 0x020E)), "a"),
        (sar(b"a", 3), "a"),
        (submit(b"", tlvs=[(0x0424, b"long")]), "long"),
        (DataSm(source_addr="79261234567", destination_addr="000105", tlvs=[(0x0424, b"00")]), "00"),
        (DataSm(source_addr="79261234567", destination_addr="000105"), ""),
    ]
    assert [take(Reassembler(), pdu) for pdu, _ in cases] == [[text] for _, text in cases]


def test_the_header_may_hold_other_elements_and_stand_in_a_payload():
    header = bytes([11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 7, 2, 1])
    second = DataSm(
        source_addr="79261234567",
        destination_addr="000105",
        esm_class=0x40,
        tlvs=[(0x0424, bytes([5, 0, 3, 7, 2, 2]) + b"b")],
    )
    assert take(Reassembler(), submit(header + b"a", esm_class=0x40), second) == [None, "ab"]


def test_sar_parameters_beside_a_header_are_ignored():
    both = sar(bytes([3, 1, 1, 0]) + b"a", 1, esm_class=0x40)
    assert take(Reassembler(), both) == ["a"]


def test_a_character_cut_between_parts_is_whole_again():
    rose = "🌹".encode("utf-16-be")
    assert take(Reassembler(), udh8(rose[:2], 1, data_coding=8), udh8(rose[2:], 2, data_coding=8)) == [
        None,
        "🌹",
    ]
    assert take(Reassembler(), udh8(b"5\x1b", 1), udh8(b"\x65", 2)) == [None, "5€"]


def test_parts_may_be_in_different_alphabets():
    parts = udh8(b"PAS ", 1), udh8("Пароль".encode("utf-16-be"), 2, data_coding=8)
    assert take(Reassembler(), *parts) == [None, "PAS Пароль"]


def test_an_incomplete_message_is_forgotten_in_time():
    joined = Reassembler(expiry_ms=60_000)
    take(joined, udh8(b"a", 1), now_ms=0)
    assert joined.expire(59_999) == 0
    assert take(joined, udh8(b"b", 2), now_ms=60_000) == [None]
    assert joined.discarded == 1
    assert len(joined) == 1
    assert joined.expire(120_000) == 1
    assert len(joined) == 0


def test_an_owner_fills_only_its_own_room():
    joined = Reassembler(max_sets_per_owner=2)
    take(joined, udh8(b"a", 1), owner="quiet")
    take(joined, *(udh8(b"a", 1, reference=reference) for reference in (1, 2, 3)), owner="noisy")
    assert joined.discarded == 1
    assert take(joined, udh8(b"b", 2), owner="quiet") == ["ab"]
    assert take(joined, udh8(b"b", 2, reference=1), owner="noisy") == [None]
    assert take(joined, udh8(b"b", 2, reference=3), owner="noisy") == ["ab"]


def test_a_message_of_too_many_octets_is_forgotten():
    joined = Reassembler(max_octets=10)
    assert take(joined, udh8(b"123456", 1), udh8(b"12345", 2)) == [None, None]
    assert (len(joined), joined.discarded) == (0, 1)


def test_the_centres_default_alphabet_can_be_another():
    assert take(Reassembler(default_alphabet=Alphabet.LATIN1), submit(b"\xe9@")) == ["é@"]


@pytest.mark.parametrize(
    "text, lengths",
    [
        ("", [0]),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("€" * 80, [160]),
        ("€" * 81, [152, 10]),
        ("я" * 70, [140]),
        ("я" * 71, [134, 8]),
        ("я" * 66 + "🌹" + "яяя", [132, 10]),
        ("a" * 459, [153] * 3),
    ],
)
def test_a_long_text_is_cut_at_the_limits_and_never_inside_a_character(text, lengths):
    parts = split_sms(text, 0x142)
    headed = len(parts) > 1
    assert [len(part.short_message) - 6 * headed for part in parts] == lengths
    if headed:
        assert [part.short_message[:6].hex() for part in parts] == [
            f"05000342{len(parts):02x}{sequence:02x}" for sequence in range(1, len(parts) + 1)
        ]
    assert {part.esm_class for part in parts} == {0x40 if headed else 0}


def test_a_text_without_end_is_refused():
    with pytest.raises(ValueError, match="more than 255"):
        split_sms("я" * (255 * 67 + 1), 1)


texts = st.text(
    st.one_of(st.sampled_from("aя€🌹[ \n"), st.characters(exclude_categories=["Cs"])), max_size=600
)


@given(texts, st.integers(0, 300))
def test_what_is_cut_can_be_read_part_by_part_and_joined(text, reference):
    parts = split_sms(text, reference)
    pieces = []
    for part in parts:
        octets = part.short_message
        if part.esm_class:
            elements, octets = split_udh(octets)
            assert find_concat(elements) is not None
        assert len(part.short_message) <= (140 if part.data_coding else 160)
        pieces.append(decode_text(octets, part.data_coding))
    assert "".join(pieces) == text
    assert {part.data_coding for part in parts} == {choose_coding(text)[0]}
    joined = Reassembler()
    pdus = [
        submit(part.short_message, esm_class=part.esm_class, data_coding=part.data_coding) for part in parts
    ]
    assert take(joined, *pdus) == [None] * (len(parts) - 1) + [text]


@given(st.permutations(range(1, 6)), st.lists(st.integers(1, 5), max_size=10))
def test_disorder_and_duplicates_change_nothing(order, repeated):
    joined = Reassembler()
    seen: set[int] = set()
    text = "".join(f"<{sequence}>" for sequence in range(1, 6))
    for sequence in [*repeated, *order]:
        if len(seen) == 5:
            break
        seen.add(sequence)
        (found,) = take(joined, udh8(f"<{sequence}>".encode(), sequence, total=5))
        assert found == (text if len(seen) == 5 else None)
    assert len(joined) == 0
