"""Every PDU of SMPP 3.4, each declared once (SMPP 3.4 chapter 4; field sources in the annotations).

A class lists its mandatory fields in wire order under the specification's own names; `codec` turns the
declaration into octets and back. Integers stay raw, addresses and ids are `str`, texts are octets.
Optional parameters of any PDU stand in `tlvs`, a list of (tag, value octets) in wire order, with
duplicates and unknown ones kept; `tlvs.py` reads and builds the ones the specification names.
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from ussd_gateway.smpp.constants import RESPONSE_BIT, CommandId, CommandStatus
from ussd_gateway.smpp.layout import CString, Destinations, Int1, LengthAndOctets, TimeString, Unsuccessful

Tlvs = list[tuple[int, bytes]]

SystemId = Annotated[str, CString(16, CommandStatus.RINVSYSID, "§5.2.1")]
Password = Annotated[str, CString(9, CommandStatus.RINVPASWD, "§5.2.2")]
SystemType = Annotated[str, CString(13, CommandStatus.RINVSYSTYP, "§5.2.3")]
Version = Annotated[int, Int1("§5.2.4")]
TonOctet = Annotated[int, Int1("§5.2.5")]
NpiOctet = Annotated[int, Int1("§5.2.6")]
AddressRange = Annotated[str, CString(41, CommandStatus.RBINDFAIL, "§5.2.7")]
SourceAddress = Annotated[str, CString(21, CommandStatus.RINVSRCADR, "§5.2.8")]
DestinationAddress = Annotated[str, CString(21, CommandStatus.RINVDSTADR, "§5.2.9")]
LongSourceAddress = Annotated[str, CString(65, CommandStatus.RINVSRCADR, "§5.2.8")]
LongDestinationAddress = Annotated[str, CString(65, CommandStatus.RINVDSTADR, "§5.2.9")]
EsmeAddress = Annotated[str, CString(65, CommandStatus.RINVDSTADR, "§5.2.10")]
ServiceTypeName = Annotated[str, CString(6, CommandStatus.RINVSERTYP, "§5.2.11")]
EsmClassOctet = Annotated[int, Int1("§5.2.12")]
ProtocolId = Annotated[int, Int1("§5.2.13")]
PriorityFlag = Annotated[int, Int1("§5.2.14")]
ScheduleTime = Annotated[str, TimeString(CommandStatus.RINVSCHED, "§5.2.15")]
ValidityPeriod = Annotated[str, TimeString(CommandStatus.RINVEXPIRY, "§5.2.16")]
RegisteredDeliveryOctet = Annotated[int, Int1("§5.2.17")]
ReplaceFlag = Annotated[int, Int1("§5.2.18")]
DataCodingOctet = Annotated[int, Int1("§5.2.19")]
DefaultMessageId = Annotated[int, Int1("§5.2.20")]
ShortText = Annotated[bytes, LengthAndOctets("§5.2.21-22")]
MessageId = Annotated[str, CString(65, CommandStatus.RINVMSGID, "§5.2.23")]
FinalDate = Annotated[str, TimeString(CommandStatus.RQUERYFAIL, "§4.8.2")]
MessageStateOctet = Annotated[int, Int1("§5.2.28")]
ErrorCode = Annotated[int, Int1("§4.8.2")]


@dataclass(slots=True, kw_only=True, repr=False)
class Pdu:
    """The header fields and the optional parameters that every PDU has (SMPP 3.4 §3.2).

    command_length is the codec's own business. command_status is 0 in requests. sequence_number is
    given by the session that sends the PDU.
    """

    command_id: ClassVar[int]

    command_status: int = 0
    sequence_number: int = 0
    tlvs: Tlvs = field(default_factory=list)

    def __repr__(self) -> str:
        """Name, status and sequence only: bodies hold passwords, numbers and texts, and reprs reach logs."""
        return f"<{type(self).__name__} 0x{self.command_status:02X} #{self.sequence_number}>"


@dataclass(slots=True, kw_only=True, repr=False)
class Bind(Pdu):
    """What the three bind requests share (SMPP 3.4 §4.1)."""

    system_id: SystemId = ""
    password: Password = ""
    system_type: SystemType = ""
    interface_version: Version = 0x34
    addr_ton: TonOctet = 0
    addr_npi: NpiOctet = 0
    address_range: AddressRange = ""


class BindReceiver(Bind):
    """Asks to receive only (SMPP 3.4 §4.1.3)."""

    __slots__ = ()
    command_id = CommandId.BIND_RECEIVER


class BindTransmitter(Bind):
    """Asks to submit only (SMPP 3.4 §4.1.1)."""

    __slots__ = ()
    command_id = CommandId.BIND_TRANSMITTER


class BindTransceiver(Bind):
    """Asks for both directions (SMPP 3.4 §4.1.5)."""

    __slots__ = ()
    command_id = CommandId.BIND_TRANSCEIVER


@dataclass(slots=True, kw_only=True, repr=False)
class BindResp(Pdu):
    """What the three bind responses share (SMPP 3.4 §4.1.2); sc_interface_version goes into `tlvs`."""

    system_id: SystemId = ""


class BindReceiverResp(BindResp):
    """Answers bind_receiver (SMPP 3.4 §4.1.4)."""

    __slots__ = ()
    command_id = CommandId.BIND_RECEIVER_RESP


class BindTransmitterResp(BindResp):
    """Answers bind_transmitter (SMPP 3.4 §4.1.2)."""

    __slots__ = ()
    command_id = CommandId.BIND_TRANSMITTER_RESP


class BindTransceiverResp(BindResp):
    """Answers bind_transceiver (SMPP 3.4 §4.1.6)."""

    __slots__ = ()
    command_id = CommandId.BIND_TRANSCEIVER_RESP


@dataclass(slots=True, kw_only=True, repr=False)
class Outbind(Pdu):
    """The centre asks an ESME to bind as receiver (SMPP 3.4 §4.1.7); never answered."""

    command_id = CommandId.OUTBIND

    system_id: SystemId = ""
    password: Password = ""


class Unbind(Pdu):
    """Ends the session (SMPP 3.4 §4.2.1)."""

    __slots__ = ()
    command_id = CommandId.UNBIND


class UnbindResp(Pdu):
    """Answers unbind (SMPP 3.4 §4.2.2)."""

    __slots__ = ()
    command_id = CommandId.UNBIND_RESP


class GenericNack(Pdu):
    """Answers a header that makes no sense (SMPP 3.4 §4.3); itself never answered."""

    __slots__ = ()
    command_id = CommandId.GENERIC_NACK


class EnquireLink(Pdu):
    """Are you there? (SMPP 3.4 §4.11.1)"""

    __slots__ = ()
    command_id = CommandId.ENQUIRE_LINK


class EnquireLinkResp(Pdu):
    """I am (SMPP 3.4 §4.11.2)."""

    __slots__ = ()
    command_id = CommandId.ENQUIRE_LINK_RESP


@dataclass(slots=True, kw_only=True, repr=False)
class ShortMessage(Pdu):
    """The layout that submit_sm and deliver_sm share (SMPP 3.4 §4.4.1, §4.6.1)."""

    service_type: ServiceTypeName = ""
    source_addr_ton: TonOctet = 0
    source_addr_npi: NpiOctet = 0
    source_addr: SourceAddress = ""
    dest_addr_ton: TonOctet = 0
    dest_addr_npi: NpiOctet = 0
    destination_addr: DestinationAddress = ""
    esm_class: EsmClassOctet = 0
    protocol_id: ProtocolId = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: ScheduleTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: RegisteredDeliveryOctet = 0
    replace_if_present_flag: ReplaceFlag = 0
    data_coding: DataCodingOctet = 0
    sm_default_msg_id: DefaultMessageId = 0
    short_message: ShortText = b""


class SubmitSm(ShortMessage):
    """An ESME submits a message or a USSD string (SMPP 3.4 §4.4.1)."""

    __slots__ = ()
    command_id = CommandId.SUBMIT_SM


class DeliverSm(ShortMessage):
    """The centre delivers a message, a receipt or a USSD string (SMPP 3.4 §4.6.1)."""

    __slots__ = ()
    command_id = CommandId.DELIVER_SM


@dataclass(slots=True, kw_only=True, repr=False)
class SubmitSmResp(Pdu):
    """Answers submit_sm with the centre's message_id (SMPP 3.4 §4.4.2)."""

    command_id = CommandId.SUBMIT_SM_RESP

    message_id: MessageId = ""


