"""How dialogues look on one operator's wire: PDU -> primitive, primitive -> PDU, by a table.

SMPP 3.4 says little about USSD (§5.3.2.44), so every centre has its own way to open, continue and end a
dialogue.  A `Dialect` is that way written down as data; the code below only looks things up in it, and
an operator's quirk is one more row of DIALECTS, not a copy of code.  The role here is that of the centre:
what phones (or their simulator) submit is read, what they are shown is delivered.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal, get_args

from ussd_gateway.errors import PduError
from ussd_gateway.smpp.constants import CommandStatus, DataCoding, Npi, ServiceType, Ton, UssdServiceOp
from ussd_gateway.smpp.pdus import DataSm, DeliverSm, ShortMessage
from ussd_gateway.smpp.text import USSD_LIMITS, Alphabet, choose_coding, decode_text, split_octets
from ussd_gateway.smpp.tlvs import (
    DEST_BEARER_TYPE,
    ITS_SESSION_INFO,
    USSD_SERVICE_OP,
    OctetsTlv,
    message_octets,
)
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import (
    Abort,
    Ask,
    Begin,
    Confirm,
    Continue,
    End,
    MobileOriginated,
    MobileTerminated,
    Notify,
    Unmarked,
)

BEARER_USSD = 4
"""dest_bearer_type of USSD (SMPP 3.4 §5.3.2.5)."""

DialledStringIn = Literal["short_message", "destination", "rest"]
"""Where the dialled string of a Begin stands: in the text (in destination_addr when there is no text), in
destination_addr whatever the text, or the service code in destination_addr and the rest in the text."""


_OPERATION_TLVS = [USSD_SERVICE_OP(op) for op in range(256)]
"""Every ussd_service_op as it stands on the wire: screens carry the same few again and again."""


class Meaning(Enum):
    """What an operation of the phone's side means to a dialogue."""

    BEGIN = "begin"
    CONTINUE = "continue"
    ABORT = "abort"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class SessionTag:
    """The TLV that carries a dialogue's number; with `end_bit`, its lowest bit says "this was the last"."""

    tlv: OctetsTlv
    end_bit: bool

    def read(self, pdu: ShortMessage | DataSm) -> bytes:
        """What the peer sent, or nothing.  PduError (ESME_RINVPARLEN) for a wrong length."""
        return self.tlv.get(pdu) or b""

    def write(self, dialogue: Dialogue, last: bool) -> tuple[int, bytes]:
        """The peer's own value again, or one of ours, with the end bit as it must be."""
        value = dialogue.session_info or self._ours(dialogue)
        if self.end_bit:
            value = value[:-1] + bytes([value[-1] & 0xFE | last])
        return self.tlv.tag, value

    def _ours(self, dialogue: Dialogue) -> bytes:
        """A number made from the dialogue's id: always the same for it, and nothing to remember.

        The top bit of each octet stays clear (aiosmpplib cannot read it set) and the value is never 0.  Two
        dialogues may get the same number, never two of one subscriber at a time: the MSISDN tells them apart.
        """
        made = zlib.crc32(dialogue.id.encode()) | 0x0200
        return bytes(octet & 0x7F for octet in made.to_bytes(4, "big")[-self.tlv.max_octets :])


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to speak of dialogues over SMPP.

    `meanings`: ussd_service_op of the phone's side -> what it means.  `asks`, `ends`, `notifies`: the
    operations we send.  `session`: the TLV with the dialogue's number, None where the MSISDN is enough.
    """

    name: str
    meanings: Mapping[int, Meaning]
    asks: int = UssdServiceOp.USSR_REQUEST
    ends: int = UssdServiceOp.PSSR_RESPONSE
    notifies: int = UssdServiceOp.USSN_REQUEST
    session: SessionTag | None = None
    service_type: str = ServiceType.USSD
    dialled_string_in: DialledStringIn = "short_message"

    def read(self, pdu: ShortMessage | DataSm, msisdn: str, access: str) -> MobileOriginated | None:
        """What the phone `msisdn` wants; None when the PDU is no USSD but a short message.

        PduError (ESME_RINVOPTPARAMVAL, ESME_RINVPARLEN) for an operation that a phone does not send and
        for TLVs that cannot be.
        """
        op = USSD_SERVICE_OP.get(pdu) if pdu.tlvs else None
        if op is None:
            return self._unmarked(pdu, msisdn, access) if self._is_ussd(pdu) else None
        meaning = self.meanings.get(op)
        session_info = self.session.read(pdu) if self.session else b""
        match meaning:
            case Meaning.BEGIN:
                return Begin(msisdn, self._dialled(pdu, _text(pdu)), access, session_info)
            case Meaning.CONTINUE:
                return Continue(msisdn, _text(pdu), access, session_info)
            case Meaning.ABORT:
                return Abort(msisdn, access, session_info)
            case Meaning.CONFIRM:
                return Confirm(msisdn, access, session_info)
        raise PduError(CommandStatus.RINVOPTPARAMVAL, f"ussd_service_op {op} from a phone")

    def deliver(self, dialogue: Dialogue, primitive: MobileTerminated) -> DeliverSm:
        """The deliver_sm that shows a screen on the dialogue's phone; a text too long for it is cut."""
        data_coding, octets = _fitting(primitive.text)
        op, last = self._operation(primitive)
        tlvs = [_OPERATION_TLVS[op]]
        if self.session is not None:
            tlvs.append(self.session.write(dialogue, last))
        return DeliverSm(
            service_type=self.service_type,
            source_addr=dialogue.service_code,
            dest_addr_ton=Ton.INTERNATIONAL,
            dest_addr_npi=Npi.E164,
            destination_addr=dialogue.msisdn,
            data_coding=data_coding,
            short_message=octets,
            tlvs=tlvs,
        )

    def _operation(self, primitive: MobileTerminated) -> tuple[int, bool]:
        """The ussd_service_op, and whether the dialogue ends with it."""
        match primitive:
            case Ask():
                return self.asks, False
            case End():
                return self.ends, True
            case Notify():
                return self.notifies, False

    def _is_ussd(self, pdu: ShortMessage | DataSm) -> bool:
        """Whether a PDU without ussd_service_op is USSD all the same (SMPP 3.4 §5.2.11, §5.3.2.5)."""
        if pdu.service_type.upper() == ServiceType.USSD:
            return True
        return bool(pdu.tlvs) and DEST_BEARER_TYPE.get(pdu) == BEARER_USSD

    def _unmarked(self, pdu: ShortMessage | DataSm, msisdn: str, access: str) -> Unmarked:
        text = _text(pdu)
        session_info = self.session.read(pdu) if self.session else b""
        return Unmarked(msisdn, self._dialled(pdu, text), text, access, session_info)

    def _dialled(self, pdu: ShortMessage | DataSm, text: str) -> str:
        """The dialled string as a phone would show it."""
        text = text.strip()
        if self.dialled_string_in == "short_message" and text:
            return text
        code = _as_code(pdu.destination_addr)
        if self.dialled_string_in != "rest" or not text:
            return code
        stem = code[:-1]
        if text.startswith(stem) and text[len(stem) : len(stem) + 1] in ("", "*", "#"):
            return text  # the peer sent the whole string after all
        return f"{stem}*{text.removeprefix('*').removesuffix('#')}#"


