"""Sessions brought to a state the honest way: through the bytes of a bind."""

from typing import Any

from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.events import BindRequested
from ussd_gateway.smpp.framing import Framer
from ussd_gateway.smpp.operations import BIND_STATES, Role, SessionState
from ussd_gateway.smpp.pdus import (
    PDU_TYPES,
    RESPONSE_TYPES,
    Bind,
    BindTransceiver,
    Pdu,
    SmeAddress,
    SubmitMulti,
)
from ussd_gateway.smpp.session import Session, SessionConfig
from ussd_gateway.smpp.tlvs import SC_INTERFACE_VERSION

BINDS = {state: PDU_TYPES[command_id] for command_id, state in BIND_STATES.items()}


def bound_centre(
    bind: Bind | None = None, config: SessionConfig | None = None, now_s: float = 0.0
) -> Session:
    """We are the SMSC and have accepted a bind; nothing is left to write."""
    session = Session(Role.SMSC, config=config, now_s=now_s)
    (asked,) = session.receive(encode(bind or BindTransceiver(sequence_number=1)), now_s)
    assert isinstance(asked, BindRequested)
    session.accept_bind(asked.request, now_s, system_id="gw")
    session.take_output()
    return session


def bound_esme(bind: Bind | None = None, config: SessionConfig | None = None, now_s: float = 0.0) -> Session:
    """We are the ESME and the centre has accepted our bind."""
    session = Session(Role.ESME, config=config, now_s=now_s)
    request = bind or BindTransceiver()
    sequence = session.send_request(request, now_s)
    response = RESPONSE_TYPES[request.command_id](
        sequence_number=sequence, tlvs=[SC_INTERFACE_VERSION(request.interface_version)]
    )
    session.receive(encode(response), now_s)
    session.take_output()
    return session


def session_in(state: SessionState, role: Role) -> Session:
    """A session of ours in a state, its output empty. UNBINDING: we have said unbind."""
    if state is SessionState.OPEN:
        return Session(role, now_s=0.0)
    bind_type = BINDS.get(state, BindTransceiver)
    bind = bind_type(sequence_number=1)
    assert isinstance(bind, Bind)
    session = bound_centre(bind) if role is Role.SMSC else bound_esme(bind)
    if state is SessionState.UNBINDING:
        session.unbind(0.0)
        session.take_output()
    assert session.state is state
    return session


def sample(command_id: int, sequence_number: int = 77) -> Pdu:
    """A legal request of a type, as small as possible."""
    pdu_type = PDU_TYPES[command_id]
    if pdu_type is SubmitMulti:
        return SubmitMulti(sequence_number=sequence_number, dest_addresses=[SmeAddress()])
    return pdu_type(sequence_number=sequence_number)


def answers(session: Session) -> list[Any]:
    """Take and decode everything the session wants written. Any: a test knows which PDU it expects."""
    framer = Framer(100_000)
    framer.feed(session.take_output())
    pdus = []
    while frame := framer.next_frame():
        pdus.append(decode(frame))
    assert not framer.pending()
    return pdus


def feed(session: Session, pdu: Pdu | bytes, now_s: float = 0.0) -> list[Any]:
    """Let the session receive a PDU or raw octets. Any: a test knows which event it expects."""
    return list(session.receive(pdu if isinstance(pdu, bytes) else encode(pdu), now_s))
