"""How dialogues look on one operator's wire: PDU -> primitive, primitive -> PDU, by a table.

SMPP 3.4 says little about USSD (§5.3.2.44), so every centre has its own way to open, continue and end a
dialogue.  A `Dialect` is that way written down as data; the code below only looks things up in it, and
an operator's quirk is one more file of `ussd.dialects`, not a copy of code.

The phones' side begins, answers, confirms, hangs up; the service's side asks, ends, notifies, gives up.
We are the centre and stand between them: towards a simulator of phones we read the first and send the second
(`read`, `deliver`), towards an application we send the first and read the second (`tell`, `hear`).
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, NamedTuple

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
    ApplicationOriginated,
    Ask,
    Begin,
    Confirm,
    Continue,
    Drop,
    End,
    MobileOriginated,
    MobileTerminated,
    Notify,
    ToApplication,
    Unmarked,
)

BEARER_USSD = 4
"""dest_bearer_type of USSD (SMPP 3.4 §5.3.2.5)."""
MAX_ADDRESS = 20
"""Characters of an address (SMPP 3.4 §5.2.8)."""
OLD_SLIP = 0x17
"""What clients send that take the 17 of "PSSR response" for hexadecimal."""

DialledStringIn = Literal["short_message", "destination", "rest"]
"""Where the dialled string of a Begin stands: in the text (in destination_addr when there is no text), in
destination_addr whatever the text, or the service code in destination_addr and the rest in the text."""

_OPERATION_TLVS = [USSD_SERVICE_OP(op) for op in range(256)]
"""Every ussd_service_op as it stands on the wire: screens carry the same few again and again."""


class Meaning(Enum):
    """What an operation of the phones' side means to a dialogue."""

    BEGIN = "begin"
    CONTINUE = "continue"
    ABORT = "abort"
    CONFIRM = "confirm"


class Will(Enum):
    """What an operation of the service's side means to a dialogue."""

    ASK = "ask"
    END = "end"
    NOTIFY = "notify"
    DROP = "drop"


ONE_SHOT_BEGINS: Mapping[int | str, Meaning] = {
    UssdServiceOp.PSSD_INDICATION: Meaning.BEGIN,
    UssdServiceOp.USER_ABORT: Meaning.ABORT,
}
"""What every centre understands of phones beside its own: phase 1, and the usual way to hang up."""
ONE_SHOT_ENDS: Mapping[int | str, Will] = {UssdServiceOp.PSSD_RESPONSE: Will.END}
SLIP_ENDS: Mapping[int | str, Will] = {**ONE_SHOT_ENDS, OLD_SLIP: Will.END}


class Signal(NamedTuple):
    """How one thing is said: the ussd_service_op, and a service_type where that says it, too."""

    op: int
    service_type: str = ""

    @property
    def understood(self) -> tuple[int | str, ...]:
        """By what it is known on the wire."""
        return (self.op, self.service_type) if self.service_type else (self.op,)


_PSSR = Signal(UssdServiceOp.PSSR_INDICATION)
_USSR_CONFIRM = Signal(UssdServiceOp.USSR_CONFIRM)
_USSN_CONFIRM = Signal(UssdServiceOp.USSN_CONFIRM)
_USER_ABORT = Signal(UssdServiceOp.USER_ABORT)
_USSR = Signal(UssdServiceOp.USSR_REQUEST)
_PSSR_RESPONSE = Signal(UssdServiceOp.PSSR_RESPONSE)
_USSN = Signal(UssdServiceOp.USSN_REQUEST)
_APPLICATION_ABORT = Signal(UssdServiceOp.APPLICATION_ABORT)


