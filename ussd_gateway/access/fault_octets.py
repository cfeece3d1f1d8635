"""What a fault makes of the octets of one PDU.

It is asked after the session has written them, so that the session's own books stay right.
"""

from collections.abc import Callable, Sequence

from ussd_gateway.access.faults import Met
from ussd_gateway.smpp.tlvs import ITS_SESSION_INFO, USER_MESSAGE_REFERENCE, VENDOR_USSD_SESSION_ID

Pieces = Sequence[tuple[int, bytes]]
"""What goes out instead: after how many milliseconds, which octets."""
Spoiler = Callable[[bytes], Pieces]

SESSION_TAGS = frozenset({ITS_SESSION_INFO.tag, USER_MESSAGE_REFERENCE.tag, VENDOR_USSD_SESSION_ID.tag})
"""Where dialects number dialogues (docs/dialects.md)."""


def spoiler(met: Met) -> Spoiler:
    """What the fault does to the octets of one PDU."""
    match met.rule.fault:
        case "late_response":
            return lambda octets: [(met.ms(met.rule.delay), octets)]
        case "double_response":
            return lambda octets: [(0, octets), (0, octets)]
        case "wrong_sequence":
            return lambda octets: [(0, _with_another_sequence(octets))]
        case "malformed_response" | "malformed_screen":
            return lambda octets: [(0, _malformed(octets))]
        case "truncated_response" | "truncated_screen":
            return lambda octets: [(0, octets[: len(octets) // 2])]
    return lambda octets: []


def _with_another_sequence(octets: bytes) -> bytes:
    """The answer to a request that nobody sent (SMPP 3.4 §5.1.4)."""
    sequence = int.from_bytes(octets[12:16], "big") ^ 0x40000000
    return octets[:12] + sequence.to_bytes(4, "big") + octets[16:]


def _malformed(octets: bytes) -> bytes:
    """A PDU of the right length whose fields end in the middle."""
    body = octets[16 : 16 + (len(octets) - 16) // 2]
    return (16 + len(body)).to_bytes(4, "big") + octets[4:16] + body


def with_another_session(tlvs: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The same TLVs with the number of another dialogue, the end bit left as it is."""
    return [
        (tag, bytes([value[0] ^ 0x55, *value[1:]])) if tag in SESSION_TAGS and value else (tag, value)
        for tag, value in tlvs
    ]
