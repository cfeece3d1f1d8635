"""A PDU with its secrets replaced by asterisks, octet for octet: lengths and offsets stay.

Passwords of binds are always hidden.  The text of a message is hidden unless it is known to hold no secret:
what nobody has vouched for does not get out.
"""

import struct
from collections.abc import Callable

from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode
from ussd_gateway.smpp.constants import RESPONSE_BIT, CommandId
from ussd_gateway.smpp.pdus import Pdu
from ussd_gateway.smpp.text import decode_text
from ussd_gateway.smpp.tlvs import MESSAGE_PAYLOAD

_BINDS = (CommandId.BIND_RECEIVER, CommandId.BIND_TRANSMITTER, CommandId.BIND_TRANSCEIVER)
_OUTBIND = 0x0000000B
_UDH = 0x40
_UCS2 = 8
_STAR = b"*"


def texts_of(pdu: Pdu) -> tuple[list[bytes], str]:
    """The octets of its texts (without a user data header), and the text as it is read."""
    pieces = []
    short = getattr(pdu, "short_message", b"")
    if short and getattr(pdu, "esm_class", 0) & _UDH:
        short = short[1 + short[0] :]
    if short:
        pieces.append(short)
    payload = MESSAGE_PAYLOAD.octets(pdu)
    if payload:
        pieces.append(payload)
    coding = getattr(pdu, "data_coding", 0)
    return pieces, "".join(decode_text(piece, coding) for piece in pieces)


def veiled(frame: bytes, public: Callable[[Pdu, str], bool]) -> bytes:
    """The frame with its secrets replaced; `public` vouches for the text of a PDU.

    A frame that cannot be read is all asterisks behind its header.
    """
    command_id = struct.unpack_from(">I", frame, 4)[0]
    if command_id & RESPONSE_BIT:
        return frame
    try:
        pdu = decode(frame)
    except PduError:
        return frame[:16] + _STAR * (len(frame) - 16)
    if command_id in _BINDS or command_id == _OUTBIND:
        return _without_password(frame)
    pieces, text = texts_of(pdu)
    if not pieces or public(pdu, text):
        return frame
    wide = getattr(pdu, "data_coding", 0) & 0x0C == _UCS2
    for piece in pieces:
        # From behind: an address may have the same octets as a text, but stands before it.
        at = frame.rfind(piece)
        stars = (b"\0*" * len(piece))[: len(piece)] if wide else _STAR * len(piece)
        frame = frame[:at] + stars + frame[at + len(piece) :]
    return frame


def _without_password(frame: bytes) -> bytes:
    """It stands behind the system_id (SMPP 3.4 §4.1)."""
    begin = frame.index(0, 16) + 1
    end = frame.index(0, begin)
    return frame[:begin] + _STAR * (end - begin) + frame[end:]
