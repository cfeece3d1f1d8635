"""What phones of a load say and hear, as octets: everything from a codec of ours, as little of it as can be.

A submit_sm is encoded once for each service code and text, then only its number, its dialogue and its
sequence number are put in.  USSD as `phone.network` has it.
"""

import struct
from functools import lru_cache
from typing import NamedTuple

from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.constants import (
    HEADER_OCTETS,
    RESPONSE_BIT,
    CommandId,
    Npi,
    ServiceType,
    Ton,
    UssdServiceOp,
)
from ussd_gateway.smpp.pdus import DataSmResp, DeliverSmResp, SubmitSm
from ussd_gateway.smpp.text import choose_coding
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, USSD_SERVICE_OP
from ussd_gateway.sms.concat import OutPart, split_sms

_HEADER = struct.Struct(">IIII")
_PLACE = "00000000000000000000"
"""Stands for the number of the phone while a template is made: as long as an address can be."""

ACCEPTED = {
    response.command_id ^ RESPONSE_BIT: (octets[: HEADER_OCTETS - 4], octets[HEADER_OCTETS:])
    for response in (DeliverSmResp(), DataSmResp())
    for octets in (encode(response),)
}
"""The answer to a deliver_sm or data_sm, by command_id: what stands around its sequence number."""


class Template(NamedTuple):
    """The body of a submit_sm around the number of its phone; `dialogue`: its_session_info ends it."""

    before: bytes
    after: bytes
    dialogue: bool


def request(template: Template, msisdn: bytes, sequence: int, session_info: int = 0) -> bytes:
    """A whole submit_sm."""
    before, after, dialogue = template
    if dialogue:
        length = HEADER_OCTETS + len(before) + len(msisdn) + len(after) + 2
        head = _HEADER.pack(length, CommandId.SUBMIT_SM, 0, sequence)
        return b"".join((head, before, msisdn, after, session_info.to_bytes(2, "big")))
    length = HEADER_OCTETS + len(before) + len(msisdn) + len(after)
    return b"".join((_HEADER.pack(length, CommandId.SUBMIT_SM, 0, sequence), before, msisdn, after))


@lru_cache(maxsize=4096)
def ussd_template(op: int, service_code: str, text: str) -> Template:
    """A step of a dialogue; LocalProtocolError for what no PDU can hold."""
    pdu = _submit(service_code)
    pdu.service_type = ServiceType.USSD
    pdu.data_coding, pdu.short_message = choose_coding(text)
    pdu.tlvs = [USSD_SERVICE_OP(op), ITS_SESSION_INFO(b"\0\0")]
    before, after = encode(pdu)[HEADER_OCTETS:].split(_PLACE.encode(), 1)
    return Template(before, after[:-2], dialogue=True)


@lru_cache(maxsize=4096)
def confirm_template(service_code: str) -> Template:
    """The phone has shown a notification (3GPP TS 24.090 §6)."""
    pdu = _submit(service_code)
    pdu.service_type = ServiceType.USSD
    pdu.tlvs = [USSD_SERVICE_OP(UssdServiceOp.USSN_CONFIRM)]
    before, after = encode(pdu)[HEADER_OCTETS:].split(_PLACE.encode(), 1)
    return Template(before, after, dialogue=False)


@lru_cache(maxsize=4096)
def sms_templates(to: str, text: str, reference: int) -> tuple[Template, ...]:
    """A short message, one for each of its parts."""
    return tuple(_part(to, part) for part in split_sms(text, reference))


def _part(to: str, part: OutPart) -> Template:
    pdu = _submit(to)
    pdu.esm_class, pdu.data_coding, pdu.short_message = part.esm_class, part.data_coding, part.short_message
    before, after = encode(pdu)[HEADER_OCTETS:].split(_PLACE.encode(), 1)
    return Template(before, after, dialogue=False)


def _submit(to: str) -> SubmitSm:
    return SubmitSm(
        source_addr_ton=Ton.INTERNATIONAL,
        source_addr_npi=Npi.E164,
        source_addr=_PLACE,
        dest_addr_ton=Ton.UNKNOWN,
        dest_addr_npi=Npi.E164,
        destination_addr=to,
    )