@dataclass(slots=True, kw_only=True, repr=False)
class DeliverSmResp(Pdu):
    """Answers deliver_sm; message_id is unused and empty (SMPP 3.4 §4.6.2)."""

    command_id = CommandId.DELIVER_SM_RESP

    message_id: MessageId = ""


@dataclass(slots=True)
class SmeAddress:
    """One destination of submit_multi, dest_flag 1 (SMPP 3.4 §4.5.1)."""

    ton: int = 0
    npi: int = 0
    address: str = ""


@dataclass(slots=True)
class DistributionList:
    """One destination of submit_multi, dest_flag 2: the name of a list (SMPP 3.4 §4.5.1)."""

    dl_name: str = ""


@dataclass(slots=True)
class UnsuccessfulSme:
    """One refused destination of submit_multi and its command_status (SMPP 3.4 §4.5.2)."""

    ton: int = 0
    npi: int = 0
    address: str = ""
    error_status_code: int = 0


@dataclass(slots=True, kw_only=True, repr=False)
class SubmitMulti(Pdu):
    """One message to many destinations (SMPP 3.4 §4.5.1)."""

    command_id = CommandId.SUBMIT_MULTI

    service_type: ServiceTypeName = ""
    source_addr_ton: TonOctet = 0
    source_addr_npi: NpiOctet = 0
    source_addr: SourceAddress = ""
    dest_addresses: Annotated[list[SmeAddress | DistributionList], Destinations("§4.5.1")] = field(
        default_factory=list
    )
    esm_class: EsmClassOctet = 0
    protocol_id: ProtocolId = 0
    priority_flag: PriorityFlag = 0
    schedule_delivery_time: ScheduleTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: RegisteredDeliveryOctet = 0
    replace_if_present_flag: ReplaceFlag = 0
    data_coding: DataCodingOctet = 0
    sm_default_msg_id: DefaultMessageId = 0
    short_message: ShortText = b""