@dataclass(frozen=True, slots=True)
class SessionTag:
    """The TLV that carries a dialogue's number; with `end_bit`, its lowest bit says "this was the last".

    `counted`: the first octet alone is the number, and the seven upper bits of the second count the
    dialogue's steps (SMPP 3.4 §5.3.2.43 to the letter).
    """

    tlv: OctetsTlv
    end_bit: bool
    counted: bool = False

    def read(self, pdu: ShortMessage | DataSm) -> bytes:
        """What the peer sent, or nothing.  PduError (ESME_RINVPARLEN) for a wrong length."""
        return self.tlv.get(pdu) or b""

    def write(self, dialogue: Dialogue, last: bool, given: bytes | None = None) -> tuple[int, bytes]:
        """The peer's own value again (by default that of the dialogue's phone), or one of ours, with the end
        bit as it must be."""
        value = (dialogue.session_info if given is None else given) or self._ours(dialogue)
        if self.counted:
            value = bytes([value[0], (dialogue.step & 0x7F) << 1])
        if self.end_bit:
            value = value[:-1] + bytes([value[-1] & 0xFE | last])
        return self.tlv.tag, value

    def says_last(self, value: bytes) -> bool:
        """Whether a value of the peer's has the end bit."""
        return self.end_bit and bool(value) and bool(value[-1] & 1)

    def same(self, one: bytes, other: bytes) -> bool:
        """Whether two values are of one dialogue."""
        if self.counted:
            return one[:1] == other[:1]
        if self.end_bit:
            return one[:-1] == other[:-1] and one[-1] | 1 == other[-1] | 1
        return one == other

    def _ours(self, dialogue: Dialogue) -> bytes:
        """A number made from the dialogue's id: always the same for it, and nothing to remember.

        The top bit of each octet stays clear (aiosmpplib cannot read it set) and the value is never 0.  Two
        dialogues may get the same number, never two of one subscriber at a time: the MSISDN tells them apart.
        """
        made = zlib.crc32(dialogue.id.encode()) | 0x0200
        return bytes(octet & 0x7F for octet in made.to_bytes(4, "big")[-self.tlv.max_octets :])


