"""The load's own PDUs against the layouts of SMPP 3.4 §4.1, §4.4, §4.6."""

import struct

import pytest

from benchmarks import wire


def fields(body: bytes) -> list[bytes]:
    """service_type, source, destination of a submit_sm body, with TON and NPI before the addresses."""
    service_type, rest = body.split(b"\0", 1)
    source, rest = rest[:2], rest[2:]
    source_addr, rest = rest.split(b"\0", 1)
    destination, rest = rest[:2], rest[2:]
    destination_addr, _ = rest.split(b"\0", 1)
    return [service_type, source + source_addr, destination + destination_addr]


def deliver_sm(destination: str, text: bytes, tlvs: bytes = b"") -> bytes:
    addresses = b"USSD\0" + b"\0\1*105#\0" + b"\1\1" + destination.encode() + b"\0"
    flags = bytes(3 + 2 + 4)  # esm_class to priority_flag; two empty times; the four before sm_length
    return wire.pdu(wire.DELIVER_SM, 77, addresses + flags + bytes([len(text)]) + text + tlvs)


def test_bind_follows_the_specification():
    frame = wire.bind_transceiver("handset", "secret", "792500", sequence=5)
    assert wire.HEADER.unpack_from(frame) == (len(frame), wire.BIND_TRANSCEIVER, 0, 5)
    assert frame[16:] == b"handset\0secret\0" + b"\0\x34\x01\x01" + b"792500\0"


def test_submit_gets_its_sequence_number_between_the_halves():
    head, tail = wire.submit_sm("79250000001", "79250100001", b"hello")
    frame = head + wire.SEQUENCE.pack(9) + tail
    assert wire.HEADER.unpack_from(frame) == (len(frame), wire.SUBMIT_SM, 0, 9)
    assert fields(frame[16:]) == [b"", b"\1\x0179250000001", b"\1\x0179250100001"]
    assert frame.endswith(b"\x05hello")


def test_dialogue_step_carries_the_ussd_mark():
    _, tail = wire.submit_sm("79250000001", "*105#", b"*105#", ussd_op=wire.OP_BEGIN)
    assert fields(tail)[0] == b"USSD"
    assert tail.endswith(b"\x05*105#" + b"\x05\x01\x00\x01\x01")


@pytest.mark.parametrize("text", [b"", b"Menu", bytes(160)])
def test_screen_is_read_behind_other_tlvs(text):
    other = struct.pack(">HHH", 0x1383, 2, 0x0102)
    operation = struct.pack(">HHB", wire.USSD_SERVICE_OP, 1, wire.OP_END)
    junk = b"\xff" * 7
    frame = deliver_sm("79250000001", text, other + operation)
    data = junk + frame + junk
    number, end = wire.delivered_to(data, len(junk))
    assert number == b"79250000001"
    assert wire.ussd_op_of(data, end, len(junk) + len(frame)) == (wire.OP_END, text)


def test_plain_message_has_no_operation():
    frame = deliver_sm("79250000001", b"hello")
    _, end = wire.delivered_to(frame, 0)
    assert wire.ussd_op_of(frame, end, len(frame)) == (0, b"hello")
