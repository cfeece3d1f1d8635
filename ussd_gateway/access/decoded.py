"""A captured PDU field by field: where each stands in the frame, its octets, and what they mean.

It walks the declaration of the PDU (`smpp.layout`), as the codec does, and so has the same fields.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode
from ussd_gateway.smpp.constants import (
    HEADER_OCTETS,
    RESPONSE_BIT,
    DestFlag,
    EsmClass,
    Npi,
    Ton,
    command_name,
    status_name,
    ussd_op_name,
)
from ussd_gateway.smpp.layout import Destinations, Int1, Kind, LengthAndOctets, Unsuccessful, layout
from ussd_gateway.smpp.pdus import ALL_PDUS
from ussd_gateway.smpp.text import alphabet_of, decode_text
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD, TLVS, USSD_SERVICE_OP, IntTlv, StringTlv

_TYPES = {pdu_type.command_id: pdu_type for pdu_type in ALL_PDUS}
_TONS = {value: name.lower() for name, value in vars(Ton).items() if not name.startswith("_")}
_NPIS = {value: name.lower() for name, value in vars(Npi).items() if not name.startswith("_")}


class Decoded(NamedTuple):
    """One field: `at` counts octets from the begin of the frame, `value` is for people."""

    name: str
    at: int
    octets: int
    value: str
    meaning: str = ""


def decoded(frame: bytes) -> list[Decoded]:
    """Every field of a frame with a whole header, in its order; what cannot be read is one field `body`."""
    header = [
        Decoded(name, at, 4, *_header(name, int.from_bytes(frame[at : at + 4], "big")))
        for name, at in (
            ("command_length", 0),
            ("command_id", 4),
            ("command_status", 8),
            ("sequence_number", 12),
        )
    ]
    if len(frame) == HEADER_OCTETS:
        return header
    command_id = int.from_bytes(frame[4:8], "big")
    problem = "no such PDU"
    if command_id in _TYPES:
        try:
            decode(frame)
        except PduError as error:
            problem = str(error)
        else:
            return [*header, *_Reader(frame).fields()]
    rest = frame[HEADER_OCTETS:]
    return [*header, Decoded("body", HEADER_OCTETS, len(rest), rest.hex(" "), problem)]


class _Reader:
    """Walks a frame that the codec can read."""

    def __init__(self, frame: bytes) -> None:
        self._frame = frame
        self._at = HEADER_OCTETS
        self._coding = 0
        self._with_header = False

    def fields(self) -> Iterator[Decoded]:
        command_id = int.from_bytes(self._frame[4:8], "big")
        for name, kind in layout(_TYPES[command_id]):
            if self._at >= len(self._frame) and command_id & RESPONSE_BIT:
                return  # a peer may leave the body of a refusal out (SMPP 3.4 §4.4.2)
            yield from self._field(name, kind)
        while self._at < len(self._frame):
            yield self._tlv()

    def _field(self, name: str, kind: Kind) -> Iterator[Decoded]:
        match kind:
            case Int1():
                yield self._number(name)
            case LengthAndOctets():
                length = self._frame[self._at]
                yield self._number("sm_length")
                yield from self._text(name, length)
            case Destinations() | Unsuccessful():
                count = self._frame[self._at]
                yield self._number("number_of_dests" if isinstance(kind, Destinations) else "no_unsuccess")
                one = self._destination if isinstance(kind, Destinations) else self._unsuccessful
                for _ in range(count):
                    yield from one()
            case _:
                yield self._string(name)

    def _number(self, name: str, octets: int = 1) -> Decoded:
        value = int.from_bytes(self._frame[self._at : self._at + octets], "big")
        meaning = status_name(value) if name == "error_status_code" else ""
        if octets == 1:
            meaning = _meaning(name, value)
        if name == "data_coding":
            self._coding = value
        elif name == "esm_class":
            self._with_header = bool(value & EsmClass.UDHI)
        return self._taken(name, octets, str(value), meaning)

    def _string(self, name: str) -> Decoded:
        end = self._frame.index(0, self._at)
        value = self._frame[self._at : end].decode("latin-1")
        return self._taken(name, end + 1 - self._at, value)

    def _text(self, name: str, length: int) -> Iterator[Decoded]:
        if self._with_header and length:
            header = min(1 + self._frame[self._at], length)
            yield self._hexadecimal("user_data_header", header)
            length -= header
        text = decode_text(self._frame[self._at : self._at + length], self._coding)
        yield self._taken(name, length, text)

    def _destination(self) -> Iterator[Decoded]:
        flag = self._frame[self._at]
        yield self._number("dest_flag")
        if flag == DestFlag.SME_ADDRESS:
            yield self._number("dest_addr_ton")
            yield self._number("dest_addr_npi")
            yield self._string("destination_addr")
        else:
            yield self._string("dl_name")

    def _unsuccessful(self) -> Iterator[Decoded]:
        yield self._number("dest_addr_ton")
        yield self._number("dest_addr_npi")
        yield self._string("destination_addr")
        yield self._number("error_status_code", 4)

    def _tlv(self) -> Decoded:
        tag = int.from_bytes(self._frame[self._at : self._at + 2], "big")
        length = int.from_bytes(self._frame[self._at + 2 : self._at + 4], "big")
        octets = self._frame[self._at + 4 : self._at + 4 + length]
        known = TLVS.get(tag)
        value, meaning = octets.hex(" "), f"TLV 0x{tag:04X}"
        if known is MESSAGE_PAYLOAD:
            value = decode_text(octets, self._coding)
        elif isinstance(known, IntTlv):
            number = int.from_bytes(octets, "big")
            value = str(number)
            if known is USSD_SERVICE_OP:
                meaning = f"{ussd_op_name(number)}, {meaning}"
        elif isinstance(known, StringTlv):
            value = octets.decode("latin-1").partition("\0")[0]
        return self._taken(known.name if known else f"0x{tag:04X}", 4 + length, value, meaning)

    def _hexadecimal(self, name: str, octets: int) -> Decoded:
        return self._taken(name, octets, self._frame[self._at : self._at + octets].hex(" "))

    def _taken(self, name: str, octets: int, value: str, meaning: str = "") -> Decoded:
        at, self._at = self._at, self._at + octets
        return Decoded(name, at, octets, value, meaning)


def _header(name: str, value: int) -> tuple[str, str]:
    if name == "command_id":
        return f"0x{value:08X}", command_name(value)
    if name == "command_status":
        return f"0x{value:08X}", status_name(value)
    return str(value), ""


def _esm_class(value: int) -> str:
    words = ["user data header"] if value & EsmClass.UDHI else []
    if value & EsmClass.TYPE_MASK == EsmClass.DELIVERY_RECEIPT:
        words.append("delivery receipt")
    return ", ".join(words)


_MEANINGS: dict[str, Callable[[int], str]] = {
    "data_coding": lambda value: alphabet_of(value).value,
    "esm_class": _esm_class,
    "interface_version": lambda value: f"{value >> 4}.{value & 15}",
}


def _meaning(name: str, value: int) -> str:
    if name.endswith("_ton"):
        return _TONS.get(value, "")
    if name.endswith("_npi"):
        return _NPIS.get(value, "")
    known = _MEANINGS.get(name)
    return known(value) if known else ""
