"""What each fault of a peer gets (SMPP 3.4 §2.8, §3.2-3.3, §4.3, table 5-2)."""

import struct

import pytest

from tests.conformance.links import answers, bound_centre, bound_esme, feed
from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.constants import RESPONSE_BIT, CommandId, CommandStatus, status_name
from ussd_gateway.smpp.events import BindRequested, CloseReason, RequestReceived, ResponseReceived
from ussd_gateway.smpp.operations import Role, SessionState
from ussd_gateway.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    SmeAddress,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
)
from ussd_gateway.smpp.session import Session, SessionConfig
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD, USSD_SERVICE_OP

Status = CommandStatus


def frame(command_id: int, body: bytes, sequence: int = 9) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command_id, 0, sequence) + body


def submit_body(
    *,
    service_type: bytes = b"\0",
    source: bytes = b"\0\0" + b"\0",
    destination: bytes = b"\0\0" + b"\0",
    times: bytes = b"\0\0",
    text: bytes = b"\0",
) -> bytes:
    """A submit_sm body in its five movable parts; the defaults are the smallest legal one."""
    return service_type + source + destination + b"\0\0\0" + times + b"\0\0\0\0" + text


SUBMIT_FAULTS = {
    "§5.2.11 service_type of 6 characters": (submit_body(service_type=b"ABCDEF\0"), Status.RINVSERTYP),
    "§5.2.8 source_addr of 21 characters": (
        submit_body(source=b"\1\1" + b"7" * 21 + b"\0"),
        Status.RINVSRCADR,
    ),
    "§5.2.9 destination_addr of 21 characters": (
        submit_body(destination=b"\1\1" + b"7" * 21 + b"\0"),
        Status.RINVDSTADR,
    ),
    "§5.2.15 schedule_delivery_time of 15 characters": (
        submit_body(times=b"2" * 15 + b"\0" + b"\0"),
        Status.RINVSCHED,
    ),
    "§5.2.15 schedule_delivery_time of 17 characters": (
        submit_body(times=b"2" * 17 + b"\0" + b"\0"),
        Status.RINVSCHED,
    ),
    "§5.2.16 validity_period of 1 character": (submit_body(times=b"\0" + b"2\0"), Status.RINVEXPIRY),
    "§5.2.21 sm_length 255": (submit_body(text=b"\xff" + b"x" * 255), Status.RINVMSGLEN),
    "§5.2.21 sm_length above the body": (submit_body(text=b"\x05abcd"), Status.RINVMSGLEN),
    "§3.2 no body at all": (b"", Status.RINVCMDLEN),
    "§3.2 body ends in service_type": (b"USS", Status.RINVCMDLEN),
    "§3.2 body ends in the integers": (submit_body()[:-2], Status.RINVCMDLEN),
    "§3.2 body ends before sm_length": (submit_body()[:-1], Status.RINVCMDLEN),
    "§3.3 TLV header cut off": (submit_body() + b"\x05\x01\x00", Status.RINVOPTPARSTREAM),
    "§3.3 TLV longer than the PDU": (submit_body() + b"\x05\x01\x00\x02\x01", Status.RINVOPTPARSTREAM),
    "§5.3.2.32 short_message and message_payload": (
        submit_body(text=b"\x01a") + b"\x04\x24\x00\x01b",
        Status.ROPTPARNOTALLWD,
    ),
}


@pytest.mark.parametrize("body,status", SUBMIT_FAULTS.values(), ids=SUBMIT_FAULTS)
def test_a_broken_body_gets_its_typed_response_and_the_bind_lives_on(body, status):
    session = bound_centre()
    assert session.receive(frame(CommandId.SUBMIT_SM, body), 0.0) == []
    assert answers(session) == [SubmitSmResp(command_status=status, sequence_number=9)]
    assert session.counters.violations == 1
    (event,) = feed(session, SubmitSm(sequence_number=10))
    assert isinstance(event, RequestReceived)


@pytest.mark.parametrize("body,status", SUBMIT_FAULTS.values(), ids=SUBMIT_FAULTS)
def test_the_codec_names_the_same_fault(body, status):
    with pytest.raises(PduError) as caught:
        decode(frame(CommandId.SUBMIT_SM, body, sequence=0xABCD))
    assert status_name(caught.value.command_status) == status_name(status)
    assert (caught.value.command_id, caught.value.sequence_number) == (CommandId.SUBMIT_SM, 0xABCD)


