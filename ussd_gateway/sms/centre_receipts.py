"""Delivery receipts that a message centre sends us: which message, and what became of it.

What we write ourselves is in `receipts`; others take liberties with the text of SMPP 3.4 Appendix B, so only
the id and the state are looked for, in the TLVs first (§5.3.2.12, §5.3.2.35).
"""

import re
from typing import NamedTuple

from ussd_gateway.errors import PduError
from ussd_gateway.smpp.constants import EsmClass
from ussd_gateway.smpp.pdus import DataSm, ShortMessage
from ussd_gateway.smpp.tlvs import MESSAGE_STATE, RECEIPTED_MESSAGE_ID, message_octets
from ussd_gateway.sms.receipts import STATES

_ID = re.compile(r"\bid:\s*(\S+)", re.IGNORECASE)
_STATE = re.compile(r"\bstat:\s*(\w+)", re.IGNORECASE)


class Noted(NamedTuple):
    """`message_id` as the centre wrote it; `state` is the word of Appendix B (`DELIVRD`, `UNDELIV`)."""

    message_id: str
    state: str


def is_receipt(pdu: ShortMessage | DataSm) -> bool:
    """Whether it is about a message instead of being one (SMPP 3.4 §5.2.12)."""
    return bool(pdu.esm_class & EsmClass.TYPE_MASK)


def read_receipt(pdu: ShortMessage | DataSm) -> Noted | None:
    """What a receipt says; None when it names no message or no state."""
    text = message_octets(pdu).decode("latin-1")
    try:
        message_id, state = RECEIPTED_MESSAGE_ID.get(pdu), MESSAGE_STATE.get(pdu)
    except PduError:
        message_id, state = None, None
    found, word = _ID.search(text), _STATE.search(text)
    named = message_id or (found[1] if found else "")
    told = STATES.get(state, "") if state is not None else ""
    told = told or (word[1].upper()[:7] if word else "")
    return Noted(named, told) if named and told else None
