"""A message as the PDUs that carry it: to a phone, or to an application the way its account wants it."""

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.smpp.constants import EsmClass, Npi, Ton
from ussd_gateway.smpp.pdus import DataSm, DeliverSm
from ussd_gateway.smpp.text import choose_coding
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD, SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS
from ussd_gateway.sms.concat import OutPart, split_sms
from ussd_gateway.terms import Address, Terms

MAX_SHORT_CODE = 8
"""Digits of the longest short number; more make an MSISDN."""
MAX_SHORT_MESSAGE = 254
"""Octets (SMPP 3.4 §5.2.21); more go into message_payload."""

_NO_TERMS = Terms()
_SAR = frozenset({SAR_MSG_REF_NUM.tag, SAR_TOTAL_SEGMENTS.tag, SAR_SEGMENT_SEQNUM.tag})


def address_of(number: str) -> Address:
    """An MSISDN is international E.164 (1/1), a short number is of unknown type in E.164 (0/1), a name is
    alphanumeric (5/0)."""
    if not number.isdigit():
        return Address(Ton.ALPHANUMERIC, Npi.UNKNOWN, number)
    return Address(Ton.INTERNATIONAL if len(number) > MAX_SHORT_CODE else Ton.UNKNOWN, Npi.E164, number)


def deliver_sms(message: OutMessage) -> list[DeliverSm]:
    """The message to a phone as deliver_sm, in parts with a user data header when it is long (3GPP TS 23.040
    §9.2.3.24).  ValueError for a text of more than 255 parts.
    """
    destination = Address(Ton.INTERNATIONAL, Npi.E164, message.destination)
    return [_deliver_sm(message, destination, part) for part in _parts(message)]


def to_application(message: OutMessage, account: SmppAccount) -> list[DeliverSm | DataSm]:
    """The message to an application, in the PDU and the field that its account names; ValueError."""
    terms = message.terms or _NO_TERMS
    destination = terms.destination or Address()
    parts = _parts(message)
    if len(parts) > 1 and (account.text_in == "message_payload" or account.deliver_as == "data_sm"):
        data_coding, octets = choose_coding(message.text)
        parts = [OutPart(0, data_coding, octets)]
    return [enveloped(_deliver_sm(message, destination, part), account) for part in parts]


def enveloped(request: DeliverSm, account: SmppAccount) -> DeliverSm | DataSm:
    """The PDU, and the place of the text in it, that this account wants."""
    if account.deliver_as == "deliver_sm":
        if account.text_in == "message_payload" and request.short_message:
            _put_into_payload(request)
        return request
    if request.short_message:
        _put_into_payload(request)
    return DataSm(
        service_type=request.service_type,
        source_addr_ton=request.source_addr_ton,
        source_addr_npi=request.source_addr_npi,
        source_addr=request.source_addr,
        dest_addr_ton=request.dest_addr_ton,
        dest_addr_npi=request.dest_addr_npi,
        destination_addr=request.destination_addr,
        esm_class=request.esm_class,
        registered_delivery=request.registered_delivery,
        data_coding=request.data_coding,
        tlvs=request.tlvs,
    )


def _parts(message: OutMessage) -> list[OutPart]:
    terms = message.terms
    if terms is not None and terms.octets is not None:
        return [OutPart(0, terms.data_coding, terms.octets)]
    return split_sms(message.text, message.message_id)


def _deliver_sm(message: OutMessage, destination: Address, part: OutPart) -> DeliverSm:
    terms = message.terms or _NO_TERMS
    source = terms.source or address_of(message.source)
    request = DeliverSm(
        service_type=terms.service_type,
        source_addr_ton=source.ton,
        source_addr_npi=source.npi,
        source_addr=source.digits,
        dest_addr_ton=destination.ton,
        dest_addr_npi=destination.npi,
        destination_addr=destination.digits,
        esm_class=part.esm_class | terms.esm_class,
        protocol_id=terms.protocol_id,
        priority_flag=terms.priority,
        data_coding=part.data_coding,
        short_message=part.short_message,
        tlvs=list(terms.tlvs),
    )
    if part.esm_class & EsmClass.UDHI:
        # Ours is the header that counts now (SMPP 3.4 §5.2.12: not both).
        request.tlvs = [tlv for tlv in request.tlvs if tlv[0] not in _SAR]
    if len(part.short_message) > MAX_SHORT_MESSAGE:
        _put_into_payload(request)
    return request


def _put_into_payload(request: DeliverSm) -> None:
    request.tlvs = [*request.tlvs, MESSAGE_PAYLOAD(request.short_message)]
    request.short_message = b""
