"""The life of one session: window, timers, unbind, close. The error rules are in tests/conformance."""

import pytest

from tests.conformance.links import answers, bound_centre, bound_esme, feed
from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.constants import CommandId, CommandStatus
from ussd_gateway.smpp.events import (
    BindRequested,
    CloseReason,
    RequestReceived,
    RequestTimedOut,
    ResponseReceived,
    SessionClosed,
    Unanswered,
    UnbindReceived,
)
from ussd_gateway.smpp.operations import Role, SessionState
from ussd_gateway.smpp.pdus import (
    AlertNotification,
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from ussd_gateway.smpp.session import Session, SessionConfig
from ussd_gateway.smpp.timers import TimerConfig
from ussd_gateway.smpp.tlvs import SC_INTERFACE_VERSION

ROLES = pytest.mark.parametrize("make", [bound_centre, bound_esme], ids=["SMSC", "ESME"])


def closed_because(session: Session) -> CloseReason:
    assert session.state is SessionState.CLOSED
    assert session.next_deadline_s() is None
    (event,) = session.connection_lost()
    assert isinstance(event, SessionClosed)
    return event.reason


class TestBinding:
    @pytest.mark.parametrize(
        "bind,state,may_deliver",
        [
            (BindTransmitter(), SessionState.BOUND_TX, False),
            (BindReceiver(), SessionState.BOUND_RX, True),
            (BindTransceiver(), SessionState.BOUND_TRX, True),
        ],
    )
    def test_accepted(self, bind, state, may_deliver):
        session = Session(Role.SMSC, now_s=0.0)
        (event,) = feed(session, bind)
        assert event == BindRequested(bind)
        assert session.state is SessionState.OPEN
        assert session.accept_bind(event.request, 0.0, system_id="gw") == []
        (response,) = answers(session)
        assert (response.command_status, response.system_id) == (0, "gw")
        assert SC_INTERFACE_VERSION.get(response) == 0x34
        assert session.state is state
        assert session.can_send(CommandId.DELIVER_SM) is may_deliver

    def test_refused_and_tried_again(self):
        session = Session(Role.SMSC, now_s=0.0)
        (event,) = feed(session, BindTransceiver(sequence_number=1))
        session.refuse_bind(event.request, 1.0, CommandStatus.RINVPASWD)
        assert answers(session) == [
            BindTransceiverResp(command_status=CommandStatus.RINVPASWD, sequence_number=1)
        ]
        assert session.state is SessionState.OPEN
        assert session.next_deadline_s() == 5.0
        (event,) = feed(session, BindTransceiver(sequence_number=2), 2.0)
        session.accept_bind(event.request, 2.0)
        assert session.can_send(CommandId.DELIVER_SM)

    def test_a_verdict_is_given_once_and_on_the_request_itself(self):
        session = Session(Role.SMSC, now_s=0.0)
        (event,) = feed(session, BindTransceiver())
        with pytest.raises(LocalProtocolError):
            session.accept_bind(BindTransceiver(), 0.0)
        session.accept_bind(event.request, 0.0)
        with pytest.raises(LocalProtocolError):
            session.refuse_bind(event.request, 0.0, CommandStatus.RBINDFAIL)

    def test_a_peer_that_left_meanwhile(self):
        session = Session(Role.SMSC, now_s=0.0)
        (event,) = feed(session, BindTransceiver())
        session.connection_lost()
        assert session.accept_bind(event.request, 1.0) == []
        assert session.take_output() == b""

    def test_a_second_verdict_changes_nothing(self):
        session = Session(Role.ESME, now_s=0.0)
        first = session.send_request(BindReceiver(), 0.0)
        second = session.send_request(BindTransmitter(), 0.0)
        feed(session, BindReceiverResp(sequence_number=first))
        feed(session, BindTransmitterResp(sequence_number=second))
        assert session.state is SessionState.BOUND_RX

    def test_an_outbind_reaches_the_esme(self):
        session = Session(Role.ESME, now_s=0.0)
        (event,) = feed(session, Outbind(system_id="smsc"))
        assert event == RequestReceived(Outbind(system_id="smsc"))
        with pytest.raises(LocalProtocolError, match="never answered"):
            session.refuse(event.request, 0)


class TestAnswering:
    def test_the_sequence_number_is_echoed(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=0x7FFFFFFF))
        session.respond(event.request, SubmitSmResp(message_id="1"))
        assert answers(session) == [SubmitSmResp(sequence_number=0x7FFFFFFF, message_id="1")]

    def test_in_any_order(self):
        session = bound_centre()
        events = [feed(session, SubmitSm(sequence_number=number))[0] for number in (1, 2, 3)]
        for event in reversed(events):
            session.refuse(event.request, 0)
        assert [pdu.sequence_number for pdu in answers(session)] == [3, 2, 1]
        assert session.unanswered_in == 0

    def test_once(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=1))
        session.refuse(event.request, 0)
        with pytest.raises(LocalProtocolError):
            session.refuse(event.request, 0)

    def test_not_a_copy_nor_a_stranger(self):
        session = bound_centre()
        feed(session, SubmitSm(sequence_number=1))
        with pytest.raises(LocalProtocolError):
            session.refuse(SubmitSm(sequence_number=1), 0)

    def test_with_its_own_type_or_a_generic_nack(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=1))
        with pytest.raises(LocalProtocolError):
            session.respond(event.request, DeliverSmResp())
        session.respond(event.request, GenericNack(command_status=0x08))
        assert answers(session) == [GenericNack(command_status=0x08, sequence_number=1)]

    def test_an_answer_that_cannot_be_written_leaves_the_request_open(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=1))
        with pytest.raises(LocalProtocolError):
            session.respond(event.request, SubmitSmResp(message_id="x" * 65))
        session.refuse(event.request, CommandStatus.RSYSERR)
        assert answers(session) == [SubmitSmResp(command_status=8, sequence_number=1)]

    def test_two_requests_of_one_number_get_an_answer_each(self):
        session = bound_centre()
        first, second = (feed(session, SubmitSm(sequence_number=7))[0] for _ in range(2))
        session.respond(second.request, SubmitSmResp(message_id="b"))
        session.respond(first.request, SubmitSmResp(message_id="a"))
        assert [(pdu.sequence_number, pdu.message_id) for pdu in answers(session)] == [(7, "b"), (7, "a")]

    def test_a_closed_session_swallows_it(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=1))
        session.connection_lost()
        session.refuse(event.request, 0)
        assert session.take_output() == b""


