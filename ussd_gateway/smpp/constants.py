"""The numbers of SMPP and the names people call them by (SMPP 3.4 §5.1-5.2, v5 additions marked).

Everything here is a plain `int` in a namespace, never a closed enum: real traffic carries values that
no table lists, and each of them must survive from socket to socket.
"""

RESPONSE_BIT = 0x80000000
"""Set in the command_id of every response (SMPP 3.4 §5.1.2.1)."""

HEADER_OCTETS = 16
MAX_SEQUENCE_NUMBER = 0x7FFFFFFF


class CommandId:
    """command_id of every PDU (SMPP 3.4 §5.1.2.1, table 5-1)."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x00000001
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER = 0x00000002
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM = 0x00000003
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    REPLACE_SM = 0x00000007
    REPLACE_SM_RESP = 0x80000007
    CANCEL_SM = 0x00000008
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    OUTBIND = 0x0000000B
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015
    SUBMIT_MULTI = 0x00000021
    SUBMIT_MULTI_RESP = 0x80000021
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    DATA_SM_RESP = 0x80000103


class CommandStatus:
    """command_status values (SMPP 3.4 table 5-2; 0x100 and up from v5.0 §4.7.6). Names without ESME_."""

    ROK = 0x00
    RINVMSGLEN = 0x01
    RINVCMDLEN = 0x02
    RINVCMDID = 0x03
    RINVBNDSTS = 0x04
    RALYBND = 0x05
    RINVPRTFLG = 0x06
    RINVREGDLVFLG = 0x07
    RSYSERR = 0x08
    RINVSRCADR = 0x0A
    RINVDSTADR = 0x0B
    RINVMSGID = 0x0C
    RBINDFAIL = 0x0D
    RINVPASWD = 0x0E
    RINVSYSID = 0x0F
    RCANCELFAIL = 0x11
    RREPLACEFAIL = 0x13
    RMSGQFUL = 0x14
    RINVSERTYP = 0x15
    RINVNUMDESTS = 0x33
    RINVDLNAME = 0x34
    RINVDESTFLAG = 0x40
    RINVSUBREP = 0x42
    RINVESMCLASS = 0x43
    RCNTSUBDL = 0x44
    RSUBMITFAIL = 0x45
    RINVSRCTON = 0x48
    RINVSRCNPI = 0x49
    RINVDSTTON = 0x50
    RINVDSTNPI = 0x51
    RINVSYSTYP = 0x53
    RINVREPFLAG = 0x54
    RINVNUMMSGS = 0x55
    RTHROTTLED = 0x58
    RINVSCHED = 0x61
    RINVEXPIRY = 0x62
    RINVDFTMSGID = 0x63
    RX_T_APPN = 0x64
    RX_P_APPN = 0x65
    RX_R_APPN = 0x66
    RQUERYFAIL = 0x67
    RINVOPTPARSTREAM = 0xC0
    ROPTPARNOTALLWD = 0xC1
    RINVPARLEN = 0xC2
    RMISSINGOPTPARAM = 0xC3
    RINVOPTPARAMVAL = 0xC4
    RDELIVERYFAILURE = 0xFE
    RUNKNOWNERR = 0xFF
    RSERTYPUNAUTH = 0x100
    RPROHIBITED = 0x101
    RSERTYPUNAVAIL = 0x102
    RSERTYPDENIED = 0x103
    RINVDCS = 0x104
    RINVSRCADDRSUBUNIT = 0x105
    RINVDSTADDRSUBUNIT = 0x106
    RINVBCASTFREQINT = 0x107
    RINVBCASTALIAS_NAME = 0x108
    RINVBCASTAREAFMT = 0x109
    RINVNUMBCAST_AREAS = 0x10A
    RINVBCASTCNTTYPE = 0x10B
    RINVBCASTMSGCLASS = 0x10C
    RBCASTFAIL = 0x10D
    RBCASTQUERYFAIL = 0x10E
    RBCASTCANCELFAIL = 0x10F
    RINVBCAST_REP = 0x110
    RINVBCASTSRVGRP = 0x111
    RINVBCASTCHANIND = 0x112


VENDOR_STATUSES = range(0x400, 0x500)
"""Reserved for each centre's own errors (SMPP 3.4 table 5-2)."""
MAP_ERRORS = 0x400
"""Above it many centres, and we, put an error number of MAP (3GPP TS 29.002 §17.6.6)."""
MAP_ERROR_NAMES = {
    1: "unknown subscriber",
    27: "absent subscriber",
    31: "subscriber busy",
    32: "SM delivery failure",
    34: "system failure",
    71: "unknown alphabet",
    72: "USSD busy",
}


class InterfaceVersion:
    """interface_version of a bind and sc_interface_version of its answer (SMPP 3.4 §5.2.4; v5.0 §4.7.13)."""

    V33 = 0x33
    V34 = 0x34
    V50 = 0x50


