"""Secrets leave a captured PDU, its length and everything else stay."""

import pytest

from ussd_gateway.access.veil import veiled
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    SubmitSm,
    SubmitSmResp,
)
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD, SAR_MSG_REF_NUM


def hidden(pdu):
    frame = encode(pdu)
    after = veiled(frame, lambda pdu, text: False)
    assert len(after) == len(frame)
    return decode(after)


@pytest.mark.parametrize("bind", [BindReceiver, BindTransmitter, BindTransceiver])
def test_passwords_of_binds(bind):
    after = hidden(bind(system_id="peer", password="s3cret", system_type="x"))
    assert (after.system_id, after.password, after.system_type) == ("peer", "******", "x")


def test_a_text_that_nobody_vouches_for():
    after = hidden(SubmitSm(source_addr="1234", destination_addr="1", short_message=b"1234"))
    assert (after.source_addr, after.short_message) == ("1234", b"****")


def test_a_text_of_two_octets_a_character():
    after = hidden(SubmitSm(data_coding=8, short_message="код".encode("utf-16-be")))
    assert after.short_message.decode("utf-16-be") == "***"


def test_the_header_of_a_part_stays():
    header = bytes([5, 0, 3, 7, 2, 1])
    after = hidden(SubmitSm(esm_class=0x40, short_message=header + b"text"))
    assert after.short_message == header + b"****"


def test_a_payload():
    after = hidden(DataSm(source_addr="1", tlvs=[SAR_MSG_REF_NUM(1), MESSAGE_PAYLOAD(b"secret")]))
    assert MESSAGE_PAYLOAD.octets(after) == b"******"
    assert SAR_MSG_REF_NUM.octets(after) == b"\x00\x01"


def test_a_text_that_is_vouched_for():
    frame = encode(SubmitSm(source_addr="1234", short_message=b"*105#"))
    asked = []

    def public(pdu, text):
        asked.append((pdu.source_addr, text))
        return True

    assert veiled(frame, public) == frame
    assert asked == [("1234", "*105#")]


def test_responses_hold_no_secret():
    frame = encode(SubmitSmResp(message_id="17"))
    assert veiled(frame, lambda pdu, text: False) == frame


def test_what_cannot_be_read_is_not_shown():
    frame = encode(SubmitSm(short_message=b"secret"))[:-3]
    assert veiled(frame, lambda pdu, text: True)[16:] == b"*" * (len(frame) - 16)