class TestWindow:
    def test_beyond_the_inbound_window_the_peer_is_throttled(self):
        session = bound_centre(config=SessionConfig(window_in=2))
        events = [feed(session, SubmitSm(sequence_number=number)) for number in (1, 2, 3)]
        assert [len(group) for group in events] == [1, 1, 0]
        assert answers(session) == [SubmitSmResp(command_status=CommandStatus.RTHROTTLED, sequence_number=3)]
        assert session.counters.throttled == 1
        session.refuse(events[0][0].request, 0)
        assert len(feed(session, SubmitSm(sequence_number=4))) == 1

    def test_enquire_link_and_unbind_pass_a_full_window(self):
        session = bound_centre(config=SessionConfig(window_in=0))
        assert feed(session, EnquireLink(sequence_number=1)) == []
        assert feed(session, Unbind(sequence_number=2)) == [UnbindReceived()]
        assert answers(session) == [EnquireLinkResp(sequence_number=1), UnbindResp(sequence_number=2)]

    def test_the_outbound_window(self):
        session = bound_centre(config=SessionConfig(window_out=2))
        assert session.window_free == 2
        numbers = [session.send_request(DeliverSm(), 0.0) for _ in range(2)]
        assert session.window_free == 0
        with pytest.raises(LocalProtocolError, match="window"):
            session.send_request(DeliverSm(), 0.0)
        feed(session, DeliverSmResp(sequence_number=numbers[1]))
        assert session.window_free == 1

    def test_what_gets_no_answer_takes_no_place(self):
        session = bound_centre(config=SessionConfig(window_out=1))
        for _ in range(3):
            session.send_request(AlertNotification(), 0.0)
        assert session.window_free == 1
        assert [pdu.sequence_number for pdu in answers(session)] == [1, 2, 3]

    def test_an_answer_brings_the_request_and_the_token_back(self):
        session = bound_esme()
        request = SubmitSm(destination_addr="7070")
        token = object()
        sequence = session.send_request(request, 0.0, token)
        response = SubmitSmResp(sequence_number=sequence, message_id="17")
        assert feed(session, response) == [ResponseReceived(request, response, token)]
        assert feed(session, response) == [], "the second one is a stranger"
        assert session.counters.stray_responses == 1


