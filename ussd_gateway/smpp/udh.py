"""The user data header in front of a message whose esm_class has UDHI set (3GPP TS 23.040 §9.2.3.24).

A header is one length octet and any number of elements in any order, each iei, length, data. It is part
of short_message (or message_payload) and counts in sm_length (SMPP 3.4 §5.2.12).
"""

from typing import NamedTuple

IEI_CONCAT_8 = 0x00
IEI_CONCAT_16 = 0x08


class Element(NamedTuple):
    """One information element."""

    iei: int
    data: bytes


class Concat(NamedTuple):
    """Place of a part in a long message. `wide`: the reference has 16 bits instead of 8."""

    reference: int
    total: int
    sequence: int
    wide: bool


def split_udh(octets: bytes) -> tuple[list[Element], bytes]:
    """(elements, text octets) of a message with UDHI set; never raises.

    A header longer than the message is no header: everything is text. An element that overruns the
    header ends it; those before it count.
    """
    if not octets or octets[0] + 1 > len(octets):
        return [], octets
    stop = octets[0] + 1
    elements = []
    at = 1
    while at + 2 <= stop:
        after = at + 2 + octets[at + 1]
        if after > stop:
            break
        elements.append(Element(octets[at], octets[at + 2 : after]))
        at = after
    return elements, octets[stop:]


def build_udh(*elements: Element) -> bytes:
    """The header octets, its length included. ValueError when they pass 255."""
    body = b"".join(bytes((iei, len(data))) + data for iei, data in elements)
    return bytes((len(body),)) + body


def find_concat(elements: list[Element]) -> Concat | None:
    """The concatenation element, wherever it stands; None when the message stands alone.

    Impossible ones (total 0, sequence 0 or above total, wrong length) are ignored, and of several the
    last counts (23.040 §9.2.3.24, §9.2.3.24.1).
    """
    for iei, data in reversed(elements):
        if iei == IEI_CONCAT_8 and len(data) == 3:
            found = Concat(data[0], data[1], data[2], False)
        elif iei == IEI_CONCAT_16 and len(data) == 4:
            found = Concat(int.from_bytes(data[:2], "big"), data[2], data[3], True)
        else:
            continue
        if 1 <= found.sequence <= found.total:
            return found
    return None


def concat_element(concat: Concat) -> Element:
    """The element that says a message is this part of a long one (23.040 §9.2.3.24.1, .8)."""
    reference, total, sequence, wide = concat
    octets = reference.to_bytes(2 if wide else 1, "big") + bytes((total, sequence))
    return Element(IEI_CONCAT_16 if wide else IEI_CONCAT_8, octets)
