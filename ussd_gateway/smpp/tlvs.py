"""The optional parameters (TLVs) the specification names: how to read and build them (SMPP 3.4 §5.3).

A PDU keeps its TLVs as (tag, octets) in wire order, so unknown ones travel verbatim and a wrong one
costs nothing until somebody wants it. Reading through a declaration here checks it:

    op = USSD_SERVICE_OP.get(pdu)               # int, or None when the peer sent none
    pdu = DeliverSm(..., tlvs=[USSD_SERVICE_OP(2), ITS_SESSION_INFO(session_info)])

A wrong length raises PduError with ESME_RINVPARLEN, an illegal value ESME_RINVOPTPARAMVAL (SMPP 3.4
§3.3), at `get` or at `validate`, never at decode: a TLV nobody asks for must not cost a message. Reserved
values are returned as they came. Of several TLVs with one tag the first counts.
"""

from dataclasses import dataclass

from ussd_gateway.errors import LocalProtocolError, PduError
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import Pdu


@dataclass(frozen=True, slots=True)
class Tlv:
    """What all TLVs share: tag, the specification's name and the legal lengths of the value in octets."""

    tag: int
    name: str
    min_octets: int
    max_octets: int

    def octets(self, pdu: Pdu) -> bytes | None:
        """The value as it came, unchecked; None when the PDU has none."""
        for tag, value in pdu.tlvs:
            if tag == self.tag:
                return value
        return None

    def check_length(self, value: bytes) -> None:
        """Raise PduError (ESME_RINVPARLEN) when the value cannot be of this TLV."""
        if not self.min_octets <= len(value) <= self.max_octets:
            raise PduError(CommandStatus.RINVPARLEN, f"{self.name} of {len(value)} octets")

    def validate(self, value: bytes) -> None:
        """Raise PduError when length or value is illegal."""
        self.check_length(value)

    def _build(self, value: bytes) -> tuple[int, bytes]:
        if not self.min_octets <= len(value) <= self.max_octets:
            raise LocalProtocolError(f"{self.name} takes {self.min_octets}-{self.max_octets} octets")
        return self.tag, value


@dataclass(frozen=True, slots=True)
class IntTlv(Tlv):
    """An unsigned big-endian integer; `highest` is its greatest legal value, where one is stated."""

    highest: int | None = None

    def get(self, pdu: Pdu) -> int | None:
        value = self.octets(pdu)
        if value is None:
            return None
        self.validate(value)
        return int.from_bytes(value, "big")

    def validate(self, value: bytes) -> None:
        self.check_length(value)
        if self.highest is not None and int.from_bytes(value, "big") > self.highest:
            raise PduError(CommandStatus.RINVOPTPARAMVAL, f"{self.name} is above {self.highest}")

    def __call__(self, value: int) -> tuple[int, bytes]:
        try:
            return self.tag, value.to_bytes(self.max_octets, "big")
        except OverflowError as error:
            raise LocalProtocolError(f"{self.name} does not fit {self.max_octets} octets") from error


@dataclass(frozen=True, slots=True)
class StringTlv(Tlv):
    """Text in Latin-1 with a final NUL, which many peers forget and we do without (SMPP 3.4 §5.3.2.12)."""

    def get(self, pdu: Pdu) -> str | None:
        value = self.octets(pdu)
        if value is None:
            return None
        self.check_length(value)
        return value.decode("latin-1").partition("\0")[0]

    def __call__(self, value: str) -> tuple[int, bytes]:
        try:
            return self._build(value.encode("latin-1") + b"\0")
        except UnicodeEncodeError as error:
            raise LocalProtocolError(f"{self.name} is not Latin-1") from error


@dataclass(frozen=True, slots=True)
class OctetsTlv(Tlv):
    """Octets whose meaning is somebody else's."""

    def get(self, pdu: Pdu) -> bytes | None:
        value = self.octets(pdu)
        if value is not None:
            self.check_length(value)
        return value

    def __call__(self, value: bytes) -> tuple[int, bytes]:
        return self._build(value)


def _int(tag: int, name: str, octets: int = 1, highest: int | None = None) -> IntTlv:
    return IntTlv(tag, name, octets, octets, highest)