class TestResponseTimer:
    def test_a_request_that_nobody_answers(self):
        session = bound_centre(config=SessionConfig(timers=TimerConfig(response_timer_s=20.0)))
        request = DeliverSm()
        sequence = session.send_request(request, 1.0, "token")
        assert session.next_deadline_s() == 21.0
        assert session.tick(20.9) == []
        assert session.tick(21.0) == [RequestTimedOut(request, "token")]
        assert session.counters.timeouts == 1
        assert feed(session, DeliverSmResp(sequence_number=sequence), 22.0) == []
        assert session.counters.stray_responses == 1
        assert session.state is SessionState.BOUND_TRX


class TestLinkTimers:
    def test_no_bind_in_time(self):
        session = Session(Role.SMSC, now_s=10.0)
        assert session.next_deadline_s() == 15.0
        session.tick(14.9)
        assert session.state is SessionState.OPEN
        session.tick(15.0)
        assert closed_because(session) is CloseReason.SESSION_INIT_TIMER

    def test_while_the_bind_is_judged_no_timer_runs(self):
        session = Session(Role.SMSC, now_s=0.0)
        (event,) = feed(session, BindTransceiver(), 1.0)
        assert session.next_deadline_s() is None
        session.accept_bind(event.request, 60.0)
        assert session.state is SessionState.BOUND_TRX

    @ROLES
    def test_an_answered_enquire_link(self, make):
        session = make(now_s=0.0)
        assert session.next_deadline_s() == 30.0
        session.tick(30.0)
        (question,) = answers(session)
        assert isinstance(question, EnquireLink)
        assert session.next_deadline_s() == 40.0
        assert feed(session, EnquireLinkResp(sequence_number=question.sequence_number), 31.0) == []
        assert session.next_deadline_s() == 61.0
        assert session.counters.stray_responses == 0

    @ROLES
    def test_an_unanswered_one(self, make):
        session = make(now_s=0.0)
        session.tick(30.0)
        session.tick(39.9)
        assert session.state is SessionState.BOUND_TRX
        session.tick(40.0)
        assert closed_because(session) is CloseReason.ENQUIRE_LINK_TIMER

    def test_any_pdu_shows_that_the_peer_lives(self):
        session = bound_centre(now_s=0.0)
        session.tick(30.0)
        feed(session, SubmitSm(), 35.0)
        assert session.next_deadline_s() == 65.0

    def test_the_enquire_link_takes_no_place_in_the_window(self):
        session = bound_centre(config=SessionConfig(window_out=1), now_s=0.0)
        session.tick(30.0)
        assert session.window_free == 1

    def test_half_a_pdu(self):
        session = bound_centre(now_s=0.0)
        frame = encode(SubmitSm())
        session.receive(frame + frame[:5], 10.0)
        assert session.next_deadline_s() == 15.0
        session.receive(frame[5:10], 14.0)  # a trickle does not help
        session.tick(15.0)
        assert closed_because(session) is CloseReason.READ_TIMER

    def test_the_next_half_has_its_own_time(self):
        session = bound_centre(now_s=0.0)
        frame = encode(SubmitSm())
        session.receive(frame[:5], 10.0)
        session.receive(frame[5:] + frame[:5], 14.0)
        assert session.next_deadline_s() == 19.0
        session.receive(frame[5:], 15.0)
        assert session.next_deadline_s() == 45.0

    def test_inactivity_unbinds(self):
        timers = TimerConfig(inactivity_timer_s=50.0, response_timer_s=5.0)
        session = bound_centre(config=SessionConfig(timers=timers), now_s=0.0)
        feed(session, EnquireLink(), 29.0)
        session.take_output()
        session.tick(50.0)
        assert [type(pdu) for pdu in answers(session)] == [Unbind]
        session.tick(55.0)
        assert closed_because(session) is CloseReason.UNBIND_TIMER