MULTI_HEAD = b"\0" + b"\0\0\0"  # service_type, source
MULTI_FAULTS = {
    "§4.5.1 number_of_dests 0": (MULTI_HEAD + b"\x00", Status.RINVNUMDESTS),
    "§4.5.1 number_of_dests 255": (MULTI_HEAD + b"\xff" + b"\x01\0\0\0" * 255, Status.RINVNUMDESTS),
    "§5.2.25 dest_flag 3": (MULTI_HEAD + b"\x01\x03\0\0\0", Status.RINVDESTFLAG),
    "§5.2.27 dl_name of 21 characters": (MULTI_HEAD + b"\x01\x02" + b"n" * 21 + b"\0", Status.RINVDLNAME),
    "§5.2.9 address of 21 characters": (
        MULTI_HEAD + b"\x01\x01\0\0" + b"7" * 21 + b"\0",
        Status.RINVDSTADR,
    ),
    "§3.2 ends among the destinations": (MULTI_HEAD + b"\x02\x01\0\0\0", Status.RINVCMDLEN),
}


@pytest.mark.parametrize("body,status", MULTI_FAULTS.values(), ids=MULTI_FAULTS)
def test_a_broken_submit_multi(body, status):
    session = bound_centre()
    assert session.receive(frame(CommandId.SUBMIT_MULTI, body), 0.0) == []
    (refusal,) = answers(session)
    assert refusal.command_id == CommandId.SUBMIT_MULTI | RESPONSE_BIT
    assert status_name(refusal.command_status) == status_name(status)


BIND_FAULTS = {
    "§5.2.1 system_id of 16 characters": (b"s" * 16 + b"\0" + b"\0\0\x34\0\0\0", Status.RINVSYSID),
    "§5.2.2 password of 9 characters": (b"\0" + b"p" * 9 + b"\0" + b"\0\x34\0\0\0", Status.RINVPASWD),
    "§5.2.3 system_type of 13 characters": (
        b"\0\0" + b"t" * 13 + b"\0" + b"\x34\0\0\0",
        Status.RINVSYSTYP,
    ),
    "§5.2.7 address_range of 41 characters": (
        b"\0\0\0\x34\0\0" + b"r" * 41 + b"\0",
        Status.RBINDFAIL,
    ),
    "§3.2 last NUL missing": (b"\0\0\0\x34\0\0", Status.RINVCMDLEN),
}


@pytest.mark.parametrize("body,status", BIND_FAULTS.values(), ids=BIND_FAULTS)
def test_a_broken_bind_is_refused_and_may_be_tried_again(body, status):
    session = Session(Role.SMSC, now_s=0.0)
    assert session.receive(frame(CommandId.BIND_TRANSCEIVER, body), 0.0) == []
    assert answers(session) == [BindTransceiverResp(command_status=status, sequence_number=9)]
    (event,) = feed(session, BindTransceiver())
    assert isinstance(event, BindRequested)


