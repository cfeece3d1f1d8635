"""User data headers (3GPP TS 23.040 §9.2.3.24)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.smpp.udh import (
    IEI_CONCAT_8,
    IEI_CONCAT_16,
    Concat,
    Element,
    build_udh,
    concat_element,
    find_concat,
    split_udh,
)

PORTS = Element(0x05, bytes.fromhex("0b8423f0"))

CONCATS = {
    "8 bit": ("050003 7A 02 01", Concat(0x7A, 2, 1, False)),
    "16 bit": ("060804 1234 03 02", Concat(0x1234, 3, 2, True)),
    "behind ports": ("0B 0504 0B8423F0 0003 7A 02 02", Concat(0x7A, 2, 2, False)),
    "before a language table": ("08 0003 01 02 01 2401 01", Concat(1, 2, 1, False)),
    "the last of two counts": ("0A 0003 01 02 01 0003 02 03 03", Concat(2, 3, 3, False)),
    "a bad one does not hide a good one": ("0A 0003 01 02 01 0003 02 00 00", Concat(1, 2, 1, False)),
}
NO_CONCATS = {
    "total 0": "050003 01 00 01",
    "sequence 0": "050003 01 02 00",
    "sequence above total": "050003 01 02 03",
    "too short": "040002 01 02",
    "16 bit of the length of 8": "050803 01 02 01",
    "element overruns the header": "050005 01 02 01",
    "ports alone": "060504 0B8423F0",
    "an empty header": "00",
}


@pytest.mark.parametrize("octets,concat", CONCATS.values(), ids=CONCATS)
def test_a_part(octets, concat):
    elements, text = split_udh(bytes.fromhex(octets) + b"text")
    assert find_concat(elements) == concat
    assert text == b"text"


@pytest.mark.parametrize("octets", NO_CONCATS.values(), ids=NO_CONCATS)
def test_a_message_on_its_own(octets):
    elements, text = split_udh(bytes.fromhex(octets) + b"text")
    assert find_concat(elements) is None
    assert text == b"text"


@pytest.mark.parametrize("octets", [b"", b"\x05", b"\x05\x00\x03", b"\xff" + bytes(254)])
def test_a_header_longer_than_the_message_is_text(octets):
    assert split_udh(octets) == ([], octets)


def test_a_header_and_nothing_else():
    elements, text = split_udh(bytes.fromhex("050003010201"))
    assert find_concat(elements) == Concat(1, 2, 1, False)
    assert text == b""


def test_elements_before_a_broken_one_count():
    elements, text = split_udh(bytes.fromhex("08 0003010201 24 09 00") + b"text")
    assert elements == [Element(0, b"\1\2\1")]
    assert text == b"text"


def test_building():
    concat = concat_element(Concat(0x7A, 2, 1, False))
    assert build_udh(concat).hex() == "0500037a0201"
    assert build_udh(concat_element(Concat(0x1234, 3, 2, True))).hex() == "06080412340302"
    assert build_udh(PORTS, concat).hex() == "0b05040b8423f000037a0201"


def test_what_cannot_be_built():
    with pytest.raises(OverflowError):
        concat_element(Concat(256, 2, 1, False))
    with pytest.raises(ValueError, match=r"."):
        build_udh(Element(1, bytes(200)), Element(1, bytes(200)))


@given(
    st.lists(st.builds(Element, st.integers(0, 255), st.binary(max_size=30)), max_size=7),
    st.binary(max_size=20),
)
def test_headers_come_back(elements, text):
    assert split_udh(build_udh(*elements) + text) == (elements, text)


@given(st.integers(0, 0xFFFF), st.integers(1, 255), st.booleans(), st.data())
def test_parts_come_back(reference, total, wide, data):
    concat = Concat(reference if wide else reference & 0xFF, total, data.draw(st.integers(1, total)), wide)
    element = concat_element(concat)
    assert element.iei == (IEI_CONCAT_16 if wide else IEI_CONCAT_8)
    assert find_concat([PORTS, element, Element(0x24, b"\1")]) == concat


@given(st.binary(max_size=60))
def test_splitting_never_raises(octets):
    elements, text = split_udh(octets)
    assert octets.endswith(text)
    assert elements == [] or len(text) < len(octets)