class TestThePeerUnbinds:
    def test_at_once_when_nothing_is_open(self):
        session = bound_centre()
        assert feed(session, Unbind(sequence_number=9)) == [UnbindReceived()]
        assert answers(session) == [UnbindResp(sequence_number=9)]
        assert closed_because(session) is CloseReason.UNBOUND

    def test_after_the_last_answer(self):
        session = bound_centre()
        first, second = (feed(session, SubmitSm(sequence_number=number))[0] for number in (1, 2))
        assert feed(session, Unbind(sequence_number=3)) == [UnbindReceived()]
        assert session.state is SessionState.UNBINDING
        assert session.take_output() == b""
        session.refuse(first.request, 0)
        session.refuse(second.request, 0)
        assert [pdu.sequence_number for pdu in answers(session)] == [1, 2, 3]
        assert closed_because(session) is CloseReason.UNBOUND

    def test_meanwhile_we_send_nothing_new(self):
        session = bound_centre()
        feed(session, SubmitSm(sequence_number=1))
        feed(session, Unbind(sequence_number=2))
        assert not session.can_send(CommandId.DELIVER_SM)
        with pytest.raises(LocalProtocolError):
            session.send_request(DeliverSm(), 0.0)

    def test_what_we_never_answered_is_answered_for_us(self):
        session = bound_centre(config=SessionConfig(timers=TimerConfig(response_timer_s=10.0)))
        feed(session, SubmitSm(sequence_number=1))
        feed(session, Unbind(sequence_number=2), 5.0)
        assert session.next_deadline_s() == 15.0
        session.tick(15.0)
        assert answers(session) == [
            SubmitSmResp(command_status=CommandStatus.RSYSERR, sequence_number=1),
            UnbindResp(sequence_number=2),
        ]
        assert closed_because(session) is CloseReason.UNBOUND

    def test_our_own_unanswered_requests_are_handed_back(self):
        session = bound_centre()
        request = DeliverSm()
        session.send_request(request, 0.0, "token")
        feed(session, Unbind())
        (event,) = session.connection_lost()
        assert event == SessionClosed(CloseReason.UNBOUND, [Unanswered(request, "token")])


class TestWeUnbind:
    @ROLES
    def test_and_close_at_the_response(self, make):
        session = make()
        session.unbind(0.0)
        (question,) = answers(session)
        assert isinstance(question, Unbind)
        assert session.state is SessionState.UNBINDING
        feed(session, UnbindResp(sequence_number=question.sequence_number))
        assert closed_because(session) is CloseReason.UNBOUND

    def test_once_the_peer_has_its_answers(self):
        session = bound_centre()
        (event,) = feed(session, SubmitSm(sequence_number=1))
        session.unbind(0.0)
        assert session.take_output() == b""
        session.refuse(event.request, 0)
        assert [type(pdu) for pdu in answers(session)] == [SubmitSmResp, Unbind]

    def test_answers_still_arrive(self):
        session = bound_centre()
        sequence = session.send_request(DeliverSm(), 0.0, "token")
        session.unbind(0.0)
        (event,) = feed(session, DeliverSmResp(sequence_number=sequence))
        assert event.token == "token"

    def test_a_request_that_crossed_is_refused_without_blame(self):
        session = bound_centre(config=SessionConfig(max_violations=0))
        session.unbind(0.0)
        session.take_output()
        assert feed(session, SubmitSm(sequence_number=5)) == []
        assert answers(session) == [SubmitSmResp(command_status=CommandStatus.RINVBNDSTS, sequence_number=5)]
        assert session.state is SessionState.UNBINDING

    def test_two_unbinds_that_cross(self):
        session = bound_centre()
        session.unbind(0.0)
        assert feed(session, Unbind(sequence_number=8)) == [UnbindReceived()]
        assert [type(pdu) for pdu in answers(session)] == [Unbind, UnbindResp]
        assert closed_because(session) is CloseReason.UNBOUND

    def test_a_peer_that_never_answers(self):
        session = bound_centre(config=SessionConfig(timers=TimerConfig(response_timer_s=10.0)))
        session.unbind(5.0)
        session.unbind(9.0)  # saying it twice changes nothing
        session.tick(14.9)
        assert session.state is SessionState.UNBINDING
        session.tick(15.0)
        assert closed_because(session) is CloseReason.UNBIND_TIMER

    def test_an_unbound_session_just_closes(self):
        session = Session(Role.SMSC, now_s=0.0)
        session.unbind(0.0)
        assert session.take_output() == b""
        assert closed_because(session) is CloseReason.LOCAL


