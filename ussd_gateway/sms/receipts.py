"""Delivery receipts: what became of a submitted message, in the words its sender gets.

The text follows SMPP 3.4 Appendix B to the letter, because strict clients take it apart: dates of ten
digits, a decimal error of three, the id exactly as submit_sm_resp gave it.  The same facts travel as
TLVs (§5.3.2.12, .31, .35) for those that read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ussd_gateway.smpp.constants import MessageState
from ussd_gateway.smpp.gsm7 import is_gsm7
from ussd_gateway.smpp.tlvs import (
    MESSAGE_STATE,
    NETWORK_ERROR_CODE,
    RECEIPTED_MESSAGE_ID,
)

GSM_NETWORK = 3
"""First octet of network_error_code (SMPP 3.4 §5.3.2.31)."""

TEXT_CHARS = 20
"""How much of the message a receipt quotes (Appendix B)."""

STATES: Mapping[int, str] = {
    MessageState.SCHEDULED: "SCHEDUL",
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
    MessageState.SKIPPED: "SKIPPED",
}
"""message_state -> the word of seven letters (SMPP 3.4 tables 5-6, B-2; the first and last from v5.0)."""

NOT_FINAL = frozenset({MessageState.SCHEDULED, MessageState.ENROUTE})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message.

    `message_id` is the one of submit_sm_resp; `state` a message_state; `error` the network's own code,
    0-999, 0 for none.  `text` is what was sent, or empty when it must not be quoted.  Instants are
    milliseconds since the epoch, shown in a local time that is `utc_offset_min` minutes ahead of UTC.
    """

    message_id: str
    state: int
    submit_ms: int
    done_ms: int
    error: int = 0
    text: str = ""
    utc_offset_min: int = 0


def receipt_text(receipt: Receipt) -> str:
    """The text of Appendix B; what GSM 7-bit cannot say of the quoted text becomes `?`."""
    delivered = int(receipt.state == MessageState.DELIVERED)
    quoted = "".join(c if is_gsm7(c) else "?" for c in receipt.text[:TEXT_CHARS])
    return (
        f"id:{receipt.message_id} sub:001 dlvrd:{delivered:03d}"
        f" submit date:{_date(receipt.submit_ms, receipt.utc_offset_min)}"
        f" done date:{_date(receipt.done_ms, receipt.utc_offset_min)}"
        f" stat:{STATES.get(receipt.state, 'UNKNOWN')} err:{receipt.error:03d}"
        f" Text:{quoted}"
    )


def receipt_tlvs(receipt: Receipt) -> list[tuple[int, bytes]]:
    """receipted_message_id (with its NUL), message_state, and network_error_code when there is an error."""
    tlvs = [RECEIPTED_MESSAGE_ID(receipt.message_id), MESSAGE_STATE(receipt.state)]
    if receipt.error:
        tlvs.append(NETWORK_ERROR_CODE(bytes([GSM_NETWORK]) + receipt.error.to_bytes(2, "big")))
    return tlvs


def _date(instant_ms: int, utc_offset_min: int) -> str:
    """YYMMDDhhmm."""
    local = datetime.fromtimestamp(instant_ms / 1000, UTC) + timedelta(minutes=utc_offset_min)
    return local.strftime("%y%m%d%H%M")
