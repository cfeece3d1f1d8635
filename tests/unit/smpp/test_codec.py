import pytest

from ussd_gateway.errors import LocalProtocolError, PduError
from ussd_gateway.smpp.codec import decode, encode, read_header
from ussd_gateway.smpp.constants import command_name, status_name, ussd_op_name
from ussd_gateway.smpp.pdus import (
    BindTransceiver,
    BindTransceiverResp,
    DataSm,
    DeliverSm,
    DistributionList,
    QuerySmResp,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    UnsuccessfulSme,
)
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD

UNWRITABLE = {
    "service_type too long": SubmitSm(service_type="SIXSIX"),
    "address too long": SubmitSm(source_addr="7" * 21),
    "a NUL inside": SubmitSm(source_addr="79\x0026"),
    "no Latin-1": SubmitSm(source_addr="Связь"),
    "ton above an octet": SubmitSm(source_addr_ton=256),
    "negative": SubmitSm(esm_class=-1),
    "no integer": SubmitSm(data_coding="8"),  # type: ignore[arg-type]
    "text too long": SubmitSm(short_message=b"x" * 255),
    "text no octets": SubmitSm(short_message="x"),  # type: ignore[arg-type]
    "time of 15": SubmitSm(validity_period="0" * 15),
    "time no Latin-1": SubmitSm(validity_period="Я" * 16),
    "no destination": SubmitMulti(),
    "destination ton": SubmitMulti(dest_addresses=[SmeAddress(ton=300)]),
    "list name too long": SubmitMulti(dest_addresses=[DistributionList("x" * 21)]),
    "too many refused": SubmitMultiResp(unsuccess_sme=[UnsuccessfulSme()] * 256),
    "refused status": SubmitMultiResp(unsuccess_sme=[UnsuccessfulSme(error_status_code=1 << 32)]),
    "two texts": DeliverSm(short_message=b"x", tlvs=[MESSAGE_PAYLOAD(b"y")]),
    "tag above two octets": SubmitSm(tlvs=[(0x10000, b"")]),
    "value above 64 K": SubmitSm(tlvs=[(0x0424, bytes(65536))]),
    "status above four octets": SubmitSmResp(command_status=1 << 32),
    "sequence negative": SubmitSm(sequence_number=-1),
}


@pytest.mark.parametrize("pdu", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_written_is_our_bug(pdu):
    with pytest.raises(LocalProtocolError):
        encode(pdu)


def test_a_header_can_be_read_before_anything_is_understood():
    header = read_header(bytes.fromhex("00000012 DEADBEEF 00000400 7FFFFFFF 0102"))
    assert header == (18, 0xDEADBEEF, 0x400, 0x7FFFFFFF)
    with pytest.raises(PduError) as caught:
        decode(bytes.fromhex("00000012 DEADBEEF 00000400 7FFFFFFF 0102"))
    assert (caught.value.command_status, caught.value.command_id) == (3, 0xDEADBEEF)


def test_odd_values_pass_as_they_are():
    pdu = SubmitSm(source_addr_ton=255, dest_addr_npi=128, data_coding=0xC7, priority_flag=99)
    pdu.source_addr = "МТС".encode("cp1251").decode("latin-1")
    assert decode(encode(pdu)) == pdu


def test_an_empty_text_is_legal():
    assert decode(encode(DeliverSm())).tlvs == []
    assert decode(encode(DeliverSm(tlvs=[MESSAGE_PAYLOAD(b"")]))) == DeliverSm(tlvs=[MESSAGE_PAYLOAD(b"")])


def test_unknown_and_doubled_tlvs_keep_their_order():
    tlvs = [(0x1501, b"\0\0\1\0"), (0x0501, b"\x81"), (0x3FFF, b""), (0x0501, b"\2"), (0x5000, b"\0")]
    assert decode(encode(DataSm(tlvs=tlvs))).tlvs == tlvs


class TestResponseBodies:
    def test_an_empty_body_reads_as_empty_fields(self):
        header = bytes.fromhex("00000010 80000003 00000067 00000001")
        assert decode(header) == QuerySmResp(command_status=0x67, sequence_number=1)

    def test_an_error_with_something_to_say_keeps_its_body(self):
        named = BindTransceiverResp(command_status=0x0D, system_id="gw")
        assert len(encode(named)) == 19
        with_tlv = SubmitSmResp(command_status=0x45, tlvs=[(0x001D, b"full\0")])
        assert decode(encode(with_tlv)) == with_tlv

    def test_success_always_has_one(self):
        assert len(encode(SubmitSmResp())) == 17


def test_a_repr_shows_no_secret():
    bind = BindTransceiver(system_id="app", password="pa55word")
    submit = SubmitSm(source_addr="79261234567", short_message=b"PAS Secret77", sequence_number=9)
    assert repr(bind) == "<BindTransceiver 0x00 #0>"
    assert repr(submit) == "<SubmitSm 0x00 #9>"


def test_names_for_people():
    assert status_name(0x0B) == "ESME_RINVDSTADR"
    assert status_name(0x4AB) == "0x000004AB"
    assert command_name(0x80000004) == "submit_sm_resp"
    assert command_name(0x0A) == "0x0000000A"
    assert ussd_op_name(17) == "PSSR_RESPONSE"
    assert ussd_op_name(23) == "23"
