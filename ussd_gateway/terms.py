"""What the sender of a short message asked for: until when, how urgent, who hears of its end.

Texts of our own have no terms.  A message that somebody submitted carries them from the submit to its end,
through the store and through restarts, so they are plain values (SMPP 3.4 §5.2.5-§5.2.19).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Address(NamedTuple):
    """An address as SMPP writes it: type of number, numbering plan, and the digits or the name."""

    ton: int = 0
    npi: int = 0
    digits: str = ""


class Terms(NamedTuple):
    """`origin` is told of the end: the access of an application (`smpp:app`, `http:shop`) or the MSISDN of a
    phone; empty for nobody.  `registered` says of which ends (registered_delivery, SMPP 3.4 §5.2.17); over
    HTTP `report_to` says where, and `report_mask` of what.

    `source` and `destination` are the addresses as they were submitted; a receipt has them swapped, a
    message to an application is delivered with them.  `octets` is user data that goes out unchanged, behind
    the header that `esm_class` announces and in `data_coding`; None: the message's text is written as we
    write ours.  `tlvs` go out with it.

    It is tried until `expires_ms` (0: for ever), before those of a lower `priority` (0-3).
    `reference` is the user_message_reference (two octets, or none) that its receipts repeat.  Its sender
    knows it by its own id, or by `known_as` when it shares one with others (submit_multi, SMPP 3.4 §4.5),
    written with eight hexadecimal digits if `short_id`.  `dpf`: whether it wants to hear when the phone is
    back (set_dpf, SMPP 3.4 §5.3.2.29), None when it did not say.
    """

    origin: str = ""
    source: Address | None = None
    destination: Address | None = None
    service_type: str = ""
    protocol_id: int = 0
    esm_class: int = 0
    data_coding: int = 0
    octets: bytes | None = None
    tlvs: tuple[tuple[int, bytes], ...] = ()
    expires_ms: int = 0
    priority: int = 0
    registered: int = 0
    report_to: str = ""
    report_mask: int = 0
    reference: bytes = b""
    known_as: int = 0
    short_id: bool = False
    dpf: int | None = None


_ASKED_FOR_NOTHING = Terms()


def as_json(terms: Terms) -> dict[str, Any]:
    """What differs from `Terms()`, as JSON knows it; octets in hexadecimal."""
    told: dict[str, Any] = {}
    value: Any
    for name, value, usual in zip(Terms._fields, terms, _ASKED_FOR_NOTHING, strict=True):
        if value == usual:
            continue
        if name == "tlvs":
            value = [(tag, octets.hex()) for tag, octets in value]
        elif isinstance(value, bytes):
            value = value.hex()
        told[name] = value
    return told


def from_json(told: Mapping[str, Any]) -> Terms:
    """What `as_json` wrote."""
    fields = dict(told)
    for name in ("source", "destination"):
        if name in fields:
            fields[name] = Address(*fields[name])
    for name in ("octets", "reference"):
        if name in fields:
            fields[name] = bytes.fromhex(fields[name])
    if "tlvs" in fields:
        fields["tlvs"] = tuple((tag, bytes.fromhex(octets)) for tag, octets in fields["tlvs"])
    return Terms(**fields)
