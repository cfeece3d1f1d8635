"""What a session wants written, in the version it has agreed on with its peer (SMPP 3.4 §3.4)."""

from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.constants import InterfaceVersion
from ussd_gateway.smpp.pdus import Pdu
from ussd_gateway.smpp.tally import count
from ussd_gateway.smpp.versions import has_tlvs, longest_message_id


class Outbox:
    """Encoded PDUs in the order they were put, until the shell takes them."""

    __slots__ = ("_frames", "_full_error_bodies", "_sent", "version", "with_tlvs")

    def __init__(self, *, full_error_bodies: bool, sent: dict[bytes, int]) -> None:
        """Counts in `sent` what is put (`tally`)."""
        self._frames: list[bytes] = []
        self._full_error_bodies = full_error_bodies
        self._sent = sent
        self.speak(InterfaceVersion.V34)

    def speak(self, version: int) -> None:
        """From here on, say nothing a peer of this version cannot read."""
        self.version = version
        self.with_tlvs = has_tlvs(version)

    def put(self, pdu: Pdu | None) -> None:
        """Queue a PDU; None, the answer to what is never answered, is nothing to say.

        Raises LocalProtocolError, and queues nothing, when it cannot be written for this peer.
        """
        if pdu is None:
            return
        if not self.with_tlvs and len(getattr(pdu, "message_id", "")) > longest_message_id(self.version):
            raise LocalProtocolError("the message_id is too long for a 3.3 peer")
        frame = encode(pdu, with_tlvs=self.with_tlvs, full_body=self._full_error_bodies)
        count(self._sent, frame)
        self._frames.append(frame)

    def take(self) -> bytes:
        """Everything queued, as one piece of the stream."""
        if not self._frames:
            return b""
        octets = b"".join(self._frames)
        self._frames.clear()
        return octets
