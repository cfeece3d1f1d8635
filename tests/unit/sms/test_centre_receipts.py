"""Receipts as centres write them: to the letter, with liberties, in TLVs, and beyond reading."""

import pytest

from ussd_gateway.smpp.constants import MessageState
from ussd_gateway.smpp.pdus import DeliverSm
from ussd_gateway.sms.centre_receipts import Noted, is_receipt, read_receipt
from ussd_gateway.sms.receipts import Receipt, receipt_text, receipt_tlvs


def receipt(text: str, tlvs: list[tuple[int, bytes]] | None = None) -> DeliverSm:
    return DeliverSm(esm_class=4, short_message=text.encode("ascii"), tlvs=tlvs or [])


def test_our_own_receipts_are_read():
    told = Receipt("4711", MessageState.UNDELIVERABLE, 0, 60_000)
    made = receipt(receipt_text(told), receipt_tlvs(told))
    assert is_receipt(made)
    assert read_receipt(made) == Noted("4711", "UNDELIV")


@pytest.mark.parametrize(
    "text, noted",
    [
        ("id:0A3F sub:001 stat:DELIVRD err:000", Noted("0A3F", "DELIVRD")),
        ("ID: m-1 STAT: expired", Noted("m-1", "EXPIRED")),
        ("id:1", None),
        ("stat:DELIVRD", None),
        ("", None),
    ],
)
def test_the_text_is_read(text, noted):
    assert read_receipt(receipt(text)) == noted


def test_tlvs_come_first_and_broken_ones_are_passed_over():
    tlvs = [(0x001E, b"tlv-id\0"), (0x0427, b"\x05")]
    assert read_receipt(receipt("id:text stat:DELIVRD", tlvs)) == Noted("tlv-id", "UNDELIV")
    assert read_receipt(receipt("id:text stat:DELIVRD", [(0x0427, b"\x05\x05\x05")])) == Noted(
        "text", "DELIVRD"
    )


def test_a_message_is_no_receipt():
    assert not is_receipt(DeliverSm(esm_class=0x40))
