"""Octets <-> PDU (SMPP 3.4 §3.2): strict about structure, tolerant of values.

`decode` refuses a body that cannot be read, with the command_status that names the fault; what the
values mean is for others to judge, so an unknown TON, data_coding or TLV passes as it came.
Responses get more patience than requests: an empty body is read as empty fields, whatever the status,
because many peers leave bodies out.
"""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from ussd_gateway.errors import LocalProtocolError, PduError
from ussd_gateway.smpp.compiler import Reader, Writer, compile_pdu
from ussd_gateway.smpp.constants import HEADER_OCTETS, RESPONSE_BIT, CommandStatus
from ussd_gateway.smpp.pdus import ALL_PDUS, Pdu

_MESSAGE_PAYLOAD = 0x0424

_HEADER = struct.Struct(">IIII")
_TLV_HEADER = struct.Struct(">HH")
_unpack_header = _HEADER.unpack_from
_pack_header = _HEADER.pack
_unpack_tlv_header = _TLV_HEADER.unpack_from
_pack_tlv_header = _TLV_HEADER.pack


class Header(NamedTuple):
    """The four integers every PDU begins with (SMPP 3.4 §3.2.1)."""

    command_length: int
    command_id: int
    command_status: int
    sequence_number: int


class _ClassCodec(NamedTuple):
    pdu_type: type[Pdu]
    read: Reader
    write: Writer
    default_body: bytes
    has_text: bool


def read_header(frame: bytes) -> Header:
    """The header of a frame of at least 16 octets."""
    return Header(*_unpack_header(frame))


def decode(frame: bytes, *, with_tlvs: bool = True) -> Pdu:
    """One whole frame -> PDU.

    `with_tlvs=False` is for a 3.3 link, where octets behind the mandatory fields are ignored (SMPP 3.4
    §3.4). Raises PduError, with the command_status to answer and the frame's command_id and sequence
    number: RINVCMDID for an unknown id, RINVCMDLEN for a body that ends too early, RINVMSGLEN for an
    impossible sm_length, RINVOPTPARSTREAM for TLVs that do not add up, the field's own status for a string
    that is too long.
    """
    _, command_id, status, sequence = _unpack_header(frame)
    codec = _CODECS.get(command_id)
    if codec is None:
        raise PduError(
            CommandStatus.RINVCMDID, "unknown command_id", command_id=command_id, sequence_number=sequence
        )
    end = len(frame)
    if end == HEADER_OCTETS and command_id & RESPONSE_BIT:
        return codec.pdu_type(command_status=status, sequence_number=sequence)
    try:
        pdu, at = codec.read(frame, status, sequence)
        pdu.tlvs = tlvs = _read_tlvs(frame, at) if at != end and with_tlvs else []
        if tlvs and codec.has_text and pdu.short_message:
            _refuse_second_text(tlvs)
    except PduError as error:
        error.command_id, error.sequence_number = command_id, sequence
        raise
    return pdu  # type: ignore[no-any-return]  # the generated reader is untyped


def decode_response(frame: bytes, *, with_tlvs: bool = True) -> tuple[Pdu, bool]:
    """A response of a known type, and whether its body could be read.

    One that could not still answers: its status counts, its fields are empty.
    """
    try:
        return decode(frame, with_tlvs=with_tlvs), True
    except PduError:
        return decode(frame[:HEADER_OCTETS]), False


def _read_tlvs(frame: bytes, at: int) -> list[tuple[int, bytes]]:
    """TLVs from `at` to the end of the frame, as they stand (SMPP 3.4 §3.2.4.1)."""
    end = len(frame)
    tlvs = []
    while at < end:
        if at + 4 > end:
            raise PduError(CommandStatus.RINVOPTPARSTREAM, "a TLV header is cut off")
        tag, length = _unpack_tlv_header(frame, at)
        at += 4
        stop = at + length
        if stop > end:
            raise PduError(CommandStatus.RINVOPTPARSTREAM, f"TLV 0x{tag:04X} is longer than the PDU")
        tlvs.append((tag, frame[at:stop]))
        at = stop
    return tlvs


def _refuse_second_text(tlvs: Sequence[tuple[int, bytes]]) -> None:
    """short_message and message_payload exclude each other (SMPP 3.4 §5.3.2.32).

    The status is ROPTPARNOTALLWD: the TLV is the one that is not allowed where sm_length is not zero.
    """
    for tag, _ in tlvs:
        if tag == _MESSAGE_PAYLOAD:
            raise PduError(CommandStatus.ROPTPARNOTALLWD, "message_payload beside a short_message")


def encode(pdu: Pdu, *, with_tlvs: bool = True, full_body: bool = False) -> bytes:
    """PDU -> one whole frame.

    A response with an error status and nothing in its body is a header alone (SMPP 3.4 §4.1.2, §4.4.2);
    `full_body=True` writes the empty fields all the same, for clients that stumble over their absence.
    `with_tlvs=False` leaves TLVs out, for a 3.3 link. Raises LocalProtocolError for what cannot be
    written: a string too long or not Latin-1, an integer that fits no octet, two texts.
    """
    command_id, status = pdu.command_id, pdu.command_status
    codec = _CODECS[command_id]
    body = codec.write(pdu)
    if pdu.tlvs:
        body += _tlv_octets(pdu, codec.has_text, with_tlvs)
    if status and command_id & RESPONSE_BIT and not full_body and body == codec.default_body:
        body = b""
    try:
        return _pack_header(HEADER_OCTETS + len(body), command_id, status, pdu.sequence_number) + body
    except struct.error as error:
        raise LocalProtocolError("command_status or sequence_number fits no four octets") from error


def _tlv_octets(pdu: Any, has_text: bool, with_tlvs: bool) -> bytes:
    octets = b""
    for tag, value in pdu.tlvs:
        if tag == _MESSAGE_PAYLOAD:
            if not with_tlvs:
                raise LocalProtocolError("a 3.3 peer cannot read message_payload")
            if has_text and pdu.short_message:
                raise LocalProtocolError("message_payload beside a short_message")
        if with_tlvs:
            try:
                octets += _pack_tlv_header(tag, len(value)) + value
            except struct.error as error:
                raise LocalProtocolError(f"TLV {tag} of {len(value)} octets cannot be written") from error
    return octets


def _class_codec(pdu_type: type[Pdu]) -> _ClassCodec:
    read, write = compile_pdu(pdu_type)
    default_body = write(pdu_type()) if pdu_type.command_id & RESPONSE_BIT else b""
    return _ClassCodec(pdu_type, read, write, default_body, hasattr(pdu_type, "short_message"))


_CODECS: dict[int, _ClassCodec] = {pdu_type.command_id: _class_codec(pdu_type) for pdu_type in ALL_PDUS}