@dataclass(slots=True, kw_only=True, repr=False)
class SubmitMultiResp(Pdu):
    """Answers submit_multi with the id and the destinations that were refused (SMPP 3.4 §4.5.2)."""

    command_id = CommandId.SUBMIT_MULTI_RESP

    message_id: MessageId = ""
    unsuccess_sme: Annotated[list[UnsuccessfulSme], Unsuccessful("§4.5.2")] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, repr=False)
class DataSm(Pdu):
    """The short form of submit_sm and deliver_sm, text in message_payload (SMPP 3.4 §4.7.1)."""

    command_id = CommandId.DATA_SM

    service_type: ServiceTypeName = ""
    source_addr_ton: TonOctet = 0
    source_addr_npi: NpiOctet = 0
    source_addr: LongSourceAddress = ""
    dest_addr_ton: TonOctet = 0
    dest_addr_npi: NpiOctet = 0
    destination_addr: LongDestinationAddress = ""
    esm_class: EsmClassOctet = 0
    registered_delivery: RegisteredDeliveryOctet = 0
    data_coding: DataCodingOctet = 0


@dataclass(slots=True, kw_only=True, repr=False)
class DataSmResp(Pdu):
    """Answers data_sm (SMPP 3.4 §4.7.2)."""

    command_id = CommandId.DATA_SM_RESP

    message_id: MessageId = ""