WORD = SessionTag(ITS_SESSION_INFO, end_bit=True)
"""A number of 15 bits and the end bit."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an application said, and the number of the dialogue it said it in (empty: it named none)."""

    primitive: ApplicationOriginated
    session_info: bytes


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way to speak of dialogues over SMPP.

    `begins` … `times_out` is what the phones' side says, `asks` … `drops` the service's; None: nothing is
    sent.  `meanings` and `wills` are operations that are understood beside those.  `session`: the TLV with
    the dialogue's number, None where the MSISDN is enough; an application gets one only with
    `numbers_applications`.  `bit_ends`: the end bit alone ends a dialogue.  `unmarked`: what a service's
    message without an operation means.  `names_operation`: our messages carry ussd_service_op.
    """

    name: str
    about: str
    source: str
    begins: Signal = _PSSR
    answers: Signal = _USSR_CONFIRM
    confirms: Signal = _USSN_CONFIRM
    hangs_up: Signal | None = _USER_ABORT
    times_out: Signal | None = _USER_ABORT
    asks: Signal = _USSR
    ends: Signal = _PSSR_RESPONSE
    notifies: Signal = _USSN
    drops: Signal = _APPLICATION_ABORT
    meanings: Mapping[int | str, Meaning] = field(default_factory=lambda: ONE_SHOT_BEGINS)
    wills: Mapping[int | str, Will] = field(default_factory=lambda: ONE_SHOT_ENDS)
    session: SessionTag | None = None
    numbers_applications: bool = True
    bit_ends: bool = False
    unmarked: Will | None = None
    names_operation: bool = True
    raw_coding: bool = False
    service_type: str = ServiceType.USSD
    dialled_string_in: DialledStringIn = "short_message"
    _meant: Mapping[int | str, Meaning] = field(init=False, repr=False, compare=False)
    _wanted: Mapping[int | str, Will] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out what is understood by operation and by service_type, for one look a message."""
        phones: tuple[tuple[Signal | None, Meaning], ...] = (
            (self.begins, Meaning.BEGIN),
            (self.answers, Meaning.CONTINUE),
            (self.confirms, Meaning.CONFIRM),
            (self.times_out, Meaning.ABORT),
            (self.hangs_up, Meaning.ABORT),
        )
        # Asking comes last: where it is the same operation as ending, the end bit tells them apart.
        service = (
            (self.drops, Will.DROP),
            (self.notifies, Will.NOTIFY),
            (self.ends, Will.END),
            (self.asks, Will.ASK),
        )
        meant: dict[int | str, Meaning] = dict(self.meanings)
        for signal, meaning in phones:
            if signal is not None:
                meant |= {signal.op: meaning} | (
                    {signal.service_type: meaning} if signal.service_type else {}
                )
        wanted: dict[int | str, Will] = dict(self.wills)
        for said, will in service:
            wanted |= dict.fromkeys(said.understood, will)
        object.__setattr__(self, "_meant", meant)
        object.__setattr__(self, "_wanted", wanted)

    # ------------------------------------------------------------ towards simulators of phones

    def read(self, pdu: ShortMessage | DataSm, msisdn: str, access: str) -> MobileOriginated | None:
        """What the phone `msisdn` wants; None when the PDU is no USSD but a short message.

        PduError (ESME_RINVOPTPARAMVAL, ESME_RINVPARLEN) for an operation that a phone does not send and
        for TLVs that cannot be.
        """
        op = USSD_SERVICE_OP.get(pdu) if pdu.tlvs else None
        meaning = self._meant.get(pdu.service_type)
        if op is None and meaning is None:
            return self._unmarked(pdu, msisdn, access) if self._is_ussd(pdu) else None
        session_info = self.session.read(pdu) if self.session else b""
        if meaning is None and op is not None:
            meaning = self._meant.get(op)
        if meaning is Meaning.CONTINUE and self._is_last(session_info):
            meaning = Meaning.ABORT
        match meaning:
            case Meaning.BEGIN:
                one_shot = op == UssdServiceOp.PSSD_INDICATION
                return Begin(msisdn, self._dialled(pdu, _text(pdu)), access, session_info, one_shot)
            case Meaning.CONTINUE:
                return Continue(msisdn, _text(pdu), access, session_info)
            case Meaning.ABORT:
                return Abort(msisdn, access, session_info)
            case Meaning.CONFIRM:
                return Confirm(msisdn, access, session_info)
        raise PduError(CommandStatus.RINVOPTPARAMVAL, f"ussd_service_op {op} from a phone")

    def deliver(self, dialogue: Dialogue, primitive: MobileTerminated) -> DeliverSm:
        """The deliver_sm that shows a screen on the dialogue's phone; a text too long for it is cut."""
        data_coding, octets = self._coded(primitive.text)
        match primitive:
            case Ask():
                signal, last = self.asks, False
            case End():
                signal, last = self.ends, True
            case Notify():
                signal, last = self.notifies, False
        tlvs = [_OPERATION_TLVS[signal.op]] if self.names_operation else []
        if self.session is not None:
            tlvs.append(self.session.write(dialogue, last))
        return DeliverSm(
            service_type=signal.service_type or self.service_type,
            source_addr=dialogue.service_code,
            dest_addr_ton=Ton.INTERNATIONAL,
            dest_addr_npi=Npi.E164,
            destination_addr=dialogue.msisdn,
            data_coding=data_coding,
            short_message=octets,
            tlvs=tlvs,
        )

    # ------------------------------------------------------------ towards applications

    def tell(
        self, dialogue: Dialogue, what: ToApplication, session_info: bytes = b"", *, timed_out: bool = False
    ) -> DeliverSm | None:
        """The deliver_sm that tells an application what the phone did; None where this centre keeps silent.

        `session_info` is the number that the application gave a dialogue it began itself.
        """
        signal, text, last = self._signal(what, timed_out)
        if signal is None:
            return None
        destination = dialogue.service_code
        if isinstance(what, Begin):
            text, destination = self._placed(what.dialled, destination)
        data_coding, octets = self._coded(text)
        tlvs = [_OPERATION_TLVS[signal.op]] if self.names_operation else []
        if self.session is not None and self.numbers_applications:
            tlvs.append(self.session.write(dialogue, last, session_info))
        return DeliverSm(
            service_type=signal.service_type or self.service_type,
            source_addr_ton=Ton.INTERNATIONAL,
            source_addr_npi=Npi.E164,
            source_addr=dialogue.msisdn,
            destination_addr=destination,
            data_coding=data_coding,
            short_message=octets,
            tlvs=tlvs,
        )

    def hear(self, pdu: ShortMessage | DataSm, *, lenient: bool = False) -> Said | None:
        """What an application says; None when the PDU is no USSD but a short message.

        PduError: ESME_RMISSINGOPTPARAM where the operation is not said, ESME_RINVOPTPARAMVAL for one that
        a service does not send, ESME_RINVPARLEN.  `lenient` also takes 0x17 for 17.
        """
        op = USSD_SERVICE_OP.get(pdu) if pdu.tlvs else None
        will = self._wanted.get(pdu.service_type)
        if op is None and will is None and not self._is_ussd(pdu):
            return None
        numbered = self.session is not None and self.numbers_applications
        session_info = self.session.read(pdu) if self.session and numbered else b""
        if will is None:
            will = self.unmarked if op is None else self._wanted.get(op)
        if will is None and lenient and op == OLD_SLIP:
            will = Will.END
        if will is Will.ASK and self._is_last(session_info):
            will = Will.END
        match will:
            case Will.ASK:
                return Said(Ask(_text(pdu)), session_info)
            case Will.END:
                return Said(End(_text(pdu)), session_info)
            case Will.NOTIFY:
                return Said(Notify(_text(pdu)), session_info)
            case Will.DROP:
                return Said(Drop(), session_info)
        if op is None:
            raise PduError(CommandStatus.RMISSINGOPTPARAM, "ussd_service_op is missing")
        raise PduError(CommandStatus.RINVOPTPARAMVAL, f"ussd_service_op {op} from an application")

    def belongs(self, dialogue: Dialogue, given: bytes, session_info: bytes) -> bool | None:
        """Whether a number that an application sent is that of the dialogue; None when it sent none.

        `given` is what it called a dialogue of its own making.
        """
        if self.session is None or not session_info:
            return None
        _, ours = self.session.write(dialogue, False, given)
        return self.session.same(ours, session_info)

    # ------------------------------------------------------------ looked up

    def _signal(self, what: ToApplication, timed_out: bool) -> tuple[Signal | None, str, bool]:
        """How that is said, with which text, and whether it is the last that the dialogue hears."""
        match what:
            case Begin():
                one_shot = Signal(UssdServiceOp.PSSD_INDICATION, self.begins.service_type)
                return one_shot if what.one_shot else self.begins, what.dialled, False
            case Continue():
                return self.answers, what.text, False
            case Confirm():
                return self.confirms, "", False
            case Abort():
                return self.times_out if timed_out else self.hangs_up, "", True

    def _is_last(self, session_info: bytes) -> bool:
        return self.bit_ends and self.session is not None and self.session.says_last(session_info)

    def _is_ussd(self, pdu: ShortMessage | DataSm) -> bool:
        """Whether a PDU without ussd_service_op is USSD all the same (SMPP 3.4 §5.2.11, §5.3.2.5)."""
        if pdu.service_type.upper() in (ServiceType.USSD, self.service_type):
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
        code = as_code(pdu.destination_addr)
        if self.dialled_string_in != "rest" or not text:
            return code
        stem = code[:-1]
        if text.startswith(stem) and text[len(stem) : len(stem) + 1] in ("", "*", "#"):
            return text  # the peer sent the whole string after all
        return f"{stem}*{text.removeprefix('*').removesuffix('#')}#"

    def _placed(self, dialled: str, service_code: str) -> tuple[str, str]:
        """Text and destination_addr of a dialled string: the reverse of `_dialled`."""
        if self.dialled_string_in == "destination" and len(dialled) <= MAX_ADDRESS:
            return "", dialled
        if self.dialled_string_in == "rest":
            return dialled.removeprefix(service_code[:-1]).strip("*#"), service_code
        return dialled, service_code

    def _coded(self, text: str) -> tuple[int, bytes]:
        """(data_coding, octets) of as much of a text as one USSD string holds (3GPP TS 24.080)."""
        data_coding, octets = choose_coding(text)
        alphabet = Alphabet.UCS2 if data_coding == DataCoding.UCS2 else Alphabet.GSM7
        if len(octets) > 160:
            octets = split_octets(octets, alphabet, USSD_LIMITS[alphabet])[0]
        if self.raw_coding:
            ucs2 = alphabet is Alphabet.UCS2
            data_coding = DataCoding.CBS_UCS2 if ucs2 else DataCoding.CBS_GSM7
        return data_coding, octets


def as_code(address: str) -> str:
    """An address as a dialled string: links that cannot carry `*` and `#` there send `105` for `*105#`."""
    if not address:
        return ""
    lead = "" if address[0] in "*#" else "*"
    return f"{lead}{address}" if address.endswith("#") else f"{lead}{address}#"


def _text(pdu: ShortMessage | DataSm) -> str:
    return decode_text(message_octets(pdu), pdu.data_coding, ussd=True)
