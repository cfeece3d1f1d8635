"""The layout of a PDU class -> one function that reads its body and one that writes it.

The functions are straight-line source made from the declaration in `pdus.py`, because it matters by a
factor: a list of closures per field read a submit_sm in 4.0 us and wrote a deliver_sm in 3.8 us, the
generated source does it in 2.1 us and 1.4 us. Each kind states its reading next to its writing below.

    read(frame, command_status, sequence_number) -> (pdu without tlvs, offset behind the body)
    write(pdu) -> body octets without header and tlvs
"""

from collections.abc import Callable
from typing import Any

from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.smpp import fields
from ussd_gateway.smpp.constants import HEADER_OCTETS
from ussd_gateway.smpp.layout import (
    CString,
    Destinations,
    Int1,
    Kind,
    LengthAndOctets,
    TimeString,
    Unsuccessful,
    layout,
)
from ussd_gateway.smpp.pdus import Pdu

Reader = Callable[[bytes, int, int], tuple[Any, int]]
Writer = Callable[[Any], bytes]


def compile_pdu(pdu_type: type[Pdu]) -> tuple[Reader, Writer]:
    """Build the reader and the writer of one PDU class from its declaration."""
    described = layout(pdu_type)
    namespace: dict[str, Any] = {
        "pdu_type": pdu_type,
        "new": pdu_type.__new__,
        "LocalProtocolError": LocalProtocolError,
        **vars(fields),
    }
    source = _reader_source(described) + _writer_source(described, pdu_type.__name__)
    # The source holds names and numbers of our own declarations, nothing from outside.
    exec(compile(source, f"<{pdu_type.__name__}>", "exec"), namespace)  # noqa: S102
    return namespace["read"], namespace["write"]


def _reader_source(described: tuple[tuple[str, Kind], ...]) -> str:
    lines = [
        "def read(frame, command_status, sequence_number):",
        "    pdu = new(pdu_type)",
        "    pdu.command_status = command_status",
        "    pdu.sequence_number = sequence_number",
        f"    at = {HEADER_OCTETS}",
    ]
    if described:
        lines += ["    text = frame.decode('latin-1')", "    try:"]
        for name, kind in described:
            lines += [f"        {line}" for line in _read_lines(name, kind)]
        # Only an integer beyond the end raises IndexError; strings and lists report for themselves.
        lines += ["    except IndexError:", "        raise truncated('its integers') from None"]
    return "\n".join([*lines, "    return pdu, at", ""])


def _read_lines(name: str, kind: Kind) -> list[str]:
    match kind:
        case Int1():
            return [f"pdu.{name} = frame[at]", "at += 1"]
        case CString(max_octets, status):
            return [
                "stop = text.find('\\0', at)",
                f"if not 0 <= stop - at < {max_octets}:",
                f"    raise bad_string(text, at, '{name}', {max_octets}, {status})",
                f"pdu.{name} = text[at:stop]",
                "at = stop + 1",
            ]
        case TimeString(status):
            return [
                "if frame[at]:",
                f"    pdu.{name}, at = read_time(text, at, '{name}', {status})",
                "else:",
                f"    pdu.{name} = ''",
                "    at += 1",
            ]
        case LengthAndOctets(_, max_octets):
            return [
                "length = frame[at]",
                "at += 1",
                "stop = at + length",
                f"if length > {max_octets} or stop > len(frame):",
                "    raise bad_length(length)",
                f"pdu.{name} = frame[at:stop]",
                "at = stop",
            ]
        case Destinations():
            return [f"pdu.{name}, at = read_destinations(frame, text, at)"]
        case Unsuccessful():
            return [f"pdu.{name}, at = read_unsuccessful(frame, text, at)"]


def _writer_source(described: tuple[tuple[str, Kind], ...], pdu_name: str) -> str:
    checks: list[str] = []
    template: list[str] = []
    values: list[str] = []
    for name, kind in described:
        match kind:
            case Int1():
                template.append("%c")
                values.append(f"pdu.{name}")
            case CString(max_octets):
                checks += [
                    f"    {name} = pdu.{name}",
                    f"    if len({name}) >= {max_octets} or '\\0' in {name}:",
                    f"        raise unwritable('{name}', {max_octets - 1})",
                ]
                template.append("%b\\0")
                values.append(f"{name}.encode('latin-1')")
            case TimeString():
                template.append("%b")
                values.append(f"write_time(pdu.{name}, '{name}') if pdu.{name} else b'\\0'")
            case LengthAndOctets(_, max_octets):
                checks += [
                    f"    {name} = pdu.{name}",
                    f"    if len({name}) > {max_octets}:",
                    f"        raise unwritable('{name}', {max_octets})",
                ]
                template.append("%c%b")
                values += [f"len({name})", name]
            case Destinations():
                template.append("%b")
                values.append(f"write_destinations(pdu.{name})")
            case Unsuccessful():
                template.append("%b")
                values.append(f"write_unsuccessful(pdu.{name})")
    if not described:
        return "def write(pdu):\n    return b''\n"
    return "\n".join(
        [
            "def write(pdu):",
            *checks,
            "    try:",
            f"        return b'{''.join(template)}' % ({', '.join(values)},)",
            "    except (TypeError, ValueError, OverflowError, AttributeError) as error:",
            f"        raise LocalProtocolError(f'{pdu_name} cannot be written: {{error}}') from error",
            "",
        ]
    )
