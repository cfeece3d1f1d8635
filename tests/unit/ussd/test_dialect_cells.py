"""Every cell of dialect x {begin, continue, end, user abort, timeout, application abort, push}, as octets.

The octets are written by hand here, after SMPP 3.4 §4.4.1, §4.6.1 and §5.3.2, not by the project's codec.
"""

from pathlib import Path

import pytest

from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.ussd.dialect_page import dialect_page
from ussd_gateway.ussd.dialects import DIALECTS, dialect
from ussd_gateway.ussd.dialogue import DialogueTimers, open_dialogue
from ussd_gateway.ussd.primitives import Abort, Ask, Begin, Confirm, Continue, Drop, End, Notify, Unmarked

PAGE = Path(__file__).parents[3] / "docs" / "dialects.md"
MSISDN = "79261234567"
OP = "05010001"
ITS = "13830002"
REFERENCE = "02040002"
VENDOR = "15010004"


# dialect -> service_type, TLVs of begin, answer, shown, user abort, timeout (None: nothing is sent)
SENT = {
    "plain": ("USSD", OP + "01", OP + "12", OP + "13", OP + "81", OP + "81"),
    "its15": (
        "USSD",
        OP + "01" + ITS + "3e66",
        OP + "12" + ITS + "3e66",
        OP + "13" + ITS + "3e66",
        OP + "81" + ITS + "3e67",
        OP + "81" + ITS + "3e67",
    ),
    "its8": (
        "USSD",
        OP + "01" + ITS + "3e00",
        OP + "12" + ITS + "3e02",
        OP + "13" + ITS + "3e02",
        OP + "81" + ITS + "3e03",
        OP + "81" + ITS + "3e03",
    ),
    "user_message_reference": (
        "USSD",
        OP + "01" + REFERENCE + "3e66",
        OP + "12" + REFERENCE + "3e66",
        OP + "13" + REFERENCE + "3e66",
        OP + "81" + REFERENCE + "3e66",
        OP + "81" + REFERENCE + "3e66",
    ),
    "tata": (
        "USSD",
        OP + "01" + ITS + "3e66",
        OP + "02" + ITS + "3e66",
        OP + "13" + ITS + "3e66",
        OP + "11" + ITS + "3e67",
        OP + "11" + ITS + "3e67",
    ),
    "session_1501": (
        "USSD",
        OP + "01" + VENDOR + "11163e66",
        OP + "12" + VENDOR + "11163e66",
        OP + "13" + VENDOR + "11163e66",
        OP + "81" + VENDOR + "11163e66",
        OP + "81" + VENDOR + "11163e66",
    ),
    "destination": ("USSD", OP + "01", OP + "12", OP + "13", OP + "81", OP + "81"),
    "service_types": ("BR CR NC AR AR", OP + "01", OP + "12", OP + "13", OP + "81", OP + "81"),
    "no_operation": ("USSD", "", "", "", None, None),
    "silent": ("USSD", OP + "01", OP + "12", OP + "13", None, None),
    "raw_coding": ("USSD", OP + "01", OP + "12", OP + "13", OP + "81", OP + "81"),
}

# dialect -> service_type and TLVs of: ask, end, abort, push that asks, push that notifies
HEARD = {
    "plain": [("USSD", OP + op) for op in ("02", "11", "80", "02", "03")],
    "its15": [
        ("USSD", OP + "02" + ITS + "3e66"),
        ("USSD", OP + "17" + ITS + "3e67"),
        ("USSD", OP + "80" + ITS + "3e67"),
        ("USSD", OP + "02" + ITS + "2222"),
        ("USSD", OP + "03" + ITS + "2222"),
    ],
    "its8": [
        ("USSD", OP + "02" + ITS + "3e04"),
        ("USSD", OP + "02" + ITS + "3e05"),
        ("USSD", OP + "80" + ITS + "3e05"),
        ("USSD", OP + "02" + ITS + "2200"),
        ("USSD", OP + "03" + ITS + "2200"),
    ],
    "user_message_reference": [
        ("USSD", OP + "02" + REFERENCE + "3e66"),
        ("USSD", OP + "17" + REFERENCE + "3e66"),
        ("USSD", OP + "80" + REFERENCE + "3e66"),
        ("USSD", OP + "02" + REFERENCE + "2222"),
        ("USSD", OP + "03" + REFERENCE + "2222"),
    ],
    "tata": [
        ("USSD", OP + "02" + ITS + "3e66"),
        ("USSD", OP + "02" + ITS + "3e67"),
        ("USSD", OP + "80" + ITS + "3e67"),
        ("USSD", OP + "02" + ITS + "2222"),
        ("USSD", OP + "03" + ITS + "2222"),
    ],
    "session_1501": [
        ("USSD", OP + "02" + VENDOR + "11163e66"),
        ("USSD", OP + "11" + VENDOR + "11163e66"),
        ("USSD", OP + "80" + VENDOR + "11163e66"),
        ("USSD", OP + "02" + VENDOR + "22222222"),
        ("USSD", OP + "03" + VENDOR + "22222222"),
    ],
    "destination": [("USSD", OP + op) for op in ("02", "11", "80", "02", "03")],
    "service_types": [("CR", ""), ("ER", ""), ("AR", ""), ("CR", OP + "02"), ("NR", OP + "03")],
    "no_operation": [
        ("USSD", ""),
        ("USSD", OP + "11"),
        ("USSD", OP + "80"),
        ("USSD", ""),
        ("USSD", OP + "03"),
    ],
    "silent": [("USSD", OP + op) for op in ("02", "11", "80", "02", "03")],
    "raw_coding": [("USSD", OP + op) for op in ("02", "11", "80", "02", "03")],
}