class TestClosing:
    def test_what_is_written_may_still_go_out(self):
        session = bound_centre()
        feed(session, EnquireLink(sequence_number=4))
        session.close()
        assert answers(session) == [EnquireLinkResp(sequence_number=4)]
        assert closed_because(session) is CloseReason.LOCAL

    def test_a_closed_session_hears_and_does_nothing(self):
        session = bound_centre()
        session.close()
        assert feed(session, EnquireLink()) == []
        assert session.tick(1e9) == []
        assert session.take_output() == b""
        assert not session.can_send(CommandId.DELIVER_SM)

    def test_the_first_reason_counts(self):
        session = bound_centre()
        session.close(CloseReason.VIOLATIONS)
        session.close(CloseReason.LOCAL)
        assert closed_because(session) is CloseReason.VIOLATIONS

    def test_the_peer_just_goes(self):
        session = bound_centre()
        assert session.connection_lost() == [SessionClosed(CloseReason.PEER_GONE)]
        assert session.connection_lost() == []


def test_both_ends_talk_to_each_other():
    """Two sessions back to back, no bytes made by hand: bind, submit, deliver, unbind."""
    centre, esme = Session(Role.SMSC, now_s=0.0), Session(Role.ESME, now_s=0.0)
    esme.send_request(BindTransceiver(system_id="app"), 0.0)
    (asked,) = centre.receive(esme.take_output(), 0.0)
    assert isinstance(asked, BindRequested)
    centre.accept_bind(asked.request, 0.0, system_id="gw")
    (bound,) = esme.receive(centre.take_output(), 0.0)
    assert isinstance(bound, ResponseReceived)
    assert esme.interface_version == 0x34

    esme.send_request(SubmitSm(short_message=b"hi"), 0.0, "submit")
    centre.send_request(DeliverSm(short_message=b"ho"), 0.0, "deliver")
    (submitted,) = centre.receive(esme.take_output(), 0.0)
    (delivered,) = esme.receive(centre.take_output(), 0.0)
    assert isinstance(submitted, RequestReceived)
    assert isinstance(delivered, RequestReceived)
    centre.respond(submitted.request, SubmitSmResp(message_id="1"))
    esme.respond(delivered.request, DeliverSmResp())
    (at_esme,) = esme.receive(centre.take_output(), 0.0)
    (at_centre,) = centre.receive(esme.take_output(), 0.0)
    assert isinstance(at_esme, ResponseReceived)
    assert isinstance(at_centre, ResponseReceived)
    assert (at_esme.token, at_centre.token) == ("submit", "deliver")

    esme.unbind(0.0)
    assert centre.receive(esme.take_output(), 0.0) == [UnbindReceived()]
    assert esme.receive(centre.take_output(), 0.0) == []
    assert centre.state is esme.state is SessionState.CLOSED
