"""A peer without a socket: a real link and a real listener, joined by a transport that keeps what is written.

Nothing here waits, so what a delivery does on a clock that stands still can be tested step by step.
"""

import asyncio
from typing import Any

from ussd_gateway.access.accounts import Accounts, NumberPatterns, SmppAccount
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.link import Link
from ussd_gateway.access.roles import LinkSettings
from ussd_gateway.access.smpp_listener import ListenerSettings, SmppListener
from ussd_gateway.smpp.codec import decode, encode
from ussd_gateway.smpp.framing import Framer
from ussd_gateway.smpp.pdus import BindTransceiver, DeliverSm, DeliverSmResp, Pdu

ACCOUNT = SmppAccount("handset", "handset", msisdns=NumberPatterns(["79*"]))


class Wire(asyncio.Transport):
    """The socket's end of a link."""

    def __init__(self) -> None:
        super().__init__()
        self.framer = Framer(70_000)
        self.closing = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 40_000) if name == "peername" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: Any) -> None:
        self.framer.feed(bytes(data))

    def is_closing(self) -> bool:
        return self.closing

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        self.closing = True

    abort = close

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class WiredPeer:
    """A bound peer; what it was sent stands in `read`."""

    def __init__(self, role: Any, *, account: SmppAccount = ACCOUNT, address_range: str = "") -> None:
        # Numbers of links are unique in one listener; these peers have one each.
        listener = SmppListener(
            ListenerSettings(link=LinkSettings()), Accounts([account]), {account.role: role}
        )
        WiredPeer.number += 1
        self.wire = Wire()
        self.link = Link(listener, WiredPeer.number, asyncio.get_running_loop())
        self.link.connection_made(self.wire)
        self.sequence = 0
        self.send(
            BindTransceiver(
                system_id=account.system_id, password=account.password, address_range=address_range
            )
        )
        self._early: list[Pdu] = []
        bound, *self._early = self.read()
        assert bound.command_status == 0

    number = 0

    def send(self, pdu: Pdu) -> None:
        if not pdu.sequence_number:
            self.sequence += 1
            pdu.sequence_number = self.sequence
        self.link.data_received(encode(pdu))

    def read(self) -> list[Pdu]:
        """Everything written since the last time."""
        self.link._flush()
        early, self._early = self._early, []
        return early + [decode(frame) for frame in iter(self.wire.framer.next_frame, None)]

    def answer(self, delivery: Pdu, status: int = 0) -> None:
        self.send(DeliverSmResp(sequence_number=delivery.sequence_number, command_status=status))

    def take(self, status: int = 0) -> list[bytes]:
        """Answer whatever is delivered until nothing more comes; the texts."""
        texts = []
        while deliveries := [pdu for pdu in self.read() if isinstance(pdu, DeliverSm)]:
            for delivery in deliveries:
                texts.append(delivery.short_message)
                self.answer(delivery, status)
        return texts

    def lose(self) -> None:
        """The connection breaks."""
        self.wire.closing = True
        self.link.connection_lost(None)


class Receiving:
    """The part of role handsets that keeps track of binds; `on_bound` are told of each."""

    def __init__(self, binds: Binds, *on_bound: Any) -> None:
        self.binds = binds
        self.on_bound = on_bound

    def bound(self, link: Link) -> None:
        self.binds.add(link)
        for told in self.on_bound:
            told.bound(link)

    def unbound(self, link: Link) -> None:
        self.binds.remove(link)

    def request(self, link: Link, request: Pdu) -> None:
        raise AssertionError("these peers submit nothing")
