"""Octets written by hand from the specification, read and written: both must agree with the page.

Each vector is the PDU in hexadecimal, field by field, beside the object it stands for.
"""

import pytest

from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.pdus import (
    ALL_PDUS,
    AlertNotification,
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    CancelSm,
    CancelSmResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    DistributionList,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    UnsuccessfulSme,
)

VECTORS = {
    # The specification's own worked example: system_id "SMPP3TEST", password "secret08", version 0.
    "3.4 §3.2.2 bind_transmitter": (
        """0000002F 00000002 00000000 00000001
           534D50503354455354 00  7365637265743038 00  5355424D495431 00  00 01 01 00""",
        BindTransmitter(
            sequence_number=1,
            system_id="SMPP3TEST",
            password="secret08",
            system_type="SUBMIT1",
            interface_version=0x00,
            addr_ton=1,
            addr_npi=1,
        ),
    ),
    "3.4 §4.1.2 bind_transmitter_resp, sc_interface_version": (
        "0000001A 80000002 00000000 00000001  67772D61 00  0210 0001 34",
        BindTransmitterResp(sequence_number=1, system_id="gw-a", tlvs=[(0x0210, b"\x34")]),
    ),
    "3.4 §4.1.3 bind_receiver": (
        """00000025 00000001 00000000 7FFFFFFF
           61 00  62 00  00  34  05 00  5E373932362E2A24 00  0001 0000""",
        BindReceiver(
            sequence_number=0x7FFFFFFF,
            system_id="a",
            password="b",
            interface_version=0x34,
            addr_ton=5,
            address_range="^7926.*$",
            tlvs=[(0x0001, b"")],
        ),
    ),
    "3.4 §4.1.4 bind_receiver_resp refused: a header alone": (
        "00000010 80000001 0000000E 00000002",
        BindReceiverResp(command_status=0x0E, sequence_number=2),
    ),
    "3.4 §4.1.5 bind_transceiver, all empty": (
        "00000017 00000009 00000000 00000003  00 00 00 34 00 00 00",
        BindTransceiver(sequence_number=3),
    ),
    "3.4 §4.1.6 bind_transceiver_resp": (
        "00000013 80000009 00000000 00000003  6777 00",
        BindTransceiverResp(sequence_number=3, system_id="gw"),
    ),
    "3.4 §4.1.7 outbind": (
        "00000018 0000000B 00000000 00000004  534D5343 00  7077 00",
        Outbind(sequence_number=4, system_id="SMSC", password="pw"),
    ),
    "3.4 §4.2.1 unbind": ("00000010 00000006 00000000 00000005", Unbind(sequence_number=5)),
    "3.4 §4.2.2 unbind_resp": ("00000010 80000006 00000000 00000005", UnbindResp(sequence_number=5)),
    "3.4 §4.3.1 generic_nack, sequence unknown": (
        "00000010 80000000 00000002 00000000",
        GenericNack(command_status=2),
    ),
    "3.4 §4.4.1 submit_sm, USSD, TLVs §5.3.2.43-44": (
        """00000045 00000004 00000000 00000010
           55535344 00
           01 01 3739323631323334353637 00
           00 00 2A31303523 00
           00 00 00  00  00  00 00  0F  00
           05 2A31303523
           0501 0001 01
           1383 0002 8001""",
        SubmitSm(
            sequence_number=16,
            service_type="USSD",
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="79261234567",
            destination_addr="*105#",
            data_coding=0x0F,
            short_message=b"*105#",
            tlvs=[(0x0501, b"\x01"), (0x1383, b"\x80\x01")],
        ),
    ),
    "3.4 §4.4.1 submit_sm, every field set": (
        """00000050 00000004 00000000 00000011
           434D54 00
           05 00 496E666F 00
           01 01 3434313233 00
           C3 7F 03
           323631313232313530343035303132 2B 00
           303030303031303030303030303030 52 00
           11 01 F5 02
           03 00401B""",
        SubmitSm(
            sequence_number=17,
            service_type="CMT",
            source_addr_ton=5,
            source_addr="Info",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="44123",
            esm_class=0xC3,
            protocol_id=0x7F,
            priority_flag=3,
            schedule_delivery_time="261122150405012+",
            validity_period="000001000000000R",
            registered_delivery=0x11,
            replace_if_present_flag=1,
            data_coding=0xF5,
            sm_default_msg_id=2,
            short_message=b"\x00\x40\x1b",
        ),
    ),
    "3.4 §5.3.2.32 submit_sm, text in message_payload": (
        """00000027 00000004 00000000 00000012
           00  00 00 00  00 00 00  00 00 00  00  00  00 00 08 00  00
           0424 0002 041F""",
        SubmitSm(sequence_number=18, data_coding=8, tlvs=[(0x0424, b"\x04\x1f")]),
    ),
    "3.4 §4.4.2 submit_sm_resp": (
        "00000018 80000004 00000000 00000010  30303030 414631 00",
        SubmitSmResp(sequence_number=16, message_id="0000AF1"),
    ),
    "3.4 §4.4.2 submit_sm_resp refused: a header alone": (
        "00000010 80000004 00000058 00000010",
        SubmitSmResp(command_status=0x58, sequence_number=16),
    ),
    "3.4 §4.6.1 deliver_sm, Russian screen, ussd_service_op 2": (
        """0000003E 00000005 00000000 00000020
           55535344 00
           00 00 2A31303523 00
           01 01 3739323631323334353637 00
           00 00 00  00  00  00 00  08  00
           04 04210447
           0501 0001 02""",
        DeliverSm(
            sequence_number=32,
            service_type="USSD",
            source_addr="*105#",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="79261234567",
            data_coding=8,
            short_message="Сч".encode("utf-16-be"),
            tlvs=[(0x0501, b"\x02")],
        ),
    ),
    "3.4 §4.6.2 deliver_sm_resp": (
        "00000011 80000005 00000000 00000020  00",
        DeliverSmResp(sequence_number=32),
    ),
    "3.4 §4.5.1 submit_multi, an address and a list": (
        """00000037 00000021 00000000 00000030
           00  00 01 37303730 00
           02  01 01 01 3739323631 00  02 667269656E6473 00
           00 00 00  00  00  00 00 00 00
           02 4869""",
        SubmitMulti(
            sequence_number=48,
            source_addr_npi=1,
            source_addr="7070",
            dest_addresses=[SmeAddress(1, 1, "79261"), DistributionList("friends")],
            short_message=b"Hi",
        ),
    ),
    "3.4 §4.5.2 submit_multi_resp, one refused": (
        """00000020 80000021 00000000 00000030
           3939 00  01  01 01 3739323631 00 0000000B""",
        SubmitMultiResp(
            sequence_number=48, message_id="99", unsuccess_sme=[UnsuccessfulSme(1, 1, "79261", 0x0B)]
        ),
    ),
    "3.4 §4.7.1 data_sm": (
        """0000002C 00000103 00000000 00000040
           55535344 00  01 01 3739323631 00  00 00 2A31303523 00  00 00 00
           0424 0000""",
        DataSm(
            sequence_number=64,
            service_type="USSD",
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="79261",
            destination_addr="*105#",
            tlvs=[(0x0424, b"")],
        ),
    ),
    "3.4 §4.7.2 data_sm_resp, delivery_failure_reason": (
        "00000016 80000103 000000FE 00000040  00  0425 0001 03",
        DataSmResp(command_status=0xFE, sequence_number=64, tlvs=[(0x0425, b"\x03")]),
    ),
    "3.4 §4.8.1 query_sm": (
        "0000001C 00000003 00000000 00000050  414631 00  01 01 3739323631 00",
        QuerySm(
            sequence_number=80,
            message_id="AF1",
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="79261",
        ),
    ),
    "3.4 §4.8.2 query_sm_resp": (
        """00000027 80000003 00000000 00000050
           414631 00  323631313232313530343035303132 2B 00  02 00""",
        QuerySmResp(sequence_number=80, message_id="AF1", final_date="261122150405012+", message_state=2),
    ),
    "3.4 §4.9.1 cancel_sm": (
        """00000020 00000008 00000000 00000060
           55535344 00  00  01 01 37393236 00  00 00 00""",
        CancelSm(
            sequence_number=96,
            service_type="USSD",
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="7926",
        ),
    ),
    "3.4 §4.9.2 cancel_sm_resp": (
        "00000010 80000008 00000011 00000060",
        CancelSmResp(command_status=0x11, sequence_number=96),
    ),
    "3.4 §4.10.1 replace_sm": (
        """00000022 00000007 00000000 00000070
           414631 00  01 01 37393236 00  00  00  01 00  02 4869""",
        ReplaceSm(
            sequence_number=112,
            message_id="AF1",
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="7926",
            registered_delivery=1,
            short_message=b"Hi",
        ),
    ),
    "3.4 §4.10.2 replace_sm_resp": (
        "00000010 80000007 00000000 00000070",
        ReplaceSmResp(sequence_number=112),
    ),
    "3.4 §4.11.1 enquire_link": ("00000010 00000015 00000000 00000080", EnquireLink(sequence_number=128)),
    "3.4 §4.11.2 enquire_link_resp": (
        "00000010 80000015 00000000 00000080",
        EnquireLinkResp(sequence_number=128),
    ),
    "3.4 §4.12.1 alert_notification, ms_availability_status": (
        """00000024 00000102 00000000 00000090
           01 01 3739323631 00  00 00 37303730 00  0422 0001 00""",
        AlertNotification(
            sequence_number=144,
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="79261",
            esme_addr="7070",
            tlvs=[(0x0422, b"\x00")],
        ),
    ),
}


@pytest.mark.parametrize("octets,pdu", VECTORS.values(), ids=VECTORS)
def test_vector(octets, pdu):
    frame = bytes.fromhex(octets)
    assert int.from_bytes(frame[:4], "big") == len(frame), "the vector itself is miscounted"
    assert decode(frame) == pdu
    assert encode(pdu).hex() == frame.hex()


def test_every_pdu_has_a_vector():
    assert {type(pdu) for _, pdu in VECTORS.values()} == set(ALL_PDUS)
