"""Captured PDUs as a file that Wireshark reads: each one a TCP segment of a made-up connection.

What matters of TCP is there (ports, sequence numbers, checksums); the segments as they really were are not.
libpcap's format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, LINKTYPE_IPV4.
"""

import ipaddress
import struct
from typing import NamedTuple

from ussd_gateway.access.tap import Direction

FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 228)
SMPP_PORT = 2775
MAX_SEGMENT = 32_768
_SYN, _ACK, _PSH = 0x02, 0x10, 0x08
_OURS = ipaddress.IPv4Address("192.0.2.1").packed
_LOOPBACK = ipaddress.IPv4Address("127.0.0.1").packed


class Captured(NamedTuple):
    """One PDU as it passed, secrets replaced; `at_ns` since the Unix epoch, `link` counts connections."""

    at_ns: int
    link: int
    host: str
    direction: Direction
    frame: bytes


class Streams:
    """Where each connection has come to."""

    def __init__(self) -> None:
        self._sent: dict[tuple[int, Direction], int] = {}

    def packets(self, captured: Captured) -> bytes:
        """The records of one PDU; before the first one of a connection, those that open it."""
        records = []
        if (captured.link, "in") not in self._sent:
            self._sent[captured.link, "in"] = self._sent[captured.link, "out"] = 0
            records = [
                self._record(captured, "in", _SYN, b""),
                self._record(captured, "out", _SYN | _ACK, b""),
                self._record(captured, "in", _ACK, b""),
            ]
        for at in range(0, len(captured.frame), MAX_SEGMENT):
            piece = captured.frame[at : at + MAX_SEGMENT]
            records.append(self._record(captured, captured.direction, _PSH | _ACK, piece))
        return b"".join(records)

    def forget(self, link: int) -> None:
        """The connection has gone."""
        self._sent.pop((link, "in"), None)
        self._sent.pop((link, "out"), None)

    def _record(self, captured: Captured, direction: Direction, flags: int, data: bytes) -> bytes:
        back: Direction = "out" if direction == "in" else "in"
        sequence = self._sent[captured.link, direction]
        # A SYN counts as one octet.
        self._sent[captured.link, direction] = sequence + len(data) + bool(flags & _SYN)
        acknowledged = self._sent[captured.link, back] if flags & _ACK else 0
        peer, ours = _addresses(captured.host)
        ports = 1024 + captured.link % 60_000, SMPP_PORT
        if direction == "out":
            peer, ours, ports = ours, peer, ports[::-1]
        packet = _packet(peer, ours, ports, (sequence, acknowledged), flags, data)
        seconds, ns = divmod(captured.at_ns, 1_000_000_000)
        return struct.pack("<IIII", seconds, ns // 1000, len(packet), len(packet)) + packet


def pcap_of(captured: list[Captured]) -> bytes:
    """A whole file."""
    streams = Streams()
    return FILE_HEADER + b"".join(map(streams.packets, captured))


def _addresses(host: str) -> tuple[bytes, bytes]:
    """The peer's address and ours; of a peer without an IPv4 address a made-up one."""
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return ipaddress.IPv4Address("192.0.2.2").packed, _OURS
    return address.packed, _LOOPBACK if address.is_loopback else _OURS


def _packet(
    source: bytes, target: bytes, ports: tuple[int, int], numbers: tuple[int, int], flags: int, data: bytes
) -> bytes:
    """IPv4 (RFC 791) around TCP (RFC 9293)."""
    sequence, acknowledged = (number & 0xFFFFFFFF for number in numbers)

    def tcp(checksum: int) -> bytes:
        fields = (*ports, sequence, acknowledged, 5 << 4, flags, 65_535, checksum, 0)
        return struct.pack(">HHIIBBHHH", *fields) + data

    pseudo = source + target + struct.pack(">BBH", 0, 6, 20 + len(data))
    segment = tcp(_checksum(pseudo + tcp(0)))

    def ip(checksum: int) -> bytes:
        fields = (0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, checksum)
        return struct.pack(">BBHHHBBH", *fields) + source + target

    return ip(_checksum(ip(0))) + segment


def _checksum(octets: bytes) -> int:
    """RFC 1071."""
    if len(octets) % 2:
        octets += b"\0"
    total: int = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