@dataclass(slots=True, kw_only=True, repr=False)
class QuerySm(Pdu):
    """Asks for the state of a submitted message (SMPP 3.4 §4.8.1)."""

    command_id = CommandId.QUERY_SM

    message_id: MessageId = ""
    source_addr_ton: TonOctet = 0
    source_addr_npi: NpiOctet = 0
    source_addr: SourceAddress = ""


@dataclass(slots=True, kw_only=True, repr=False)
class QuerySmResp(Pdu):
    """Answers query_sm (SMPP 3.4 §4.8.2)."""

    command_id = CommandId.QUERY_SM_RESP

    message_id: MessageId = ""
    final_date: FinalDate = ""
    message_state: MessageStateOctet = 0
    error_code: ErrorCode = 0


@dataclass(slots=True, kw_only=True, repr=False)
class CancelSm(Pdu):
    """Cancels one message, or with an empty message_id all that match (SMPP 3.4 §4.9.1)."""

    command_id = CommandId.CANCEL_SM

    service_type: ServiceTypeName = ""
    message_id: MessageId = ""
    source_addr_ton: TonOctet = 0
    source_addr_npi: NpiOctet = 0
    source_addr: SourceAddress = ""
    dest_addr_ton: TonOctet = 0
    dest_addr_npi: NpiOctet = 0
    destination_addr: DestinationAddress = ""


class CancelSmResp(Pdu):
    """Answers cancel_sm (SMPP 3.4 §4.9.2)."""

    __slots__ = ()
    command_id = CommandId.CANCEL_SM_RESP


@dataclass(slots=True, kw_only=True, repr=False)
class ReplaceSm(Pdu):
    """Replaces the text and times of a waiting message (SMPP 3.4 §4.10.1)."""

    command_id = CommandId.REPLACE_SM

    message_id: MessageId = ""
    source_addr_ton: TonOctet = 0
    source_addr_npi: NpiOctet = 0
    source_addr: SourceAddress = ""
    schedule_delivery_time: ScheduleTime = ""
    validity_period: ValidityPeriod = ""
    registered_delivery: RegisteredDeliveryOctet = 0
    sm_default_msg_id: DefaultMessageId = 0
    short_message: ShortText = b""


class ReplaceSmResp(Pdu):
    """Answers replace_sm (SMPP 3.4 §4.10.2)."""

    __slots__ = ()
    command_id = CommandId.REPLACE_SM_RESP


@dataclass(slots=True, kw_only=True, repr=False)
class AlertNotification(Pdu):
    """A subscriber became reachable (SMPP 3.4 §4.12.1); never answered."""

    command_id = CommandId.ALERT_NOTIFICATION

    source_addr_ton: TonOctet = 0
    source_addr_npi: NpiOctet = 0
    source_addr: LongSourceAddress = ""
    esme_addr_ton: TonOctet = 0
    esme_addr_npi: NpiOctet = 0
    esme_addr: EsmeAddress = ""


ALL_PDUS: tuple[type[Pdu], ...] = (
    GenericNack,
    BindReceiver,
    BindReceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    DeliverSm,
    DeliverSmResp,
    Unbind,
    UnbindResp,
    ReplaceSm,
    ReplaceSmResp,
    CancelSm,
    CancelSmResp,
    BindTransceiver,
    BindTransceiverResp,
    Outbind,
    EnquireLink,
    EnquireLinkResp,
    SubmitMulti,
    SubmitMultiResp,
    AlertNotification,
    DataSm,
    DataSmResp,
)

PDU_TYPES: dict[int, type[Pdu]] = {pdu_type.command_id: pdu_type for pdu_type in ALL_PDUS}

RESPONSE_TYPES: dict[int, type[Pdu]] = {
    command_id: PDU_TYPES[command_id | RESPONSE_BIT]
    for command_id in PDU_TYPES
    if not command_id & RESPONSE_BIT and command_id | RESPONSE_BIT in PDU_TYPES
}
"""Request command_id -> class of its response; outbind and alert_notification have none."""

BIND_RESPONSE_TYPES: dict[int, type[BindResp]] = {
    command_id: response for command_id, response in RESPONSE_TYPES.items() if issubclass(response, BindResp)
}
