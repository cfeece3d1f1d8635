"""What two sides of different SMPP versions may say to each other (SMPP 3.4 §3.4, §5.2.4)."""

from ussd_gateway.smpp.constants import CommandId, InterfaceVersion

SINCE_34 = frozenset({CommandId.DATA_SM, CommandId.ALERT_NOTIFICATION})
"""Requests of ours that a 3.3 peer does not know; bind_transceiver it may well try."""


def negotiate(theirs: int, ours: int) -> int:
    """The version both speak. 0x00-0x33 is 3.3 or older, 0x35-0x4F counts as 3.4, 0x51 and up as 5.0."""
    known = (InterfaceVersion.V50, InterfaceVersion.V34)
    rounded = next((version for version in known if theirs >= version), InterfaceVersion.V33)
    return min(rounded, ours)


def has_tlvs(version: int) -> bool:
    """Whether optional parameters may be sent and are read; 3.3 knows none."""
    return version >= InterfaceVersion.V34


def longest_message_id(version: int) -> int:
    """Octets of a message_id without its NUL: 64, or 8 before 3.4."""
    return 64 if has_tlvs(version) else 8