class Ton:
    """Type of number (SMPP 3.4 §5.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi:
    """Numbering plan indicator (SMPP 3.4 §5.2.6)."""

    UNKNOWN = 0
    E164 = 1
    X121 = 3
    TELEX = 4
    E212 = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP = 18


class ServiceType:
    """Well-known service_type values (SMPP 3.4 §5.2.11); the empty string is the centre's default."""

    DEFAULT = ""
    CELLULAR_MESSAGING = "CMT"
    CELLULAR_PAGING = "CPT"
    VOICE_MAIL_NOTIFICATION = "VMN"
    VOICE_MAIL_ALERTING = "VMA"
    WAP = "WAP"
    USSD = "USSD"


class EsmClass:
    """Bits of esm_class (SMPP 3.4 §5.2.12)."""

    MODE_MASK = 0x03
    DATAGRAM = 0x01
    FORWARD = 0x02
    STORE_AND_FORWARD = 0x03
    TYPE_MASK = 0x3C
    DELIVERY_RECEIPT = 0x04
    DELIVERY_ACK = 0x08
    MANUAL_ACK = 0x10
    CONVERSATION_ABORT = 0x18
    INTERMEDIATE_NOTIFICATION = 0x20
    UDHI = 0x40
    REPLY_PATH = 0x80


class RegisteredDelivery:
    """Bits of registered_delivery (SMPP 3.4 §5.2.17). Intermediate is bit 4, whatever its prose says."""

    RECEIPT_MASK = 0x03
    NONE = 0x00
    FINAL = 0x01
    FAILURE_ONLY = 0x02
    SUCCESS_ONLY = 0x03  # v5.0; reserved in 3.4
    DELIVERY_ACK = 0x04
    MANUAL_ACK = 0x08
    INTERMEDIATE = 0x10


class DataCoding:
    """Well-known data_coding values (SMPP 3.4 §5.2.19) and the raw CBS ones of USSD (3GPP TS 23.038 §5)."""

    DEFAULT = 0x00
    IA5 = 0x01
    OCTETS = 0x02
    LATIN1 = 0x03
    OCTETS_4 = 0x04
    JIS = 0x05
    CYRILLIC = 0x06
    HEBREW = 0x07
    UCS2 = 0x08
    CBS_GSM7 = 0x0F
    CBS_GSM7_LANGUAGE = 0x10
    CBS_UCS2_LANGUAGE = 0x11
    CBS_OCTETS = 0x44
    CBS_UCS2 = 0x48


class UssdServiceOp:
    """Values of TLV ussd_service_op (SMPP 3.4 §5.3.2.44); 128 and 129 are vendor conventions."""

    PSSD_INDICATION = 0
    PSSR_INDICATION = 1
    USSR_REQUEST = 2
    USSN_REQUEST = 3
    PSSD_RESPONSE = 16
    PSSR_RESPONSE = 17
    USSR_CONFIRM = 18
    USSN_CONFIRM = 19
    APPLICATION_ABORT = 128
    USER_ABORT = 129


class MessageState:
    """message_state of query_sm_resp and of receipts (SMPP 3.4 §5.2.28; 0 and 9 from v5.0)."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9


class DestFlag:
    """dest_flag of one submit_multi destination (SMPP 3.4 §5.2.25)."""

    SME_ADDRESS = 1
    DISTRIBUTION_LIST = 2


def _names(namespace: type) -> dict[int, str]:
    return {value: name for name, value in vars(namespace).items() if not name.startswith("_")}


_STATUS_NAMES = _names(CommandStatus)
_COMMAND_NAMES = _names(CommandId)
_USSD_OP_NAMES = _names(UssdServiceOp)


def status_name(command_status: int) -> str:
    """`0x0B` -> `ESME_RINVDSTADR`; a status that no table names comes back as hexadecimal."""
    name = _STATUS_NAMES.get(command_status)
    return f"ESME_{name}" if name else f"0x{command_status:08X}"


def status_words(command_status: int) -> str:
    """The same for people: `0x41B` -> `absent subscriber`, another error of a centre's own is called that."""
    if command_status in VENDOR_STATUSES:
        return MAP_ERROR_NAMES.get(command_status - MAP_ERRORS, "an error of its own")
    return status_name(command_status)


def command_name(command_id: int) -> str:
    """`0x80000004` -> `submit_sm_resp`; an unknown id comes back as hexadecimal."""
    name = _COMMAND_NAMES.get(command_id)
    return name.lower() if name else f"0x{command_id:08X}"


def ussd_op_name(op: int) -> str:
    """`17` -> `PSSR_RESPONSE`; a reserved or vendor value comes back as decimal."""
    return _USSD_OP_NAMES.get(op) or str(op)
