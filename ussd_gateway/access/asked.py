"""A submit as a message of ours: when it leaves, until when it is tried, who is told, which octets go out.

Times are those of SMPP 3.4 §7.1.1; data_sm has qos_time_to_live instead (§5.3.2.9).
"""

from dataclasses import dataclass

from ussd_gateway.errors import PduError
from ussd_gateway.smpp.constants import CommandStatus, DataCoding, EsmClass
from ussd_gateway.smpp.pdus import DataSm, SubmitMulti, SubmitSm
from ussd_gateway.smpp.text import SMS_LIMITS, Alphabet, alphabet_of, decode
from ussd_gateway.smpp.times import parse_time
from ussd_gateway.smpp.tlvs import (
    CALLBACK_NUM,
    DEST_SUBADDRESS,
    DESTINATION_PORT,
    LANGUAGE_INDICATOR,
    PAYLOAD_TYPE,
    PRIVACY_INDICATOR,
    QOS_TIME_TO_LIVE,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    SET_DPF,
    SOURCE_PORT,
    SOURCE_SUBADDRESS,
    USER_MESSAGE_REFERENCE,
    USER_RESPONSE_CODE,
    message_octets,
)
from ussd_gateway.smpp.udh import split_udh
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.terms import Address, Terms

Submitted = SubmitSm | DataSm | SubmitMulti

PASSED_ON = frozenset(
    tlv.tag
    for tlv in (
        CALLBACK_NUM,
        DEST_SUBADDRESS,
        DESTINATION_PORT,
        LANGUAGE_INDICATOR,
        PAYLOAD_TYPE,
        PRIVACY_INDICATOR,
        SAR_MSG_REF_NUM,
        SAR_SEGMENT_SEQNUM,
        SAR_TOTAL_SEGMENTS,
        SOURCE_PORT,
        SOURCE_SUBADDRESS,
        USER_RESPONSE_CODE,
    )
)
"""TLVs of a submit that deliver_sm may carry too (SMPP 3.4 §4.4.1, §4.6.1), and that we do not write."""

_OURS = frozenset({DataCoding.DEFAULT, DataCoding.UCS2})
"""The codings of texts as we write them."""
_PLAIN_TEXT_CODINGS = frozenset(
    {Alphabet.GSM7, Alphabet.IA5, Alphabet.LATIN1, Alphabet.CYRILLIC, Alphabet.HEBREW, Alphabet.UCS2}
)


@dataclass(frozen=True, slots=True)
class Validity:
    """How long messages are tried: those that do not say, and at most, in milliseconds."""

    default_ms: int = 3 * 86_400_000
    max_ms: int = 7 * 86_400_000

    def until(self, asked: str, not_before_ms: int, now_ms: int) -> int:
        """The instant after which a message is given up; PduError (ESME_RINVEXPIRY)."""
        asked_ms = _instant(asked, now_ms, CommandStatus.RINVEXPIRY)
        if asked_ms is None:
            return not_before_ms + min(self.default_ms, self.max_ms)
        if asked_ms <= not_before_ms:
            raise PduError(CommandStatus.RINVEXPIRY, "the validity ends before the delivery may begin")
        return min(asked_ms, not_before_ms + self.max_ms)


def leaves_at(asked: str, now_ms: int) -> int:
    """The instant of a schedule_delivery_time; one that has passed means now.  PduError (ESME_RINVSCHED)."""
    at_ms = _instant(asked, now_ms, CommandStatus.RINVSCHED)
    return now_ms if at_ms is None else max(at_ms, now_ms)


def _instant(text: str, now_ms: int, status: int) -> int | None:
    try:
        return parse_time(text, now_ms)
    except (ValueError, OverflowError) as error:
        raise PduError(status, str(error)) from error


def asked(
    request: Submitted, origin: str, now_ms: int, validity: Validity, *, short_id: bool
) -> tuple[Terms, int]:
    """What the submit asks for, and the instant before which it must not leave; PduError for its times."""
    not_before_ms, expires_ms, priority, protocol_id = now_ms, 0, 0, 0
    if isinstance(request, DataSm):
        seconds = QOS_TIME_TO_LIVE.get(request)
        longest_ms = min(validity.default_ms, validity.max_ms)
        expires_ms = now_ms + (longest_ms if seconds is None else min(seconds * 1000, validity.max_ms))
    else:
        not_before_ms = leaves_at(request.schedule_delivery_time, now_ms)
        expires_ms = validity.until(request.validity_period, not_before_ms, now_ms)
        priority, protocol_id = request.priority_flag, request.protocol_id
    destination = None
    if not isinstance(request, SubmitMulti):
        destination = Address(request.dest_addr_ton, request.dest_addr_npi, request.destination_addr)
    terms = Terms(
        origin=origin,
        source=Address(request.source_addr_ton, request.source_addr_npi, request.source_addr),
        destination=destination,
        service_type=request.service_type,
        protocol_id=protocol_id,
        esm_class=request.esm_class & (EsmClass.UDHI | EsmClass.REPLY_PATH),
        data_coding=request.data_coding,
        octets=unchanged(request),
        tlvs=tuple(tlv for tlv in request.tlvs if tlv[0] in PASSED_ON),
        expires_ms=expires_ms,
        priority=priority,
        registered=request.registered_delivery,
        reference=USER_MESSAGE_REFERENCE.octets(request) or b"",
        short_id=short_id,
        dpf=SET_DPF.get(request),
    )
    return terms, not_before_ms


def asks_nothing(request: SubmitSm | DataSm) -> bool:
    """Whether it is a text like ours, of one who wants to hear no more of it."""
    plain = not request.esm_class and request.data_coding in _OURS and not request.tlvs
    if type(request) is SubmitSm:
        plain = plain and not (
            request.priority_flag
            or request.schedule_delivery_time
            or request.validity_period
            or request.service_type
            or request.protocol_id
        )
    return plain and not request.registered_delivery


def text_of(request: Submitted) -> str:
    """What a person would read of this one PDU; nothing of binary data."""
    alphabet = alphabet_of(request.data_coding)
    if alphabet not in _PLAIN_TEXT_CODINGS:
        return ""
    octets = message_octets(request)
    if request.esm_class & EsmClass.UDHI:
        octets = split_udh(octets)[1]
    return decode(octets, alphabet)


def is_part(request: Submitted) -> bool:
    """Whether its octets mean something only as they are: a header, a segment, binary data."""
    if request.esm_class & EsmClass.UDHI or SAR_MSG_REF_NUM.octets(request) is not None:
        return True
    return alphabet_of(request.data_coding) not in _PLAIN_TEXT_CODINGS


def unchanged(request: Submitted) -> bytes | None:
    """The octets that must go out as they came; None when our own writing of the text says the same.

    A text too long for one message is no message yet: it is written in parts.
    """
    octets = message_octets(request)
    return octets if is_part(request) else unlike_ours(octets, request.data_coding)


def unlike_ours(octets: bytes, data_coding: int) -> bytes | None:
    """The octets of a text, unless we would write the same, or need several messages for it."""
    alphabet = alphabet_of(data_coding)
    text = decode(octets, alphabet)
    units = len(octets) // 2 if alphabet is Alphabet.UCS2 else len(octets)
    if units > SMS_LIMITS.get(alphabet, SMS_LIMITS[Alphabet.OCTETS]):
        return None
    parts = split_sms(text, 0)
    if len(parts) == 1 and parts[0][1:] == (data_coding, octets):
        return None
    return octets