def dialogue(step=1, dialogue_id="d1"):
    made = open_dialogue(
        dialogue_id,
        MSISDN,
        "*500#",
        access="http",
        session_info=b"",
        position=None,
        now_ms=0,
        timers=DialogueTimers(),
    )
    made.step = step
    return made


def deliver_sm(service_type, text, tlvs, *, destination=b"*500#", data_coding=0):
    """The body: service_type, source 1/1, destination 0/0, five octets, two empty times, the rest."""
    addresses = b"\1\1" + MSISDN.encode() + b"\0" + b"\0\0" + destination + b"\0"
    fields = bytes([0, 0, 0]) + b"\0\0" + bytes([0, 0, data_coding, 0, len(text)])
    return service_type.encode() + b"\0" + addresses + fields + text + bytes.fromhex(tlvs)


def submit_sm(service_type, text, tlvs):
    body = service_type.encode() + b"\0" + b"\0\0*500#\0" + b"\1\1" + MSISDN.encode() + b"\0"
    body += bytes([0, 0, 0]) + b"\0\0" + bytes([0, 0, 0, 0, len(text)]) + text + bytes.fromhex(tlvs)
    return decode((16 + len(body)).to_bytes(4, "big") + bytes.fromhex("000000040000000000000007") + body)


def test_every_dialect_has_its_vectors():
    assert set(SENT) == set(HEARD) == set(DIALECTS)


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize(
    "cell, what, text, timed_out",
    [
        (1, Begin(MSISDN, "*500*7#", ""), b"*500*7#", False),
        (2, Continue(MSISDN, "1", ""), b"1", False),
        (3, Confirm(MSISDN, ""), b"", False),
        (4, Abort(MSISDN, ""), b"", False),
        (5, Abort(MSISDN, ""), b"", True),
    ],
    ids=["begin", "continue", "shown", "user abort", "timeout"],
)
def test_what_an_application_is_sent(name, cell, what, text, timed_out):
    types, tlvs = SENT[name][0].split(), SENT[name][cell]
    request = dialect(name).tell(dialogue(step=int(cell > 1)), what, timed_out=timed_out)
    if tlvs is None:
        assert request is None
        return
    service_type = types[cell - 1] if len(types) > 1 else types[0]
    destination = b"*500#"
    if name == "destination" and cell == 1:
        text, destination = b"", b"*500*7#"
    coding = 0x0F if name == "raw_coding" else 0
    assert request is not None
    assert encode(request)[16:] == deliver_sm(
        service_type, text, tlvs, destination=destination, data_coding=coding
    )


@pytest.mark.parametrize("name", HEARD)
@pytest.mark.parametrize(
    "cell, text, primitive",
    [
        (0, b"1 Yes", Ask("1 Yes")),
        (1, b"Bye", End("Bye")),
        (2, b"", Drop()),
        (3, b"News?", Ask("News?")),
        (4, b"News", Notify("News")),
    ],
    ids=["continue", "end", "application abort", "push that asks", "push that notifies"],
)
def test_what_an_application_says(name, cell, text, primitive):
    said = dialect(name).hear(submit_sm(HEARD[name][cell][0], text, HEARD[name][cell][1]))
    assert said is not None
    assert said.primitive == primitive
    numbered = dialect(name).numbers_applications
    belongs = dialect(name).belongs(dialogue(step=2), b"", said.session_info)
    assert belongs is ((cell < 3) if numbered else None)


@pytest.mark.parametrize("name", HEARD)
def test_the_number_that_an_application_gave_comes_back_to_it(name):
    spoken = dialect(name)
    said = spoken.hear(submit_sm(HEARD[name][3][0], b"News?", HEARD[name][3][1]))
    assert said is not None
    answer = spoken.tell(dialogue(), Continue(MSISDN, "1", ""), said.session_info)
    assert answer is not None
    if spoken.numbers_applications:
        echoed = answer.tlvs[-1][1].hex()
        assert echoed in ("2222", "2202", "22222222")
        assert spoken.belongs(dialogue(step=2), said.session_info, answer.tlvs[-1][1])


