"""TCP keeps octets, not PDUs: however a stream is cut, it means the same (SMPP 3.4 §2.5)."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.links import answers
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.events import BindRequested, Event, RequestReceived
from ussd_gateway.smpp.operations import Role
from ussd_gateway.smpp.pdus import (
    BindTransceiver,
    DataSm,
    DeliverSm,
    EnquireLink,
    Pdu,
    QuerySm,
    SubmitSm,
    Unbind,
)
from ussd_gateway.smpp.session import Session
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD, USSD_SERVICE_OP

HONEST: list[Pdu] = [
    EnquireLink(sequence_number=1),
    BindTransceiver(sequence_number=2, system_id="handset", password="handset"),
    SubmitSm(sequence_number=3, short_message=b"*105#", tlvs=[USSD_SERVICE_OP(1)]),
    EnquireLink(sequence_number=4),
    DataSm(sequence_number=5, tlvs=[MESSAGE_PAYLOAD(b"x" * 300)]),
    DeliverSm(sequence_number=6),
    QuerySm(sequence_number=7, message_id="17"),
]
BROKEN = struct.pack(">IIII", 20, 0x04, 0, 8) + b"abcd" + struct.pack(">IIII", 17, 0x0A, 0, 9) + b"!"
ENDS = {
    "unbind": encode(Unbind(sequence_number=10)),
    "a length below 16": struct.pack(">IIII", 15, 4, 0, 11),
    "a length above the limit": struct.pack(">IIII", 0x7FFFFFFF, 4, 0, 11),
    "half a PDU": encode(SubmitSm(sequence_number=12))[:20],
}
STREAMS = {name: b"".join(map(encode, HONEST)) + BROKEN + end for name, end in ENDS.items()}


def converse(pieces: list[bytes]) -> tuple[list[Event], list[Pdu], object]:
    """Feed a stream in pieces to a session whose shell accepts every bind and refuses every request.

    Returns the events, what the session wrote of its own accord, and how it ended. The shell's
    refusals are left out: they come when `receive` has returned, and a session that closed swallows them.
    """
    session = Session(Role.SMSC, now_s=0.0)
    seen: list[Event] = []
    own: list[Pdu] = []
    for piece in pieces:
        events = session.receive(piece, 0.0)
        own += answers(session)
        while events:
            event = events.pop(0)
            seen.append(event)
            if isinstance(event, BindRequested):
                events += session.accept_bind(event.request, 0.0, system_id="gw")
                own += answers(session)
            elif isinstance(event, RequestReceived):
                session.refuse(event.request, CommandStatus.RSYSERR)
                own += answers(session)[1:]
    return seen, own, (session.state, session.counters, session.connection_lost())


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_every_split_point_gives_the_same_events(stream):
    whole = converse([stream])
    assert len(whole[0]) >= 4
    for at in range(1, len(stream)):
        assert converse([stream[:at], stream[at:]]) == whole, f"cut at octet {at}"


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_octet_by_octet(stream):
    assert converse([stream[at : at + 1] for at in range(len(stream))]) == converse([stream])


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(0, 700)))
def test_any_cuts(name, cuts):
    stream = STREAMS[name]
    marks = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:stop] for start, stop in pairwise(marks)]
    assert converse(pieces) == converse([stream])


def test_nothing_overtakes_a_bind_response():
    """smpplib takes the first PDU after its bind for the answer to it, whatever it is."""
    session = Session(Role.SMSC, now_s=0.0)
    pipelined = [
        BindTransceiver(sequence_number=1),
        SubmitSm(sequence_number=2),
        EnquireLink(sequence_number=3),
    ]
    (asked,) = session.receive(b"".join(map(encode, pipelined)), 0.0)
    assert session.take_output() == b""
    assert isinstance(asked, BindRequested)
    (event,) = session.accept_bind(asked.request, 0.0)
    assert event == RequestReceived(pipelined[1])
    assert [pdu.sequence_number for pdu in answers(session)] == [1, 3]


def test_a_peer_cannot_fill_memory_while_its_bind_is_judged():
    session = Session(Role.SMSC, now_s=0.0)
    (asked,) = session.receive(encode(BindTransceiver()), 0.0)
    assert isinstance(asked, BindRequested)
    for _ in range(100):
        session.receive(bytes(1000), 0.0)
    assert session.state.value == "closed"
    assert session.accept_bind(asked.request, 0.0) == []
