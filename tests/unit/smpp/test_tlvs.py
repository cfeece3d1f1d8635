import pytest

from ussd_gateway.errors import LocalProtocolError, PduError
from ussd_gateway.smpp.constants import CommandStatus, status_name
from ussd_gateway.smpp.pdus import DataSm, DeliverSm, EnquireLink, SubmitSm
from ussd_gateway.smpp.tlvs import (
    ALERT_ON_MESSAGE_DELIVERY,
    CALLBACK_NUM,
    DEST_TELEMATICS_ID,
    ITS_SESSION_INFO,
    MESSAGE_PAYLOAD,
    NETWORK_ERROR_CODE,
    NUMBER_OF_MESSAGES,
    QOS_TIME_TO_LIVE,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    SOURCE_TELEMATICS_ID,
    TLVS,
    USSD_SERVICE_OP,
    message_octets,
    put_tlv,
    sar_segment,
    validate,
)


def carrying(*tlvs: tuple[int, bytes]) -> SubmitSm:
    return SubmitSm(tlvs=list(tlvs))


@pytest.mark.parametrize("op", [0, 1, 2, 17, 0x81, 255])
def test_every_operation_is_one_binary_octet(op):
    assert USSD_SERVICE_OP(op) == (0x0501, bytes((op,)))
    assert USSD_SERVICE_OP.get(carrying(USSD_SERVICE_OP(op))) == op


def test_absent_is_none_and_empty_is_not():
    assert USSD_SERVICE_OP.get(SubmitSm()) is None
    assert MESSAGE_PAYLOAD.get(carrying((0x0424, b""))) == b""


def test_the_first_of_several_counts():
    assert USSD_SERVICE_OP.get(carrying((0x0501, b"\2"), (0x0501, b"\3"))) == 2


@pytest.mark.parametrize("tlv", TLVS.values(), ids=lambda tlv: tlv.name)
def test_wrong_lengths_of_every_tlv(tlv):
    """ESME_RINVPARLEN, SMPP 3.4 §3.3."""
    wrong = [length for length in (tlv.min_octets - 1, tlv.max_octets + 1) if 0 <= length <= 65535]
    for length in wrong:
        pdu = carrying((tlv.tag, bytes(length)))
        for ask in (tlv.get, validate):
            with pytest.raises(PduError) as caught:
                ask(pdu)
            assert status_name(caught.value.command_status) == "ESME_RINVPARLEN"
    validate(carrying((tlv.tag, bytes(tlv.min_octets)), (tlv.tag, bytes(tlv.max_octets))))
    assert tlv.get(carrying((tlv.tag, bytes(tlv.min_octets)))) is not None


def test_an_illegal_value():
    """ESME_RINVOPTPARAMVAL, SMPP 3.4 §3.3: number_of_messages is 0-99 (§5.3.2.39)."""
    assert NUMBER_OF_MESSAGES.get(carrying((0x0304, b"\x63"))) == 99
    with pytest.raises(PduError) as caught:
        NUMBER_OF_MESSAGES.get(carrying((0x0304, b"\x64")))
    assert caught.value.command_status == CommandStatus.RINVOPTPARAMVAL
    with pytest.raises(PduError):
        validate(carrying((0x0304, b"\x64")))


def test_unknown_tags_are_nobodys_business():
    pdu = EnquireLink(tlvs=[(0x1402, b"vendor"), (0x7000, b"")])
    validate(pdu)
    assert pdu.tlvs == [(0x1402, b"vendor"), (0x7000, b"")]


def test_the_two_telematics_ids_differ_in_length():
    assert DEST_TELEMATICS_ID(1) == (0x0008, b"\0\1")
    assert SOURCE_TELEMATICS_ID(1) == (0x0010, b"\1")


def test_alert_on_message_delivery_is_empty_in_3_4_and_an_octet_in_5_0():
    assert ALERT_ON_MESSAGE_DELIVERY.get(carrying((0x130C, b""))) == b""
    assert ALERT_ON_MESSAGE_DELIVERY.get(carrying((0x130C, b"\1"))) == b"\1"


def test_texts_come_with_and_without_their_nul():
    assert RECEIPTED_MESSAGE_ID("4711") == (0x001E, b"4711\0")
    assert RECEIPTED_MESSAGE_ID.get(carrying((0x001E, b"4711\0"))) == "4711"
    assert RECEIPTED_MESSAGE_ID.get(carrying((0x001E, b"4711"))) == "4711"


def test_binary_values_survive():
    assert ITS_SESSION_INFO.get(carrying(ITS_SESSION_INFO(b"\xff\xfe"))) == b"\xff\xfe"
    assert NETWORK_ERROR_CODE.get(carrying(NETWORK_ERROR_CODE(b"\3\0\xff"))) == b"\3\0\xff"
    assert QOS_TIME_TO_LIVE(86400) == (0x0017, b"\x00\x01\x51\x80")


def test_what_does_not_fit_cannot_be_built():
    for build in (
        lambda: USSD_SERVICE_OP(256),
        lambda: USSD_SERVICE_OP(-1),
        lambda: ITS_SESSION_INFO(b"\1"),
        lambda: CALLBACK_NUM(b"123"),
        lambda: RECEIPTED_MESSAGE_ID("x" * 65),
        lambda: RECEIPTED_MESSAGE_ID("Я"),
    ):
        with pytest.raises(LocalProtocolError):
            build()


def test_putting_replaces_all_of_a_tag():
    pdu = carrying((0x0501, b"\1"), (0x1383, b"\0\1"), (0x0501, b"\2"))
    put_tlv(pdu, USSD_SERVICE_OP(17))
    assert pdu.tlvs == [(0x1383, b"\0\1"), (0x0501, b"\x11")]


def test_the_text_wherever_it_stands():
    assert message_octets(DeliverSm(short_message=b"a")) == b"a"
    assert message_octets(DeliverSm(tlvs=[MESSAGE_PAYLOAD(b"b")])) == b"b"
    assert message_octets(DataSm(tlvs=[MESSAGE_PAYLOAD(b"c")])) == b"c"
    assert message_octets(DataSm()) == b""


class TestSar:
    """All three or none of them (SMPP 3.4 §5.3.2.22-24)."""

    def test_a_part(self):
        pdu = carrying(SAR_MSG_REF_NUM(0x1234), SAR_TOTAL_SEGMENTS(3), SAR_SEGMENT_SEQNUM(2))
        assert sar_segment(pdu) == (0x1234, 3, 2)

    @pytest.mark.parametrize(
        "tlvs",
        [
            [],
            [SAR_MSG_REF_NUM(1), SAR_TOTAL_SEGMENTS(2)],
            [SAR_MSG_REF_NUM(1), SAR_SEGMENT_SEQNUM(1)],
            [SAR_MSG_REF_NUM(1), SAR_TOTAL_SEGMENTS(0), SAR_SEGMENT_SEQNUM(0)],
            [SAR_MSG_REF_NUM(1), SAR_TOTAL_SEGMENTS(2), SAR_SEGMENT_SEQNUM(3)],
            [SAR_MSG_REF_NUM(1), SAR_TOTAL_SEGMENTS(2), SAR_SEGMENT_SEQNUM(0)],
            [(0x020C, b"\1"), SAR_TOTAL_SEGMENTS(2), SAR_SEGMENT_SEQNUM(1)],
        ],
    )
    def test_anything_else_is_ignored(self, tlvs):
        assert sar_segment(carrying(*tlvs)) is None
