"""A listener on the wire: shows each PDU of a link, both ways, to a monitor or a capture file."""

from collections.abc import Callable
from typing import Literal

from ussd_gateway.errors import FramingError
from ussd_gateway.smpp.framing import Framer

Direction = Literal["in", "out"]


class Tap:
    """Cuts what passes into whole PDUs and hands them on.

    Costs a second framing of the stream, which is why a link has one only when somebody watches.
    """

    def __init__(self, max_command_length: int, on_pdu: Callable[[Direction, bytes], None]) -> None:
        self._on_pdu = on_pdu
        self._framers: dict[Direction, Framer] = {
            "in": Framer(max_command_length),
            "out": Framer(max_command_length),
        }

    def feed(self, direction: Direction, data: bytes) -> None:
        """Take octets as they passed; a stream that makes no sense is shown no further."""
        framer = self._framers.get(direction)
        if framer is None:
            return
        framer.feed(data)
        try:
            while (frame := framer.next_frame()) is not None:
                self._on_pdu(direction, frame)
        except FramingError:
            del self._framers[direction]
