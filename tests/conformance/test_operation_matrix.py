"""Every request x state x sender: what is legal reaches the application, the rest gets its typed refusal.

The table is written out again here from SMPP 3.4 table 2-1 with the known errata, so that a slip in the
source's own table shows.
"""

import pytest

from tests.conformance.links import answers, feed, sample, session_in
from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.smpp.constants import RESPONSE_BIT, CommandId, CommandStatus, command_name
from ussd_gateway.smpp.events import BindRequested, RequestReceived, UnbindReceived
from ussd_gateway.smpp.operations import BIND_STATES, OPERATIONS, Role, SessionState

OPEN, TX, RX, TRX = (
    SessionState.OPEN,
    SessionState.BOUND_TX,
    SessionState.BOUND_RX,
    SessionState.BOUND_TRX,
)
UNBINDING = SessionState.UNBINDING
STATES = (OPEN, TX, RX, TRX, UNBINDING)

ESME_MAY = {
    CommandId.BIND_TRANSMITTER: {OPEN},
    CommandId.BIND_RECEIVER: {OPEN},
    CommandId.BIND_TRANSCEIVER: {OPEN},
    CommandId.OUTBIND: set(),
    CommandId.UNBIND: {TX, RX, TRX, UNBINDING},
    CommandId.SUBMIT_SM: {TX, TRX},
    CommandId.SUBMIT_MULTI: {TX, TRX},
    CommandId.QUERY_SM: {TX, TRX},
    CommandId.CANCEL_SM: {TX, TRX},
    CommandId.REPLACE_SM: {TX, TRX},
    CommandId.DATA_SM: {TX, RX, TRX},
    CommandId.DELIVER_SM: set(),
    CommandId.ALERT_NOTIFICATION: set(),
    CommandId.ENQUIRE_LINK: set(STATES),
}
NOWHERE: set[SessionState] = set()
SMSC_MAY = {
    **dict.fromkeys(ESME_MAY, NOWHERE),
    CommandId.OUTBIND: {OPEN},
    CommandId.UNBIND: {TX, RX, TRX, UNBINDING},
    CommandId.DATA_SM: {RX, TRX},
    CommandId.DELIVER_SM: {RX, TRX},
    CommandId.ALERT_NOTIFICATION: {RX, TRX},
    CommandId.ENQUIRE_LINK: set(STATES),
}
MAY = {Role.ESME: ESME_MAY, Role.SMSC: SMSC_MAY}
NEVER_ANSWERED = (CommandId.OUTBIND, CommandId.ALERT_NOTIFICATION)

CELLS = [
    pytest.param(command_id, state, sender, id=f"{command_name(command_id)}-{state.name}-{sender.name}")
    for command_id in ESME_MAY
    for state in STATES
    for sender in Role
]


def test_the_matrix_has_every_request():
    requests = {
        value
        for name, value in vars(CommandId).items()
        if not name.startswith("_") and not value & RESPONSE_BIT
    }
    assert set(OPERATIONS) == requests == set(ESME_MAY)


@pytest.mark.parametrize("command_id,state,sender", CELLS)
def test_a_request_of_the_peer(command_id, state, sender):
    session = session_in(state, sender.other)
    events = feed(session, sample(command_id))
    written = answers(session)

    if state in MAY[sender][command_id]:
        check_taken(command_id, events, written)
        assert session.counters.violations == 0
        return
    assert events == []
    assert session.counters.violations == (0 if state is UNBINDING else 1)
    if command_id in NEVER_ANSWERED:
        assert written == []
        return
    (refusal,) = written
    assert refusal.command_id == command_id | RESPONSE_BIT
    assert refusal.sequence_number == 77
    second_bind = command_id in BIND_STATES and state is not OPEN
    assert refusal.command_status == (CommandStatus.RALYBND if second_bind else CommandStatus.RINVBNDSTS)
    assert session.state is state, "a refused request changes nothing"


def check_taken(command_id, events, written):
    """A legal request is answered by the session if it is the session's own business, else handed on."""
    if command_id == CommandId.ENQUIRE_LINK:
        assert events == []
        assert [pdu.command_id for pdu in written] == [CommandId.ENQUIRE_LINK_RESP]
    elif command_id == CommandId.UNBIND:
        assert events == [UnbindReceived()]
        assert [pdu.command_id for pdu in written] == [CommandId.UNBIND_RESP]
    elif command_id in BIND_STATES:
        assert [type(event) for event in events] == [BindRequested]
        assert written == []
    else:
        assert events == [RequestReceived(sample(command_id))]
        assert written == []


@pytest.mark.parametrize("command_id,state,sender", CELLS)
def test_a_request_of_ours(command_id, state, sender):
    session = session_in(state, sender)
    legal = state in MAY[sender][command_id]
    assert session.can_send(command_id) == legal
    if legal and command_id != CommandId.UNBIND:
        session.send_request(sample(command_id), 0.0)
        assert [pdu.command_id for pdu in answers(session)] == [command_id]
        return
    # unbind has a method of its own, because it waits for what is under way
    with pytest.raises(LocalProtocolError):
        session.send_request(sample(command_id), 0.0)
    assert session.take_output() == b""


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_response_nobody_asked_for_is_ignored_in_every_state(state, role):
    session = session_in(state, role)
    for command_id in OPERATIONS:
        stray = sample(command_id, sequence_number=0x1234)
        octets = bytearray(16)
        octets[3] = 16
        octets[4:8] = (stray.command_id | RESPONSE_BIT).to_bytes(4, "big")
        octets[12:16] = (0x1234).to_bytes(4, "big")
        assert feed(session, bytes(octets)) == []
    assert session.take_output() == b""
    assert session.state is state
    # all but the answer to an enquire_link, which may be late without any harm
    assert session.counters.stray_responses == len(OPERATIONS) - 1
    assert session.counters.violations == 0
