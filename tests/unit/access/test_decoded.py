"""What a monitor shows of a PDU: every octet of it once, in the order of the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.strategies import pdus
from ussd_gateway.access.decoded import decoded
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.pdus import (
    ALL_PDUS,
    BindTransceiver,
    DistributionList,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    UnsuccessfulSme,
)
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, MESSAGE_PAYLOAD, USSD_SERVICE_OP


def shown(pdu) -> dict[str, tuple[str, str]]:
    return {each.name: (each.value, each.meaning) for each in decoded(encode(pdu))}


@given(st.sampled_from(ALL_PDUS).flatmap(pdus))
def test_every_octet_is_shown_once(pdu):
    frame = encode(pdu)
    at = 0
    for each in decoded(frame):
        assert each.at == at
        at += each.octets
    assert at == len(frame)


@pytest.mark.parametrize("pdu_type", [each for each in ALL_PDUS if each is not SubmitMulti])
def test_fields_have_the_names_of_the_specification(pdu_type):
    names = [each.name for each in decoded(encode(pdu_type(sequence_number=7)))]
    assert names[:4] == ["command_length", "command_id", "command_status", "sequence_number"]
    assert "body" not in names


def test_what_fields_mean():
    pdu = SubmitSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr="79261234567",
        destination_addr="*105#",
        esm_class=0x40,
        data_coding=8,
        short_message=b"\5\0\3\7\2\1" + "Счет".encode("utf-16-be"),
        tlvs=[USSD_SERVICE_OP(1), ITS_SESSION_INFO(b"\0\2"), (0x1599, b"\xff")],
    )
    found = shown(pdu)
    assert found["command_id"] == ("0x00000004", "submit_sm")
    assert found["source_addr_ton"] == ("1", "international")
    assert found["data_coding"] == ("8", "utf-16-be")
    assert found["user_data_header"] == ("05 00 03 07 02 01", "")
    assert found["short_message"] == ("Счет", "")
    assert found["ussd_service_op"] == ("1", "PSSR_INDICATION, TLV 0x0501")
    assert found["its_session_info"] == ("00 02", "TLV 0x1383")
    assert found["0x1599"] == ("ff", "TLV 0x1599")


def test_a_payload_and_a_refusal():
    pdu = SubmitSm(data_coding=8, tlvs=[MESSAGE_PAYLOAD("Да".encode("utf-16-be"))])
    assert shown(pdu)["message_payload"][0] == "Да"
    assert shown(SubmitSmResp(command_status=0x58))["command_status"] == ("0x00000058", "ESME_RTHROTTLED")
    assert shown(BindTransceiver())["interface_version"] == ("52", "3.4")


def test_many_destinations():
    sent = SubmitMulti(dest_addresses=[SmeAddress(1, 1, "7926"), DistributionList("friends")])
    names = [each.name for each in decoded(encode(sent))]
    assert names[names.index("number_of_dests") :][:7] == [
        "number_of_dests",
        "dest_flag",
        "dest_addr_ton",
        "dest_addr_npi",
        "destination_addr",
        "dest_flag",
        "dl_name",
    ]
    answer = SubmitMultiResp(message_id="1", unsuccess_sme=[UnsuccessfulSme(1, 1, "7926", 0x0B)])
    assert shown(answer)["error_status_code"] == ("11", "ESME_RINVDSTADR")


@pytest.mark.parametrize("frame", [encode(SubmitSm())[:-3], encode(SubmitSm())[:4] + b"\0\0\7\7" + bytes(9)])
def test_what_cannot_be_read(frame):
    assert [each.name for each in decoded(frame)][4:] == ["body"]
