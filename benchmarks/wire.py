"""The PDUs of the load, as bytes: encoded once, then only their sequence number is patched.

Written apart from the gateway's own codec on purpose: a mistake there must not hide here.
Layouts: SMPP 3.4 §4.1 (bind), §4.4 (submit_sm), §4.6 (deliver_sm).
"""

import struct
from typing import NamedTuple

HEADER = struct.Struct(">IIII")
"""command_length, command_id, command_status, sequence_number."""
HEADER_SIZE = 16
SEQUENCE = struct.Struct(">I")

GENERIC_NACK = 0x80000000
SUBMIT_SM = 0x00000004
SUBMIT_SM_RESP = 0x80000004
DELIVER_SM = 0x00000005
DELIVER_SM_RESP = 0x80000005
UNBIND = 0x00000006
UNBIND_RESP = 0x80000006
BIND_TRANSCEIVER = 0x00000009
BIND_TRANSCEIVER_RESP = 0x80000009
ENQUIRE_LINK = 0x00000015
ENQUIRE_LINK_RESP = 0x80000015
RESPONSE = 0x80000000

OP_BEGIN = 1
OP_REQUEST = 2
OP_ANSWER = 18
OP_END = 17
USSD_SERVICE_OP = 0x0501

DELIVER_SM_RESP_HEAD = SEQUENCE.pack(17) + SEQUENCE.pack(DELIVER_SM_RESP) + SEQUENCE.pack(0)
"""An accepted delivery up to its sequence number; an empty message_id closes it."""


class Template(NamedTuple):
    """A request whose sequence number goes between its two halves."""

    head: bytes
    tail: bytes


def pdu(command: int, sequence: int, body: bytes = b"") -> bytes:
    """A whole PDU with command_status 0."""
    return HEADER.pack(HEADER_SIZE + len(body), command, 0, sequence) + body


def bind_transceiver(system_id: str, password: str, address_range: str, sequence: int = 1) -> bytes:
    """Bind both ways, for the addresses that begin with `address_range`."""
    body = b"\0".join([system_id.encode(), password.encode(), b""]) + b"\0\x34\1\1" + address_range.encode()
    return pdu(BIND_TRANSCEIVER, sequence, body + b"\0")


def submit_sm(source: str, destination: str, text: bytes, *, ussd_op: int | None = None) -> Template:
    """One submit_sm from a phone; with `ussd_op` it is a step of a USSD dialogue (service_type USSD)."""
    service_type, tlv = b"", b""
    if ussd_op is not None:
        service_type, tlv = b"USSD", struct.pack(">HHB", USSD_SERVICE_OP, 1, ussd_op)
    destination_ton = b"\1\1" if destination.startswith("79") else b"\0\1"
    body = b"".join(
        [
            service_type + b"\0",
            b"\1\1" + source.encode() + b"\0",
            destination_ton + destination.encode() + b"\0",
            bytes(3),  # esm_class, protocol_id, priority_flag
            bytes(2),  # no schedule, no validity
            bytes(4),  # registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id
            bytes([len(text)]) + text,
            tlv,
        ]
    )
    return Template(HEADER.pack(HEADER_SIZE + len(body), SUBMIT_SM, 0, 0)[:12], body)


def delivered_to(data: bytes, position: int) -> tuple[bytes, int]:
    """Of the deliver_sm whose header starts at `position`: destination_addr, and where it ends.

    Raises ValueError when a string has no end.
    """
    source = data.index(0, position + HEADER_SIZE) + 3
    destination = data.index(0, source) + 3
    end = data.index(0, destination)
    return data[destination:end], end


def ussd_op_of(data: bytes, destination_end: int, pdu_end: int) -> tuple[int, bytes]:
    """ussd_service_op (0 when absent) and short_message of a deliver_sm, from where its destination ends.

    The two times of a deliver_sm are empty by specification, so sm_length stands at a fixed distance.
    """
    text = destination_end + 11
    position = text + data[destination_end + 10]
    message = data[text:position]
    while position + 4 < pdu_end:
        tag, length = struct.unpack_from(">HH", data, position)
        if tag == USSD_SERVICE_OP:
            return data[position + 4], message
        position += 4 + length
    return 0, message