def test_0x17_is_an_end_only_where_that_is_wanted():
    slip = submit_sm("USSD", b"Bye", OP + "17")
    with pytest.raises(PduError) as caught:
        dialect("plain").hear(slip)
    assert caught.value.command_status == CommandStatus.RINVOPTPARAMVAL
    said = dialect("plain").hear(slip, lenient=True)
    assert said is not None
    assert said.primitive == End("Bye")


def test_an_operation_that_is_not_said_is_asked_for():
    with pytest.raises(PduError) as caught:
        dialect("plain").hear(submit_sm("USSD", b"?", ""))
    assert caught.value.command_status == CommandStatus.RMISSINGOPTPARAM
    assert dialect("plain").hear(submit_sm("", b"a short message", "")) is None


@pytest.mark.parametrize("op", ["01", "12", "13", "81", "ff"])
def test_what_no_service_sends_is_refused(op):
    with pytest.raises(PduError) as caught:
        dialect("plain").hear(submit_sm("USSD", b"", OP + op))
    assert caught.value.command_status == CommandStatus.RINVOPTPARAMVAL


@pytest.mark.parametrize(
    "dialled, text, destination",
    [("*500*7*8#", b"7*8", b"*500#"), ("*500#", b"", b"*500#")],
)
def test_the_text_can_be_only_the_rest_after_the_code(dialled, text, destination):
    request = dialect("plain", "rest").tell(dialogue(0), Begin(MSISDN, dialled, ""))
    assert request is not None
    assert encode(request)[16:] == deliver_sm("USSD", text, OP + "01", destination=destination)


# dialect -> what a simulator of phones is sent: service_type and TLVs of a question, a last screen, a notice
SHOWN = {
    "plain": ("USSD", OP + "02" + ITS + "1234", OP + "11" + ITS + "1235", OP + "03" + ITS + "1234"),
    "its15": ("USSD", OP + "02" + ITS + "1234", OP + "11" + ITS + "1235", OP + "03" + ITS + "1234"),
    "its8": ("USSD", OP + "02" + ITS + "1202", OP + "11" + ITS + "1203", OP + "03" + ITS + "1202"),
    "user_message_reference": (
        "USSD",
        OP + "02" + REFERENCE + "1234",
        OP + "11" + REFERENCE + "1234",
        OP + "03" + REFERENCE + "1234",
    ),
    "tata": ("USSD", OP + "02" + ITS + "1234", OP + "02" + ITS + "1235", OP + "03" + ITS + "1234"),
    "service_types": (
        "CR ER NR",
        OP + "02" + ITS + "1234",
        OP + "11" + ITS + "1235",
        OP + "03" + ITS + "1234",
    ),
    "no_operation": ("USSD", ITS + "1234", ITS + "1235", ITS + "1234"),
}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("cell, screen", [(1, Ask("1 Yes")), (2, End("1 Yes")), (3, Notify("1 Yes"))])
def test_what_a_simulator_of_phones_is_sent(name, cell, screen):
    with_number = dialogue()
    with_number.session_info = b"\x12\x34"
    types = SHOWN[name][0].split()
    addresses = b"\0\0*500#\0" + b"\1\1" + MSISDN.encode() + b"\0"
    expected = types[cell - 1 if len(types) > 1 else 0].encode() + b"\0" + addresses
    expected += bytes(3) + b"\0\0" + bytes([0, 0, 0, 0, 5]) + b"1 Yes" + bytes.fromhex(SHOWN[name][cell])
    assert encode(dialect(name).deliver(with_number, screen))[16:] == expected


def test_a_phone_of_phase_1_is_told_by_its_operation():
    request = dialect("plain").tell(dialogue(0), Begin(MSISDN, "*500#", "", one_shot=True))
    assert request is not None
    assert encode(request)[16:] == deliver_sm("USSD", b"*500#", OP + "00")
    said = dialect("plain").hear(submit_sm("USSD", b"Bye", OP + "10"))
    assert said is not None
    assert said.primitive == End("Bye")


@pytest.mark.parametrize("name", HEARD)
def test_phones_are_understood_in_every_dialect(name):
    """What an application is sent, a simulator of phones may send us."""
    spoken = dialect(name)
    for what in (Begin(MSISDN, "*500*7#", "x"), Continue(MSISDN, "1", "x"), Confirm(MSISDN, "x")):
        told = spoken.tell(dialogue(), what)
        assert told is not None
        read = spoken.read(told, MSISDN, "x")
        if isinstance(read, Unmarked) and not isinstance(what, Confirm):
            read = read.as_begin() if isinstance(what, Begin) else read.as_continue()
        if spoken.names_operation or not isinstance(what, Confirm):
            assert read is not None
            read.session_info = b""
            assert read == what
    gone = spoken.tell(dialogue(), Abort(MSISDN, "x"))
    assert gone is None or isinstance(spoken.read(gone, MSISDN, "x"), Abort)


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == dialect_page(), (
        "write it again: python -m ussd_gateway.ussd.dialect_page > docs/dialects.md"
    )
