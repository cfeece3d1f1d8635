"""200,000 hostile PDUs: nothing raises, every request is answered once or the session closes.

The seed stands in every failure message; SMPP_FUZZ_SEED tries another one.
"""

import os
import random
import struct

import pytest

from tests.conformance.links import bound_centre, bound_esme, sample
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.constants import RESPONSE_BIT, CommandId, CommandStatus
from ussd_gateway.smpp.events import BindRequested, Event, RequestReceived
from ussd_gateway.smpp.operations import OPERATIONS, Role, SessionState
from ussd_gateway.smpp.pdus import ALL_PDUS, DeliverSm, SubmitSm
from ussd_gateway.smpp.session import Session
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, MESSAGE_PAYLOAD, USSD_SERVICE_OP

SEED = int(os.environ.get("SMPP_FUZZ_SEED", "20261122"))
PDUS_PER_ROLE = 100_000
NEVER_ANSWERED = (CommandId.OUTBIND, CommandId.ALERT_NOTIFICATION)

RICH = [
    SubmitSm(
        service_type="USSD",
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr="79261234567",
        destination_addr="*105#",
        short_message=b"*105#",
        tlvs=[USSD_SERVICE_OP(1), ITS_SESSION_INFO(b"\x12\x34")],
    ),
    SubmitSm(schedule_delivery_time="000001000000000R", tlvs=[MESSAGE_PAYLOAD(bytes(range(180)))]),
    DeliverSm(esm_class=0x40, short_message=b"\x05\x00\x03\x01\x02\x01text", tlvs=[(0x1501, b"\xff" * 4)]),
]


def corpus() -> list[bytes]:
    plain = [encode(sample(pdu_type.command_id)) for pdu_type in ALL_PDUS]
    weighty = [encode(pdu) for pdu in RICH for _ in range(8)]
    return plain + weighty


def mutate(dice: random.Random, frame: bytes) -> bytes:
    """A frame with a few octets wrong, its length mostly put right again so that the rest is read."""
    octets = bytearray(frame)
    for _ in range(dice.randrange(4)):
        at = dice.randrange(4, len(octets))
        match dice.randrange(5):
            case 0:
                octets[at] = dice.randrange(256)
            case 1:
                octets[at] ^= 1 << dice.randrange(8)
            case 2:
                del octets[max(at, 16) : at + dice.randrange(12)]
            case 3:
                octets[at:at] = dice.randbytes(dice.randrange(12))
            case 4:
                octets[at:at] = octets[at : at + 8]
    if dice.random() < 0.02:
        return dice.randbytes(dice.randrange(1, 64))
    if dice.random() < 0.99:
        octets[:4] = struct.pack(">I", len(octets))
    return bytes(octets)


def new_session(dice: random.Random, role: Role) -> Session:
    if dice.random() < 0.1:
        return Session(role, now_s=0.0)
    session = bound_centre() if role is Role.SMSC else bound_esme()
    if dice.random() < 0.5:
        kind = DeliverSm if role is Role.SMSC else SubmitSm
        session.send_request(kind(), 0.0)
        session.take_output()
    return session


def act(dice: random.Random, session: Session, events: list[Event]) -> None:
    """A shell that accepts or refuses at random, at once."""
    for event in events:
        match event:
            case BindRequested(request):
                if dice.random() < 0.5:
                    act(dice, session, session.accept_bind(request, 0.0, system_id="gw"))
                else:
                    act(dice, session, session.refuse_bind(request, 0.0, CommandStatus.RINVPASWD))
            case RequestReceived(request) if request.command_id not in NEVER_ANSWERED:
                session.refuse(request, dice.choice((0, CommandStatus.RSYSERR, 0x4AB)))


def check_answered(session: Session, frame: bytes, written: bytes, note: str) -> None:
    """One whole frame went in: exactly one answer came out, if it was a request that has one."""
    command_id = int.from_bytes(frame[4:8], "big")
    if command_id & RESPONSE_BIT or command_id in NEVER_ANSWERED:
        assert written == b"", note
        return
    assert int.from_bytes(written[:4], "big") == len(written), f"not one answer: {note}"
    answer = decode(written)
    assert answer.sequence_number == int.from_bytes(frame[12:16], "big"), note
    known = command_id in OPERATIONS
    assert answer.command_id == (command_id | RESPONSE_BIT if known else CommandId.GENERIC_NACK), note


@pytest.mark.slow
@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name)
def test_a_hundred_thousand_hostile_pdus(role):
    dice = random.Random(SEED)
    frames = corpus()
    session = new_session(dice, role)
    answered = sessions = 0
    for number in range(PDUS_PER_ROLE):
        frame = mutate(dice, dice.choice(frames))
        # above 256 octets an unbound session nacks and closes
        whole = 16 <= len(frame) <= 256 and int.from_bytes(frame[:4], "big") == len(frame)
        note = f"seed {SEED}, PDU {number}: {frame.hex()}"
        try:
            act(dice, session, session.receive(frame, 0.0))
        except Exception as error:
            raise AssertionError(note) from error
        written = session.take_output()
        if whole and (written or session.state is not SessionState.CLOSED):
            check_answered(session, frame, written, note)
            answered += bool(written)
        if not whole or session.state is SessionState.CLOSED:
            assert len(session.connection_lost()) == 1, note
            session = new_session(dice, role)
            sessions += 1
    assert answered > PDUS_PER_ROLE // 4, "the mutations left hardly anything to answer"
    assert sessions > 100
