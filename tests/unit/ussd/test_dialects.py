"""Dialogues on the wire: every row of what phones may send, and every screen, as raw octets of PDUs.

The octets are built by hand here (SMPP 3.4 §4.4.1, §4.7.1, §5.3.2), not by the project's own codec.
"""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.text import fits_ussd
from ussd_gateway.smpp.tlvs import USER_MESSAGE_REFERENCE, VENDOR_USSD_SESSION_ID, OctetsTlv
from ussd_gateway.ussd.dialects import PLAIN, Meaning, SessionTag, Signal, dialect
from ussd_gateway.ussd.dialogue import DialogueTimers, open_dialogue
from ussd_gateway.ussd.primitives import Abort, Ask, Begin, Confirm, Continue, End, Notify, Unmarked

MSISDN = "79261234567"
ACCESS = "smpp:handset"
BEGIN, ANSWER, HANG_UP, CONFIRM = 1, 18, 129, 19


def tlv(tag, value):
    return struct.pack("!HH", tag, len(value)) + value


def op(value):
    """ussd_service_op (§5.3.2.44)."""
    return tlv(0x0501, bytes([value]))


def session(value):
    """its_session_info (§5.3.2.43)."""
    return tlv(0x1383, bytes.fromhex(value))


def pdu(command_id, body, sequence=7):
    return decode(struct.pack("!4I", 16 + len(body), command_id, 0, sequence) + body)


def submit_sm(text=b"", *tlvs, service_type=b"", destination=b"*105#", data_coding=0, esm_class=0):
    body = service_type + b"\0"
    body += b"\1\1" + MSISDN.encode() + b"\0" + b"\0\1" + destination + b"\0"
    body += bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, data_coding, 0, len(text)]) + text
    return pdu(0x00000004, body + b"".join(tlvs))


def data_sm(*tlvs, service_type=b"", destination=b"*105#", data_coding=0):
    body = service_type + b"\0" + b"\1\1" + MSISDN.encode() + b"\0" + b"\0\1" + destination + b"\0"
    return pdu(0x00000103, body + bytes([0, 0, data_coding]) + b"".join(tlvs))


def read(request, using=PLAIN):
    return using.read(request, MSISDN, ACCESS)


# ---------------------------------------------------------------- what phones send


@pytest.mark.parametrize("begin_op", [1, 0])
def test_op_1_or_0_begins_with_the_dialled_string_in_the_text(begin_op):
    request = submit_sm(b"*105*1#", op(begin_op), service_type=b"USSD")
    assert read(request) == Begin(MSISDN, "*105*1#", ACCESS, one_shot=begin_op == 0)


def test_op_1_with_an_empty_text_dials_the_destination():
    assert read(submit_sm(b"", op(1), destination=b"*105*00#")) == Begin(MSISDN, "*105*00#", ACCESS)
    assert read(submit_sm(b"", op(1), destination=b"105")) == Begin(MSISDN, "*105#", ACCESS)
    assert read(submit_sm(b"", op(1), destination=b"*105*1")) == Begin(MSISDN, "*105*1#", ACCESS)
    assert read(submit_sm(b" \r", op(1))) == Begin(MSISDN, "*105#", ACCESS)
    assert read(submit_sm(b"", op(1), destination=b"")) == Begin(MSISDN, "", ACCESS)


def test_the_dialled_string_can_always_stand_in_the_destination():
    destination = dialect("plain", "destination")
    request = submit_sm(b"anything", op(1), destination=b"*105*2#")
    assert read(request, destination) == Begin(MSISDN, "*105*2#", ACCESS)


@pytest.mark.parametrize(
    "text, destination, dialled",
    [
        (b"1*1#", b"*105#", "*105*1*1#"),
        (b"*1*1#", b"*105#", "*105*1*1#"),
        (b"1", b"105", "*105*1#"),
        (b"", b"*105#", "*105#"),
        (b"*105*1#", b"*105#", "*105*1#"),
        (b"*105#", b"105", "*105#"),
        (b"1051", b"105", "*105*1051#"),
        (b"*1051#", b"*105#", "*105*1051#"),
    ],
)
def test_the_text_can_be_only_the_rest_after_the_service_code(text, destination, dialled):
    rest = dialect("plain", "rest")
    assert read(submit_sm(text, op(1), destination=destination), rest) == Begin(MSISDN, dialled, ACCESS)


def test_op_18_answers_literally():
    assert read(submit_sm(b"1", op(18))) == Continue(MSISDN, "1", ACCESS)
    assert read(submit_sm(b"", op(18))) == Continue(MSISDN, "", ACCESS)
    assert read(submit_sm(b"*105*00#", op(18))) == Continue(MSISDN, "*105*00#", ACCESS)
    assert read(submit_sm(b" 1 ", op(18))) == Continue(MSISDN, " 1 ", ACCESS)
    russian = submit_sm("Да".encode("utf-16-be"), op(18), data_coding=8)
    assert read(russian) == Continue(MSISDN, "Да", ACCESS)


def test_op_129_hangs_up_and_op_19_confirms():
    assert read(submit_sm(b"", op(129))) == Abort(MSISDN, ACCESS)
    assert read(submit_sm(b"", op(19))) == Confirm(MSISDN, ACCESS)