def _as_code(address: str) -> str:
    """An address as a dialled string: links that cannot carry `*` and `#` there send `105` for `*105#`."""
    if not address:
        return ""
    lead = "" if address[0] in "*#" else "*"
    return f"{lead}{address}" if address.endswith("#") else f"{lead}{address}#"


def _text(pdu: ShortMessage | DataSm) -> str:
    return decode_text(message_octets(pdu), pdu.data_coding, ussd=True)


def _fitting(text: str) -> tuple[int, bytes]:
    """(data_coding, octets) of as much of a text as one USSD string holds (3GPP TS 24.080)."""
    data_coding, octets = choose_coding(text)
    alphabet = Alphabet.UCS2 if data_coding == DataCoding.UCS2 else Alphabet.GSM7
    if len(octets) <= 160:
        return data_coding, octets
    return data_coding, split_octets(octets, alphabet, USSD_LIMITS[alphabet])[0]


PLAIN = Dialect(
    name="plain",
    meanings={
        UssdServiceOp.PSSD_INDICATION: Meaning.BEGIN,
        UssdServiceOp.PSSR_INDICATION: Meaning.BEGIN,
        UssdServiceOp.USSR_CONFIRM: Meaning.CONTINUE,
        UssdServiceOp.USSN_CONFIRM: Meaning.CONFIRM,
        UssdServiceOp.USER_ABORT: Meaning.ABORT,
    },
    session=SessionTag(ITS_SESSION_INFO, end_bit=True),
)
"""SMPP 3.4 by the book; a number of 15 bits and the end bit in its_session_info for peers that look at it."""

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (PLAIN,)}


def dialect(name: str, dialled_string_in: str = "short_message") -> Dialect:
    """The dialect of that name with one option; ValueError names what there is."""
    if name not in DIALECTS:
        raise ValueError(f"unknown dialect {name!r}; there are: {', '.join(DIALECTS)}")
    for place in get_args(DialledStringIn):
        if place == dialled_string_in:
            return replace(DIALECTS[name], dialled_string_in=place)
    places = ", ".join(get_args(DialledStringIn))
    raise ValueError(f"a dialled string cannot be in {dialled_string_in!r}; choose one of: {places}")
