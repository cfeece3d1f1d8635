"""Captured PDUs as text: one line each, and its fields that are not empty below it."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime

from ussd_gateway.access.pcap import Captured
from ussd_gateway.errors import PduError
from ussd_gateway.smpp.codec import decode, decode_response
from ussd_gateway.smpp.constants import RESPONSE_BIT, command_name, status_name
from ussd_gateway.smpp.pdus import Pdu
from ussd_gateway.smpp.tlvs import TLVS

_HEADER = ("command_id", "command_status", "sequence_number", "tlvs")
_ARROWS = {"in": "->", "out": "<-"}


def trace_text(captured: Iterable[Captured]) -> str:
    """`12:00:00.123456 link 1 -> submit_sm ESME_ROK #7`, then `  source_addr 79261234567` and so on."""
    return "".join(f"{line}\n" for each in captured for line in _lines(each))


def _lines(captured: Captured) -> Iterator[str]:
    frame = captured.frame
    command_id, status, sequence = (int.from_bytes(frame[at : at + 4], "big") for at in (4, 8, 12))
    at = datetime.fromtimestamp(captured.at_ns / 1e9, UTC).isoformat(timespec="microseconds")
    arrow = _ARROWS[captured.direction]
    yield f"{at} link {captured.link} {arrow} {command_name(command_id)} {status_name(status)} #{sequence}"
    try:
        pdu = decode_response(frame)[0] if command_id & RESPONSE_BIT else decode(frame)
    except PduError as error:
        yield f"  cannot be read: {error}"
        return
    yield from _fields(pdu)


def _fields(pdu: Pdu) -> Iterator[str]:
    for field in fields(pdu):
        value = getattr(pdu, field.name)
        if field.name not in _HEADER and value not in ("", b"", 0, []):
            yield f"  {field.name} {_readable(value)}"
    for tag, octets in pdu.tlvs:
        known = TLVS.get(tag)
        yield f"  {known.name if known else f'0x{tag:04x}'} {octets.hex(' ')}"


def _readable(value: object) -> object:
    return value.hex(" ") if isinstance(value, bytes) else value
