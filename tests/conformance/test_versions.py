"""Version negotiation: 3.3, 3.4 and 5.0 peers (SMPP 3.4 §3.4, §5.2.4; v5.0 §4.7.13)."""

import struct

import pytest

from tests.conformance.links import answers, bound_centre, bound_esme, feed
from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.constants import CommandId, InterfaceVersion
from ussd_gateway.smpp.events import BindRequested
from ussd_gateway.smpp.operations import Role, SessionState
from ussd_gateway.smpp.pdus import (
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    DataSm,
    DeliverSm,
    SubmitSm,
    SubmitSmResp,
)
from ussd_gateway.smpp.session import Session, SessionConfig
from ussd_gateway.smpp.tlvs import (
    CONGESTION_STATE,
    MESSAGE_PAYLOAD,
    SC_INTERFACE_VERSION,
    USSD_SERVICE_OP,
)

V33, V34, V50 = InterfaceVersion.V33, InterfaceVersion.V34, InterfaceVersion.V50


@pytest.mark.parametrize(
    "theirs,ours,agreed",
    [
        (0x00, V50, V33),
        (0x10, V50, V33),
        (0x33, V50, V33),
        (0x34, V50, V34),
        (0x3F, V50, V34),
        (0x50, V50, V50),
        (0xFF, V50, V50),
        (0x50, V34, V34),
        (0x34, V33, V33),
    ],
)
def test_the_lower_version_is_spoken(theirs, ours, agreed):
    session = Session(Role.SMSC, config=SessionConfig(interface_version=ours), now_s=0.0)
    (asked,) = feed(session, BindTransceiver(sequence_number=1, interface_version=theirs))
    session.accept_bind(asked.request, 0.0, system_id="gw")
    assert session.interface_version == agreed
    (response,) = answers(session)
    announced = SC_INTERFACE_VERSION.get(response)
    assert announced == (agreed if agreed >= V34 else None)


class TestA33Peer:
    def bind(self) -> BindReceiver:
        return BindReceiver(sequence_number=1, interface_version=0x33)

    def test_gets_no_tlvs(self):
        session = bound_centre(self.bind())
        session.send_request(DeliverSm(short_message=b"x", tlvs=[USSD_SERVICE_OP(2)]), 0.0)
        (sent,) = answers(session)
        assert sent.tlvs == []

    def test_cannot_be_sent_a_text_it_could_not_read(self):
        session = bound_centre(self.bind())
        with pytest.raises(LocalProtocolError, match="message_payload"):
            session.send_request(DeliverSm(tlvs=[MESSAGE_PAYLOAD(b"long")]), 0.0)

    def test_may_leave_rubbish_behind_its_fields(self):
        session = bound_centre(BindTransceiver(sequence_number=1, interface_version=0x33))
        request = encode(SubmitSm(sequence_number=2))
        longer = struct.pack(">I", len(request) + 3) + request[4:] + b"\x01\x02\x03"
        (event,) = feed(session, longer)
        assert event.request == SubmitSm(sequence_number=2)

    def test_may_leave_rubbish_behind_its_bind(self):
        session = Session(Role.SMSC, now_s=0.0)
        request = encode(self.bind())
        (event,) = feed(session, struct.pack(">I", len(request) + 1) + request[4:] + b"\x07")
        assert isinstance(event, BindRequested)

    def test_takes_message_ids_of_eight_octets(self):
        session = bound_centre(BindTransceiver(sequence_number=1, interface_version=0x33))
        assert session.max_message_id_octets == 8
        (event,) = feed(session, SubmitSm(sequence_number=2))
        with pytest.raises(LocalProtocolError, match="message_id"):
            session.respond(event.request, SubmitSmResp(message_id="123456789"))
        session.respond(event.request, SubmitSmResp(message_id="12345678"))
        assert answers(session) == [SubmitSmResp(sequence_number=2, message_id="12345678")]

    @pytest.mark.parametrize("request_type", [DataSm, AlertNotification])
    def test_is_sent_nothing_that_3_4_brought(self, request_type):
        session = bound_centre(self.bind())
        assert not session.can_send(request_type.command_id)
        with pytest.raises(LocalProtocolError):
            session.send_request(request_type(), 0.0)
        assert session.can_send(CommandId.DELIVER_SM)


def test_a_3_4_bind_with_a_broken_tlv_is_refused():
    session = Session(Role.SMSC, now_s=0.0)
    request = encode(BindReceiver(sequence_number=1, interface_version=0x34))
    assert session.receive(struct.pack(">I", len(request) + 1) + request[4:] + b"\x07", 0.0) == []
    (refusal,) = answers(session)
    assert refusal.command_status == 0xC0


def test_a_5_0_peer_may_be_told_of_congestion():
    session = bound_centre(BindTransceiver(sequence_number=1, interface_version=V50))
    (event,) = feed(session, SubmitSm(sequence_number=2))
    session.respond(event.request, SubmitSmResp(message_id="1", tlvs=[CONGESTION_STATE(80)]))
    (response,) = answers(session)
    assert CONGESTION_STATE.get(response) == 80


class TestAsEsme:
    """We bind; the centre's sc_interface_version decides."""

    @pytest.mark.parametrize(
        "announced,silent,agreed",
        [(V34, V33, V34), (V50, V33, V34), (0x33, V34, V33), (None, V33, V33), (None, V34, V34)],
    )
    def test_the_centre_announces(self, announced, silent, agreed):
        session = Session(Role.ESME, config=SessionConfig(silent_version=silent), now_s=0.0)
        sequence = session.send_request(BindTransceiver(), 0.0)
        tlvs = [] if announced is None else [SC_INTERFACE_VERSION(announced)]
        feed(session, BindTransceiverResp(sequence_number=sequence, tlvs=tlvs))
        assert session.state is SessionState.BOUND_TRX
        assert session.interface_version == agreed

    def test_5_0_on_both_sides(self):
        session = bound_esme(BindTransceiver(interface_version=V50))
        assert session.interface_version == V50

    def test_a_refused_bind_leaves_the_session_open(self):
        session = Session(Role.ESME, now_s=0.0)
        sequence = session.send_request(BindTransceiver(), 0.0)
        (event,) = feed(session, BindTransceiverResp(sequence_number=sequence, command_status=0x0E))
        assert event.response.command_status == 0x0E
        assert session.state is SessionState.OPEN
        assert session.can_send(CommandId.BIND_TRANSCEIVER)