def test_ussd_without_op_is_left_to_the_dialogue_to_decide():
    request = submit_sm(b"*105#", service_type=b"USSD")
    assert read(request) == Unmarked(MSISDN, "*105#", "*105#", ACCESS)
    empty = read(submit_sm(b"", service_type=b"USSD"))
    assert empty.as_begin() == Begin(MSISDN, "*105#", ACCESS)
    assert empty.as_continue() == Continue(MSISDN, "", ACCESS)


@pytest.mark.parametrize(
    "request_", [submit_sm(b"1", service_type=b"ussd"), submit_sm(b"1", tlv(0x0007, b"\4"))]
)
def test_other_marks_of_ussd(request_):
    assert isinstance(read(request_), Unmarked)


@pytest.mark.parametrize(
    "request_",
    [
        submit_sm(b"00", destination=b"000110"),
        submit_sm(b"", destination=b"000110"),
        submit_sm(b"*105#", service_type=b"CMT"),
        submit_sm(b"\5\0\3\1\2\1PAS", destination=b"000105", esm_class=0x40),
        submit_sm(b"PAS", tlv(0x020C, b"\0\1"), tlv(0x020E, b"\2"), tlv(0x020F, b"\1")),
        submit_sm(b"", tlv(0x0424, b"PAS Secret77")),
        submit_sm(b"00", tlv(0x0007, b"\1")),
        data_sm(tlv(0x0424, b"00")),
    ],
)
def test_without_a_mark_of_ussd_it_is_a_short_message(request_):
    assert read(request_) is None


def test_data_sm_carries_the_text_in_message_payload():
    assert read(data_sm(op(1), tlv(0x0424, b"*105*1#"))) == Begin(MSISDN, "*105*1#", ACCESS)
    assert read(data_sm(op(18), tlv(0x0424, b"1"))) == Continue(MSISDN, "1", ACCESS)
    assert read(data_sm(op(129))) == Abort(MSISDN, ACCESS)
    assert read(data_sm(tlv(0x0424, b"1"), service_type=b"USSD")) == Unmarked(MSISDN, "1", "1", ACCESS)


def test_the_session_number_comes_along():
    for code, expected in (
        (BEGIN, Begin(MSISDN, "*105#", ACCESS, b"\x12\x34")),
        (ANSWER, Continue(MSISDN, "*105#", ACCESS, b"\x12\x34")),
        (HANG_UP, Abort(MSISDN, ACCESS, b"\x12\x34")),
        (CONFIRM, Confirm(MSISDN, ACCESS, b"\x12\x34")),
    ):
        assert read(submit_sm(b"*105#", op(code), session("1234"))) == expected
    unmarked = submit_sm(b"*105#", session("1234"), service_type=b"USSD")
    assert read(unmarked) == Unmarked(MSISDN, "*105#", "*105#", ACCESS, b"\x12\x34")


@pytest.mark.parametrize(
    "data_coding, octets",
    [
        (0x00, b"*105#"),
        (0x0F, b"*105#"),
        (0x01, b"*105#"),
        (0x03, b"*105#"),
        (0x40, b"*105#"),
        (0x44, b"*105#"),
        (0x23, b"*105#"),
        (0x08, "*105#".encode("utf-16-be")),
        (0x48, "*105#".encode("utf-16-be")),
        (0x11, bytes([0x72, 0x3A]) + "*105#".encode("utf-16-be")),
        (0x10, b"ru\r*105#"),
    ],
)
def test_raw_codings_of_cell_broadcast_are_understood(data_coding, octets):
    assert read(submit_sm(octets, op(1), data_coding=data_coding)).dialled == "*105#"


@pytest.mark.parametrize("foreign", [2, 3, 4, 16, 17, 20, 31, 32, 128, 130, 255])
def test_an_operation_no_phone_sends_is_refused(foreign):
    with pytest.raises(PduError) as caught:
        read(submit_sm(b"1", op(foreign)))
    assert caught.value.command_status == CommandStatus.RINVOPTPARAMVAL


@pytest.mark.parametrize("bad", [tlv(0x0501, b""), tlv(0x0501, b"\0\1"), op(1) + tlv(0x1383, b"\1")])
def test_a_parameter_of_the_wrong_length_is_refused(bad):
    with pytest.raises(PduError) as caught:
        read(submit_sm(b"*105#", bad))
    assert caught.value.command_status == CommandStatus.RINVPARLEN


# ---------------------------------------------------------------- what phones are shown


def dialogue(session_info=b"", dialogue_id="d1", service_code="*105#"):
    return open_dialogue(
        dialogue_id,
        MSISDN,
        service_code,
        access=ACCESS,
        session_info=session_info,
        position=None,
        now_ms=0,
        timers=DialogueTimers(),
    )


def delivered(primitive, session_info=b"\x12\x35", using=PLAIN):
    """The octets after the header."""
    return encode(using.deliver(dialogue(session_info), primitive))[16:]