class TestGenericNack:
    """Only two faults of the header get it (SMPP 3.4 §3.3, §4.3)."""

    @pytest.mark.parametrize("command_id", [0x0A, 0x0C, 0x16, 0x20, 0x101, 0x104, 0x111, 0x00010200])
    def test_an_unknown_command_id(self, command_id):
        session = bound_centre()
        session.receive(frame(command_id, b"whatever", sequence=0x7FFFFFFF), 0.0)
        assert answers(session) == [GenericNack(command_status=Status.RINVCMDID, sequence_number=0x7FFFFFFF)]
        assert session.state is SessionState.BOUND_TRX

    @pytest.mark.parametrize("command_id", [0x80000102, 0x8000000B, 0x80010200, 0xFFFFFFFF])
    def test_an_unknown_response_gets_none_or_nacks_would_answer_nacks(self, command_id):
        session = bound_centre()
        session.receive(frame(command_id, b""), 0.0)
        assert session.take_output() == b""
        assert session.counters.stray_responses == 1

    def test_a_generic_nack_is_never_answered(self):
        session = bound_centre()
        feed(session, GenericNack(command_status=Status.RINVCMDID, sequence_number=5))
        assert session.take_output() == b""

    @pytest.mark.parametrize("length", [0, 4, 8, 15])
    def test_a_length_below_16_has_no_sequence_to_echo(self, length):
        session = bound_centre()
        session.receive(struct.pack(">IIII", length, CommandId.ENQUIRE_LINK, 0, 7), 0.0)
        assert answers(session) == [GenericNack(command_status=Status.RINVCMDLEN, sequence_number=0)]
        check_closed(session, CloseReason.FRAMING)

    def test_a_length_above_the_limit_echoes_its_sequence(self):
        session = bound_centre(config=SessionConfig(max_command_length=1000))
        session.receive(struct.pack(">IIII", 1001, CommandId.SUBMIT_SM, 0, 7), 0.0)
        assert answers(session) == [GenericNack(command_status=Status.RINVCMDLEN, sequence_number=7)]
        check_closed(session, CloseReason.FRAMING)

    def test_a_peer_that_speaks_http(self):
        session = Session(Role.SMSC, now_s=0.0)
        session.receive(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 0.0)
        (nack,) = answers(session)
        assert isinstance(nack, GenericNack)
        check_closed(session, CloseReason.FRAMING)

    def test_what_came_before_the_bad_length_counts_and_nothing_after(self):
        session = bound_centre()
        good, bad = encode(EnquireLink(sequence_number=3)), struct.pack(">IIII", 1, 0, 0, 0)
        assert session.receive(good + bad + good, 0.0) == []
        assert answers(session) == [
            EnquireLinkResp(sequence_number=3),
            GenericNack(command_status=Status.RINVCMDLEN),
        ]
        assert session.receive(good, 0.0) == []
        assert session.take_output() == b""


def check_closed(session, reason):
    assert session.state is SessionState.CLOSED
    (event,) = session.connection_lost()
    assert event.reason is reason
    assert session.connection_lost() == []


class TestCommandLength:
    """16 to the limit; 256 octets until a bind is accepted (SMPP 3.4 §3.2)."""

    def test_the_largest_message_payload_passes(self):
        session = bound_centre()
        request = SubmitSm(sequence_number=2, tlvs=[MESSAGE_PAYLOAD(b"x" * 65535)])
        assert feed(session, request) == [RequestReceived(request)]

    @pytest.mark.parametrize("length,closes", [(256, False), (257, True)])
    def test_before_the_bind(self, length, closes):
        session = Session(Role.SMSC, now_s=0.0)
        session.receive(struct.pack(">IIII", length, CommandId.SUBMIT_SM, 0, 1) + bytes(length - 16), 0.0)
        assert (session.state is SessionState.CLOSED) is closes

    def test_the_exact_limit(self):
        session = bound_centre(config=SessionConfig(max_command_length=300))
        body = encode(SubmitSm(sequence_number=2))[16:]
        padding = struct.pack(">HH", 0x1400, 300 - 16 - len(body) - 4)
        data = frame(CommandId.SUBMIT_SM, body + padding + bytes(300 - 20 - len(body)))
        (event,) = feed(session, data)
        assert isinstance(event, RequestReceived)


class TestErrorBodies:
    """A response with an error is a header alone (SMPP 3.4 §4.1.2, §4.4.2), unless asked otherwise."""

    def test_a_refused_bind_is_a_header_alone(self):
        session = Session(Role.SMSC, now_s=0.0)
        (asked,) = feed(session, BindReceiver(sequence_number=4))
        session.refuse_bind(asked.request, 0.0, Status.RINVPASWD)
        assert session.take_output().hex() == "00000010800000010000000e00000004"

    def test_with_a_system_id_it_has_a_body(self):
        session = Session(Role.SMSC, now_s=0.0)
        (asked,) = feed(session, BindReceiver(sequence_number=4))
        session.refuse_bind(asked.request, 0.0, Status.RINVPASWD, system_id="gw")
        assert session.take_output().hex() == "00000013800000010000000e00000004" + "677700"

    def test_the_option_for_clients_that_want_the_empty_fields(self):
        session = Session(Role.SMSC, config=SessionConfig(full_error_bodies=True), now_s=0.0)
        (asked,) = feed(session, BindReceiver(sequence_number=4))
        session.refuse_bind(asked.request, 0.0, Status.RBINDFAIL)
        assert session.take_output().hex() == "00000011800000010000000d00000004" + "00"

    def test_a_refused_submit(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=6))
        session.refuse(event.request, Status.RTHROTTLED)
        assert session.take_output().hex() == "00000010800000040000005800000006"

    def test_a_vendor_status_survives(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=6))
        session.refuse(event.request, 0x4AB)
        (response,) = answers(session)
        assert response.command_status == 0x4AB


