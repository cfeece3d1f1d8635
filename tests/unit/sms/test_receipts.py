"""Delivery receipts to the octet, and that a strict client can take them apart."""

import pytest
from aiosmpplib.protocol import DeliverSm as ForeignDeliverSm

from ussd_gateway.smpp.pdus import SubmitSm
from ussd_gateway.sms.receipts import STATES, Receipt, receipt_pdu, receipt_text, receipt_tlvs

SUBMIT_MS = 1_750_000_000_000  # 2025-06-15 15:06:40 UTC
DONE_MS = SUBMIT_MS + 65_000
SUBMITTED = SubmitSm(
    service_type="CMT",
    source_addr_ton=5,
    source_addr="Shop",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="79261234567",
    tlvs=[(0x0424, b"..."), (0x0204, b"\x12\x34")],
)


def receipt(state=2, **fields):
    return Receipt("42", state, SUBMIT_MS, DONE_MS, **{"text": "Hello, world! This is a long text", **fields})


def test_the_text_is_that_of_appendix_b():
    assert receipt_text(receipt()) == (
        "id:42 sub:001 dlvrd:001 submit date:2506151506 done date:2506151507"
        " stat:DELIVRD err:000 Text:Hello, world! This i"
    )


def test_a_failure_has_its_error_and_local_time_is_the_operators():
    assert receipt_text(receipt(5, error=27, text="", utc_offset_min=180)) == (
        "id:42 sub:001 dlvrd:000 submit date:2506151806 done date:2506151807 stat:UNDELIV err:027 Text:"
    )


def test_what_cannot_be_quoted_is_marked():
    assert receipt_text(receipt(text="Счет {1}")).endswith("Text:???? {1}")


@pytest.mark.parametrize(
    "state, error, octets",
    [
        (2, 0, ["001e 343200", "0427 02"]),
        (5, 0x1B, ["001e 343200", "0427 05", "0423 03001b"]),
        (1, 0, ["001e 343200", "0427 01"]),
    ],
)
def test_the_tlvs_to_the_octet(state, error, octets):
    built = [f"{tag:04x} {value.hex()}" for tag, value in receipt_tlvs(receipt(state, error=error))]
    assert built == octets


@pytest.mark.parametrize(
    "state, esm_class",
    [(0, 0x20), (1, 0x20), (2, 4), (3, 4), (4, 4), (5, 4), (6, 4), (7, 4), (8, 4), (9, 4)],
)
def test_the_pdu_goes_back_to_the_sender_and_says_whether_it_is_final(state, esm_class):
    pdu = receipt_pdu(receipt(state), SUBMITTED)
    assert pdu.esm_class == esm_class
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (1, 1, "79261234567")
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (5, 0, "Shop")
    assert (pdu.service_type, pdu.data_coding) == ("CMT", 0)
    assert (0x0204, b"\x12\x34") in pdu.tlvs
    assert f"stat:{STATES[state]} ".encode() in pdu.short_message


def test_a_text_of_extension_characters_still_fits():
    pdu = receipt_pdu(Receipt("9" * 64, 2, SUBMIT_MS, DONE_MS, text="€" * 30), SUBMITTED)
    assert len(pdu.short_message) <= 254


def test_a_strict_client_can_take_it_apart():
    foreign = ForeignDeliverSm(short_message=receipt_text(receipt(5, error=27)), esm_class=4)
    parsed = {name: str(value) for name, value in foreign.parse_receipt().items()}
    assert parsed == {
        "id": "42",
        "sub": "1",
        "dlvrd": "0",
        "submit date": "2025-06-15 15:06:00",
        "done date": "2025-06-15 15:07:00",
        "stat": "UNDELIV",
        "err": "27",
        "text": "Hello, world! This i",
    }