def deliver_sm_body(data_coding, text, ussd_op, session_info):
    """service_type USSD, source 0/0 *105#, destination 1/1 MSISDN, five zero octets, two empty times."""
    addresses = b"USSD\0" + b"\0\0*105#\0" + b"\1\1" + MSISDN.encode() + b"\0"
    fields = bytes([0, 0, 0]) + b"\0\0" + bytes([0, 0, data_coding, 0, len(text)])
    return addresses + fields + text + op(ussd_op) + session(session_info)


@pytest.mark.parametrize(
    "primitive, ussd_op, session_info",
    [(Ask("1 Balance"), 2, "1234"), (End("1 Balance"), 17, "1235"), (Notify("1 Balance"), 3, "1234")],
)
def test_a_screen_is_a_deliver_sm_with_the_session_number_echoed(primitive, ussd_op, session_info):
    assert delivered(primitive) == deliver_sm_body(0, b"1 Balance", ussd_op, session_info)


def test_a_russian_screen_is_ucs2_and_an_empty_one_is_legal():
    text = "Баланс: 153.20р"
    assert delivered(End(text)) == deliver_sm_body(8, text.encode("utf-16-be"), 17, "1235")
    assert delivered(Ask("")) == deliver_sm_body(0, b"", 2, "1234")


def test_without_a_session_number_of_the_peer_we_make_one_and_keep_to_it():
    ask, end = delivered(Ask("1"), b""), delivered(End("2"), b"")
    made = int.from_bytes(ask[-2:], "big")
    assert made & 1 == 0
    assert made > 0
    assert int.from_bytes(end[-2:], "big") == made | 1


@given(st.text(max_size=30))
def test_the_numbers_we_make_can_be_read_by_clients_that_take_them_for_text(dialogue_id):
    request = PLAIN.deliver(dialogue(b"", dialogue_id), End("x"))
    (made,) = [value for tag, value in request.tlvs if tag == 0x1383]
    assert len(made) == 2
    assert max(made) < 0x80
    assert made > b"\0\1"


def test_a_screen_too_long_for_a_phone_is_cut_and_never_inside_a_character():
    assert len(PLAIN.deliver(dialogue(), End("a" * 183)).short_message) == 182
    assert len(PLAIN.deliver(dialogue(), End("a" * 181 + "€")).short_message) == 181
    assert len(PLAIN.deliver(dialogue(), End("я" * 81)).short_message) == 160
    assert len(PLAIN.deliver(dialogue(), End("я" * 79 + "🌹")).short_message) == 158


@given(st.text(max_size=300))
def test_any_text_can_be_delivered(text):
    request = PLAIN.deliver(dialogue(), Ask(text))
    assert len(encode(request)) <= 16 + 254
    if fits_ussd(text) and text.isascii() and text.isalnum():
        assert request.short_message == text.encode()


# ---------------------------------------------------------------- other operators are data


REFERENCE = SessionTag(OctetsTlv(USER_MESSAGE_REFERENCE.tag, "user_message_reference", 2, 2), end_bit=False)
ENDS_BY_BIT = replace(
    PLAIN, name="ends-by-bit", ends=Signal(2), meanings={**PLAIN.meanings, 2: Meaning.CONTINUE}
)
BY_REFERENCE = replace(PLAIN, name="by-reference", session=REFERENCE)
BY_VENDOR_TAG = replace(
    PLAIN, name="by-vendor-tag", session=SessionTag(VENDOR_USSD_SESSION_ID, end_bit=False)
)
BY_NUMBER = replace(PLAIN, name="by-number", session=None, service_type="P2")


def test_a_dialogue_may_end_by_the_bit_alone():
    assert delivered(End("x"), using=ENDS_BY_BIT) == deliver_sm_body(0, b"x", 2, "1235")
    assert read(submit_sm(b"1", op(2)), ENDS_BY_BIT) == Continue(MSISDN, "1", ACCESS)


def test_the_session_number_may_be_another_parameter():
    request = submit_sm(b"*105#", op(1), tlv(0x0204, b"\xab\xcd"))
    assert read(request, BY_REFERENCE).session_info == b"\xab\xcd"
    assert delivered(End("x"), b"\xab\xcd", BY_REFERENCE).endswith(op(17) + tlv(0x0204, b"\xab\xcd"))
    vendor = delivered(End("x"), b"", BY_VENDOR_TAG)
    assert vendor[-8:-4] == bytes.fromhex("15010004")
    assert read(submit_sm(b"", op(1), vendor[-8:]), BY_VENDOR_TAG).session_info == vendor[-4:]


def test_the_subscribers_number_may_be_all_there_is():
    assert read(submit_sm(b"*105#", op(1), session("1234")), BY_NUMBER).session_info == b""
    octets = delivered(End("x"), b"", BY_NUMBER)
    assert octets.startswith(b"P2\0")
    assert octets.endswith(b"x" + op(17))


def test_a_dialect_is_found_by_its_name():
    assert dialect("plain") == PLAIN
    with pytest.raises(ValueError, match="unknown dialect 'klingon'; there are: plain"):
        dialect("klingon")
    with pytest.raises(ValueError, match="choose one of: short_message, destination, rest"):
        dialect("plain", "nowhere")
