"""Commands as octets (the Redis serialization protocol, RESP 2)."""

from collections.abc import Sequence

_SIZES = [b"$%d" % size for size in range(512)]


def pack(command: Sequence[bytes]) -> bytes:
    """A command as an array of bulk strings."""
    # By hand: the client library's packing takes four times as long, and each step pays for it.
    parts = [b"*%d" % len(command)]
    for word in command:
        size = len(word)
        parts += (_SIZES[size] if size < 512 else b"$%d" % size, word)
    parts.append(b"")
    return b"\r\n".join(parts)