class TestResponsesOfThePeer:
    """Bodies are forgiven: the status is the answer."""

    @pytest.mark.parametrize("status", [0, 0x65, 0x4AB])
    def test_a_deliver_sm_resp_without_its_nul(self, status):
        session = bound_centre()
        request = DeliverSm()
        sequence = session.send_request(request, 0.0, "token")
        header = struct.pack(">IIII", 16, CommandId.DELIVER_SM_RESP, status, sequence)
        expected = DeliverSmResp(command_status=status, sequence_number=sequence)
        assert session.receive(header, 0.0) == [ResponseReceived(request, expected, "token")]

    def test_a_response_whose_body_is_garbage(self):
        session = bound_esme()
        sequence = session.send_request(SubmitSm(), 0.0)
        (event,) = feed(session, struct.pack(">IIII", 20, CommandId.SUBMIT_SM_RESP, 0, sequence) + b"abcd")
        assert event.response == SubmitSmResp(sequence_number=sequence)
        assert session.counters.violations == 1
        assert session.window_free == 10

    def test_a_generic_nack_answers_any_request(self):
        session = bound_esme()
        sequence = session.send_request(SubmitSm(), 0.0, 42)
        (event,) = feed(session, GenericNack(command_status=3, sequence_number=sequence))
        assert (event.response.command_id, event.token) == (CommandId.GENERIC_NACK, 42)

    def test_a_response_of_another_type_answers_nothing(self):
        session = bound_esme()
        sequence = session.send_request(SubmitSm(), 0.0)
        assert feed(session, DeliverSmResp(sequence_number=sequence)) == []
        assert session.counters.stray_responses == 1
        (event,) = feed(session, SubmitSmResp(sequence_number=sequence, message_id="1"))
        assert event.response.message_id == "1"


class TestViolations:
    def test_the_session_closes_when_there_were_too_many(self):
        session = bound_centre(config=SessionConfig(max_violations=3))
        for sequence in range(1, 4):
            feed(session, DeliverSm(sequence_number=sequence))
            assert session.state is SessionState.BOUND_TRX
        feed(session, DeliverSm(sequence_number=4))
        assert len(answers(session)) == 4, "the last one is answered too"
        check_closed(session, CloseReason.VIOLATIONS)

    def test_honest_errors_are_no_violations(self):
        session = bound_centre(config=SessionConfig(max_violations=0, window_in=1))
        feed(session, SubmitSm(sequence_number=1))
        feed(session, SubmitSm(sequence_number=2))
        feed(session, EnquireLinkResp(sequence_number=99))
        assert session.state is SessionState.BOUND_TRX
        assert session.counters.throttled == 1


def test_a_tlv_of_wrong_length_costs_nothing_until_it_is_asked_for():
    session = bound_centre()
    request = SubmitSm(sequence_number=3, tlvs=[(USSD_SERVICE_OP.tag, b"\0\1")])
    (event,) = feed(session, request)
    with pytest.raises(PduError) as caught:
        USSD_SERVICE_OP.get(event.request)
    session.refuse(event.request, caught.value.command_status)
    assert answers(session) == [SubmitSmResp(command_status=Status.RINVPARLEN, sequence_number=3)]


def test_254_destinations_are_legal_and_255_cannot_be_sent():
    request = SubmitMulti(sequence_number=1, dest_addresses=[SmeAddress(1, 1, "7")] * 254)
    assert decode(encode(request)) == request
    request.dest_addresses.append(SmeAddress())
    with pytest.raises(Exception, match="254"):
        encode(request)
