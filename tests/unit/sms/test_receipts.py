"""Delivery receipts to the octet, and that a strict client can take them apart."""

import pytest
from aiosmpplib.protocol import DeliverSm as ForeignDeliverSm

from ussd_gateway.smpp.gsm7 import encode_gsm7
from ussd_gateway.sms.receipts import STATES, Receipt, receipt_text, receipt_tlvs

SUBMIT_MS = 1_750_000_000_000  # 2025-06-15 15:06:40 UTC
DONE_MS = SUBMIT_MS + 65_000


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


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_word(state):
    assert f" stat:{STATES[state]} err:" in receipt_text(receipt(state))


def test_a_text_of_extension_characters_still_fits():
    text = receipt_text(Receipt("9" * 64, 2, SUBMIT_MS, DONE_MS, text="€" * 30))
    assert len(encode_gsm7(text)) <= 254


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
