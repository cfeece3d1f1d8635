"""The dialects of operators, one row each: what their centres send, and what they understand.

Where a row departs from another, that is all it says.  docs/dialects.md is made of these rows
(`ussd.dialect_page`), and every cell of it is a test.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from ussd_gateway.smpp.constants import UssdServiceOp
from ussd_gateway.smpp.tlvs import (
    ITS_SESSION_INFO,
    USER_MESSAGE_REFERENCE,
    VENDOR_USSD_SESSION_ID,
    OctetsTlv,
)
from ussd_gateway.ussd.speech import (
    OLD_SLIP,
    ONE_SHOT_BEGINS,
    ONE_SHOT_ENDS,
    Dialect,
    DialledStringIn,
    Meaning,
    Said,
    SessionTag,
    Signal,
    Will,
    as_code,
)

__all__ = ["DIALECTS", "PLAIN", "Dialect", "Meaning", "Said", "SessionTag", "Signal", "as_code", "dialect"]

_WORD = SessionTag(ITS_SESSION_INFO, end_bit=True)
_REFERENCE = SessionTag(
    OctetsTlv(USER_MESSAGE_REFERENCE.tag, USER_MESSAGE_REFERENCE.name, 2, 2), end_bit=False
)
_SLIP_ENDS = {**ONE_SHOT_ENDS, OLD_SLIP: Will.END}

PLAIN = Dialect(
    name="plain",
    about="SMPP 3.4 by the book. The MSISDN is the dialogue's key; phones are given a number, too",
    source="SMPP 3.4 5.3.2.44",
    session=_WORD,
    numbers_applications=False,
)

ITS15 = Dialect(
    name="its15",
    about="A number of 15 bits and the end bit in its_session_info; the bit alone ends a dialogue, "
    "and hanging up sets it",
    source="centres of sixdee as vumi knows them; clients that echo the value",
    session=_WORD,
    bit_ends=True,
    wills=_SLIP_ENDS,
    unmarked=Will.ASK,
)

ITS8 = Dialect(
    name="its8",
    about="its_session_info to the letter: an octet with the dialogue's number, seven bits that count its "
    "steps, and the end bit",
    source="SMPP 3.4 5.3.2.43",
    session=SessionTag(ITS_SESSION_INFO, end_bit=True, counted=True),
    bit_ends=True,
)

USER_REFERENCE = Dialect(
    name="user_message_reference",
    about="The dialogue's number stands in user_message_reference, unique together with the MSISDN; the end "
    "may be said by 0x17",
    source="centres of Mica as vumi knows them",
    session=_REFERENCE,
    wills=_SLIP_ENDS,
)

TATA = Dialect(
    name="tata",
    about="Both sides continue with operation 2; the service ends with operation 2 and the end bit, the "
    "centre with 17",
    source="centres of Tata as vumi knows them",
    answers=Signal(UssdServiceOp.USSR_REQUEST),
    hangs_up=Signal(UssdServiceOp.PSSR_RESPONSE),
    times_out=Signal(UssdServiceOp.PSSR_RESPONSE),
    ends=Signal(UssdServiceOp.USSR_REQUEST),
    session=_WORD,
    bit_ends=True,
    meanings={**ONE_SHOT_BEGINS, UssdServiceOp.USSR_CONFIRM: Meaning.CONTINUE},
    wills={**ONE_SHOT_ENDS, UssdServiceOp.PSSR_RESPONSE: Will.END},
)

VENDOR_1501 = Dialect(
    name="session_1501",
    about="The dialogue's number has four octets, in TLV 0x1501",
    source="the vendor tag that php-smpp calls USSD_SESSION_ID",
    session=SessionTag(VENDOR_USSD_SESSION_ID, end_bit=False),
)

DESTINATION = replace(
    PLAIN,
    name="destination",
    about="The dialled string stands in destination_addr and the text is empty",
    source="a setting of vumi's sixdee transport",
    dialled_string_in="destination",
)

SERVICE_TYPES = replace(
    PLAIN,
    name="service_types",
    about="service_type tells begin (BR), continue (CR), end (ER), notification (NR, NC) and abort (AR); "
    "ussd_service_op comes along",
    source="BR and CR from a jSMPP example; the other codes after their pattern",
    begins=Signal(UssdServiceOp.PSSR_INDICATION, "BR"),
    answers=Signal(UssdServiceOp.USSR_CONFIRM, "CR"),
    confirms=Signal(UssdServiceOp.USSN_CONFIRM, "NC"),
    hangs_up=Signal(UssdServiceOp.USER_ABORT, "AR"),
    times_out=Signal(UssdServiceOp.USER_ABORT, "AR"),
    asks=Signal(UssdServiceOp.USSR_REQUEST, "CR"),
    ends=Signal(UssdServiceOp.PSSR_RESPONSE, "ER"),
    notifies=Signal(UssdServiceOp.USSN_REQUEST, "NR"),
    drops=Signal(UssdServiceOp.APPLICATION_ABORT, "AR"),
)

NO_OPERATION = replace(
    PLAIN,
    name="no_operation",
    about="Our deliver_sm carry no ussd_service_op, only service_type USSD; that the phone is gone shows by "
    "the refusal of the next submit_sm",
    source="centres that leave TLV 0x0501 out",
    names_operation=False,
    hangs_up=None,
    times_out=None,
    unmarked=Will.ASK,
)

SILENT = replace(
    PLAIN,
    name="silent",
    about="As plain, but nothing is said of a phone that hung up: the next submit_sm is refused",
    source="captures of Thai and Tajik centres",
    hangs_up=None,
    times_out=None,
)

RAW_CODING = replace(
    PLAIN,
    name="raw_coding",
    about="data_coding is the cell broadcast coding scheme as it came over the air: 0x0F, 0x48",
    source="3GPP TS 23.038 5; a capture of a Thai centre, php-smpp",
    raw_coding=True,
)

DIALECTS: Mapping[str, Dialect] = {
    row.name: row
    for row in (
        PLAIN,
        ITS15,
        ITS8,
        USER_REFERENCE,
        TATA,
        VENDOR_1501,
        DESTINATION,
        SERVICE_TYPES,
        NO_OPERATION,
        SILENT,
        RAW_CODING,
    )
}


def dialect(name: str, dialled_string_in: str | None = None) -> Dialect:
    """The dialect of that name with one option; ValueError names what there is."""
    if name not in DIALECTS:
        raise ValueError(f"unknown dialect {name!r}; there are: {', '.join(DIALECTS)}")
    if dialled_string_in is None:
        return DIALECTS[name]
    for place in get_args(DialledStringIn):
        if place == dialled_string_in:
            return replace(DIALECTS[name], dialled_string_in=place)
    places = ", ".join(get_args(DialledStringIn))
    raise ValueError(f"a dialled string cannot be in {dialled_string_in!r}; choose one of: {places}")
