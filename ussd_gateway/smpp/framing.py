"""A stream of octets -> frames, one PDU each (SMPP 3.4 §3.2.1).

The length is only ever compared, never allocated from: a peer that speaks HTTP announces a PDU of
1,213,486,160 octets. A frame is cut out when all of it has arrived.
"""

from ussd_gateway.errors import FramingError
from ussd_gateway.smpp.constants import HEADER_OCTETS, CommandStatus


class Framer:
    """Collects octets and hands out frames. `max_command_length` may change between frames."""

    __slots__ = ("_at", "_buffer", "_more", "max_command_length")

    def __init__(self, max_command_length: int) -> None:
        self.max_command_length = max_command_length
        self._buffer = b""
        self._at = 0  # where the next frame begins in _buffer
        self._more = bytearray()  # what came after _buffer; joined to it when a frame needs it

    def feed(self, data: bytes) -> None:
        """Take octets as they come, cut anywhere."""
        if self._at == len(self._buffer) and not self._more:
            self._buffer = data
            self._at = 0
        else:
            self._more += data

    def pending(self) -> int:
        """How many octets wait here, whole frames included."""
        return len(self._buffer) - self._at + len(self._more)

    def rest(self) -> bytes:
        """The octets that wait here."""
        return self._buffer[self._at :] + bytes(self._more)

    def next_frame(self) -> bytes | None:
        """The next whole frame, or None until more octets come.

        Raises FramingError (ESME_RINVCMDLEN) for a command_length below 16, and for one above the limit
        as soon as its header is complete; only the second has a sequence number to echo. How the octets
        were cut on their way makes no difference. The framer is of no use after an error.
        """
        if len(self._buffer) - self._at < 4 and not self._gather(4):
            return None
        length = int.from_bytes(self._buffer[self._at : self._at + 4], "big")
        if length < HEADER_OCTETS:
            raise FramingError(CommandStatus.RINVCMDLEN, f"command_length {length} is below 16")
        if length > self.max_command_length:
            if not self._gather(HEADER_OCTETS):
                return None
            raise self._too_long(length)
        if len(self._buffer) - self._at < length and not self._gather(length):
            return None
        stop = self._at + length
        frame = self._buffer[self._at : stop]
        self._at = stop
        return frame

    def _gather(self, count: int) -> bool:
        """Whether `count` octets have come; if so they stand in one piece in _buffer."""
        if self.pending() < count:
            if self._at == len(self._buffer):  # an idle link keeps no read buffer alive
                self._buffer, self._at = b"", 0
            return False
        self._buffer = self._buffer[self._at :] + self._more
        self._at = 0
        self._more = bytearray()
        return True

    def _too_long(self, length: int) -> FramingError:
        header = self._buffer[self._at : self._at + HEADER_OCTETS]
        return FramingError(
            CommandStatus.RINVCMDLEN,
            f"command_length {length} is above {self.max_command_length}",
            command_id=int.from_bytes(header[4:8], "big"),
            sequence_number=int.from_bytes(header[12:16], "big"),
        )