# SMPP 3.4 table 5-7 and §5.3.2; v5.0 §4.8.4 where marked.
DEST_ADDR_SUBUNIT = _int(0x0005, "dest_addr_subunit")
DEST_NETWORK_TYPE = _int(0x0006, "dest_network_type")
DEST_BEARER_TYPE = _int(0x0007, "dest_bearer_type")
DEST_TELEMATICS_ID = _int(0x0008, "dest_telematics_id", 2)
SOURCE_ADDR_SUBUNIT = _int(0x000D, "source_addr_subunit")
SOURCE_NETWORK_TYPE = _int(0x000E, "source_network_type")
SOURCE_BEARER_TYPE = _int(0x000F, "source_bearer_type")
SOURCE_TELEMATICS_ID = _int(0x0010, "source_telematics_id")
QOS_TIME_TO_LIVE = _int(0x0017, "qos_time_to_live", 4)
PAYLOAD_TYPE = _int(0x0019, "payload_type")
ADDITIONAL_STATUS_INFO_TEXT = StringTlv(0x001D, "additional_status_info_text", 1, 256)
RECEIPTED_MESSAGE_ID = StringTlv(0x001E, "receipted_message_id", 1, 65)
MS_MSG_WAIT_FACILITIES = _int(0x0030, "ms_msg_wait_facilities")
PRIVACY_INDICATOR = _int(0x0201, "privacy_indicator")
SOURCE_SUBADDRESS = OctetsTlv(0x0202, "source_subaddress", 2, 23)
DEST_SUBADDRESS = OctetsTlv(0x0203, "dest_subaddress", 2, 23)
USER_MESSAGE_REFERENCE = _int(0x0204, "user_message_reference", 2)
USER_RESPONSE_CODE = _int(0x0205, "user_response_code")
SOURCE_PORT = _int(0x020A, "source_port", 2)
DESTINATION_PORT = _int(0x020B, "destination_port", 2)
SAR_MSG_REF_NUM = _int(0x020C, "sar_msg_ref_num", 2)
LANGUAGE_INDICATOR = _int(0x020D, "language_indicator")
SAR_TOTAL_SEGMENTS = _int(0x020E, "sar_total_segments")
SAR_SEGMENT_SEQNUM = _int(0x020F, "sar_segment_seqnum")
SC_INTERFACE_VERSION = _int(0x0210, "sc_interface_version")
CALLBACK_NUM_PRES_IND = _int(0x0302, "callback_num_pres_ind")
CALLBACK_NUM_ATAG = OctetsTlv(0x0303, "callback_num_atag", 0, 65)
NUMBER_OF_MESSAGES = _int(0x0304, "number_of_messages", highest=99)
CALLBACK_NUM = OctetsTlv(0x0381, "callback_num", 4, 19)
DPF_RESULT = _int(0x0420, "dpf_result")
SET_DPF = _int(0x0421, "set_dpf")
MS_AVAILABILITY_STATUS = _int(0x0422, "ms_availability_status")
NETWORK_ERROR_CODE = OctetsTlv(0x0423, "network_error_code", 3, 3)
MESSAGE_PAYLOAD = OctetsTlv(0x0424, "message_payload", 0, 65535)
DELIVERY_FAILURE_REASON = _int(0x0425, "delivery_failure_reason")
MORE_MESSAGES_TO_SEND = _int(0x0426, "more_messages_to_send")
MESSAGE_STATE = _int(0x0427, "message_state")
CONGESTION_STATE = _int(0x0428, "congestion_state", highest=100)  # v5.0
USSD_SERVICE_OP = _int(0x0501, "ussd_service_op")
BILLING_IDENTIFICATION = OctetsTlv(0x060B, "billing_identification", 0, 1024)  # v5.0
SOURCE_NETWORK_ID = StringTlv(0x060D, "source_network_id", 1, 65)  # v5.0
DEST_NETWORK_ID = StringTlv(0x060E, "dest_network_id", 1, 65)  # v5.0
DISPLAY_TIME = _int(0x1201, "display_time")
SMS_SIGNAL = _int(0x1203, "sms_signal", 2)
MS_VALIDITY = _int(0x1204, "ms_validity")
ALERT_ON_MESSAGE_DELIVERY = OctetsTlv(0x130C, "alert_on_message_delivery", 0, 1)  # 0 in 3.4, 1 in v5.0
ITS_REPLY_TYPE = _int(0x1380, "its_reply_type")
ITS_SESSION_INFO = OctetsTlv(0x1383, "its_session_info", 2, 2)
# Not in any specification: some centres carry a session id of four octets here (a vendor tag, table 5-7).
VENDOR_USSD_SESSION_ID = OctetsTlv(0x1501, "ussd_session_id", 4, 4)

TLVS: dict[int, Tlv] = {item.tag: item for item in list(globals().values()) if isinstance(item, Tlv)}
"""Every declared TLV by tag."""


def validate(pdu: Pdu) -> None:
    """Check every known TLV of a PDU; unknown tags pass (SMPP 3.4 §3.3).

    Raises PduError: ESME_RINVPARLEN for a wrong length, ESME_RINVOPTPARAMVAL for an illegal value.
    """
    for tag, value in pdu.tlvs:
        known = TLVS.get(tag)
        if known is not None:
            known.validate(value)


def put_tlv(pdu: Pdu, tlv: tuple[int, bytes]) -> None:
    """Set a TLV, replacing all of its tag: `put_tlv(pdu, USSD_SERVICE_OP(17))`."""
    pdu.tlvs = [item for item in pdu.tlvs if item[0] != tlv[0]]
    pdu.tlvs.append(tlv)


def message_octets(pdu: Pdu) -> bytes:
    """The text of a submit_sm, deliver_sm or data_sm, wherever it stands (SMPP 3.4 §5.3.2.32)."""
    text: bytes = getattr(pdu, "short_message", b"")
    return text or MESSAGE_PAYLOAD.octets(pdu) or b""


def sar_segment(pdu: Pdu) -> tuple[int, int, int] | None:
    """(reference, total, sequence) of the sar_* TLVs; None unless all three are there and make sense.

    SMPP 3.4 §5.3.2.22-24: missing or impossible ones are ignored, the text then stands alone.
    """
    reference = SAR_MSG_REF_NUM.octets(pdu)
    total = SAR_TOTAL_SEGMENTS.octets(pdu)
    sequence = SAR_SEGMENT_SEQNUM.octets(pdu)
    if not (reference and total and sequence) or (len(reference), len(total), len(sequence)) != (2, 1, 1):
        return None
    if not 1 <= sequence[0] <= total[0]:
        return None
    return int.from_bytes(reference, "big"), total[0], sequence[0]
