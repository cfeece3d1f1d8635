"""A file that opens with a password only: a ZIP archive of it with traditional encryption (APPNOTE 6.1).

Every archiver opens it.  It keeps out a glance, no attacker: that much a paper by e-mail asks for.
"""

import struct
from hashlib import blake2b
from zlib import DEFLATED, MAX_WBITS, compressobj, crc32

from ussd_gateway.papers.base import Paper

_HEADER = 12
_ENCRYPTED, _UTF8 = 1, 1 << 11
_VERSION = 20
_FIRST_DAY = 0x21
"""1 January 1980: the file says nothing about when it was written."""
_TABLE = [crc32(bytes([octet]), 0xFFFFFFFF) ^ 0xFFFFFFFF for octet in range(256)]


def locked(paper: Paper, password: str, salt: str) -> Paper:
    """The paper in an archive `….zip`; `salt` tells its key stream from those of others."""
    name, checksum = paper.name.encode(), crc32(paper.content)
    packer = compressobj(9, DEFLATED, -MAX_WBITS)
    packed = packer.compress(paper.content) + packer.flush()
    head = blake2b(salt.encode(), digest_size=_HEADER - 1).digest() + bytes([checksum >> 24])
    body = _encrypted(head + packed, password.encode())
    about = struct.pack(
        "<HHHHHIIIHH",
        _VERSION,
        _ENCRYPTED | _UTF8,
        8,
        0,
        _FIRST_DAY,
        checksum,
        len(body),
        len(paper.content),
        len(name),
        0,
    )
    local = b"PK\x03\x04" + about + name + body
    central = (
        b"PK\x01\x02" + struct.pack("<H", _VERSION) + about + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    )
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return Paper(f"{paper.name}.zip", local + central + end)


def _encrypted(data: bytes, password: bytes) -> bytes:
    keys = _Keys(password)
    return bytes([keys.encrypt(octet) for octet in data])


class _Keys:
    """The three keys of APPNOTE 6.1.5."""

    __slots__ = ("_one", "_two", "_zero")

    def __init__(self, password: bytes) -> None:
        self._zero, self._one, self._two = 0x12345678, 0x23456789, 0x34567890
        for octet in password:
            self._turn(octet)

    def encrypt(self, octet: int) -> int:
        mask = (self._two | 2) & 0xFFFF
        self._turn(octet)
        return octet ^ (mask * (mask ^ 1) >> 8 & 0xFF)

    def _turn(self, octet: int) -> None:
        self._zero = self._zero >> 8 ^ _TABLE[(self._zero ^ octet) & 0xFF]
        self._one = ((self._one + (self._zero & 0xFF)) * 0x08088405 + 1) & 0xFFFFFFFF
        self._two = self._two >> 8 ^ _TABLE[(self._two ^ self._one >> 24) & 0xFF]
