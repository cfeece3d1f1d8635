"""The kinds of field a PDU body is made of, and how a PDU class is read for them (SMPP 3.4 §3.1).

A PDU class annotates each mandatory field with one of these kinds; the codec, the generated table of
`docs/pdus.md` and the property tests walk the same declaration, so that they cannot disagree.
"""

from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from ussd_gateway.smpp.constants import CommandStatus


@dataclass(frozen=True, slots=True)
class Int1:
    """One octet, unsigned; every value 0-255 is legal on the wire."""

    source: str


@dataclass(frozen=True, slots=True)
class CString:
    """NUL-terminated text of at most `max_octets` octets, the NUL included.

    Kept as `str` through Latin-1, which maps each octet to one character and back, so that an address
    in a stray code page survives. `status` answers a field that is too long.
    """

    max_octets: int
    status: int
    source: str


@dataclass(frozen=True, slots=True)
class TimeString:
    """Empty, or 16 characters and a NUL (SMPP 3.4 §7.1.1). `status` answers any other length."""

    status: int
    source: str


@dataclass(frozen=True, slots=True)
class LengthAndOctets:
    """sm_length (one octet, 0-254; 255 is not allowed) and that many octets (SMPP 3.4 §5.2.21-22)."""

    source: str
    max_octets: int = 254
    status: int = CommandStatus.RINVMSGLEN


@dataclass(frozen=True, slots=True)
class Destinations:
    """number_of_dests (1-254) and that many addresses or list names (SMPP 3.4 §4.5.1)."""

    source: str
    max_count: int = 254
    status: int = CommandStatus.RINVNUMDESTS


@dataclass(frozen=True, slots=True)
class Unsuccessful:
    """no_unsuccess (0-255) and that many addresses with their error (SMPP 3.4 §4.5.2)."""

    source: str


Kind = Int1 | CString | TimeString | LengthAndOctets | Destinations | Unsuccessful


def layout(pdu_type: type) -> tuple[tuple[str, Kind], ...]:
    """Names and kinds of the mandatory fields of a PDU class, in wire order."""
    hints: dict[str, Any] = get_type_hints(pdu_type, include_extras=True)
    found = []
    for field in fields(pdu_type):
        for kind in getattr(hints[field.name], "__metadata__", ()):
            found.append((field.name, kind))
    return tuple(found)
