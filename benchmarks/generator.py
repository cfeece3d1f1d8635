"""The load itself: bound connections, one event loop, a warm-up, measured seconds, then draining.

A plain selector loop rather than asyncio: the generator shares the machine with the server under test and
has to be several times cheaper per PDU than any server it measures.  The loop is closed: a slot sends its
next request when the previous one is complete, so the windows never overflow and the rate is the server's.
Every response is matched by its sequence number and every deliver_sm is answered.
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from benchmarks import wire
from benchmarks.histogram import Histogram

READ_SIZE = 65_536
BIND_TIMEOUT_S = 10.0
DRAIN_TIMEOUT_S = 15.0
LINGER_S = 0.1
"""After everything was answered: time for a delivery too many to show itself."""
ERRORS_TO_STOP = 100


class LoadFailed(Exception):
    """The load could not be carried out: refused bind, lost connection, requests never answered."""


class Slot:
    """One phone: at most one request of it is in flight."""

    __slots__ = ("link", "number", "requests", "step", "sent_us", "begun_us", "awaited")

    def __init__(self, link: "Link", number: bytes, requests: Sequence[wire.Template]) -> None:
        self.link = link
        self.number = number
        self.requests = requests
        self.step = 0
        self.sent_us = 0
        self.begun_us = 0
        self.awaited = 0
        """What has still to come for this step; the bits are the traffic's own."""

    def submit(self, now_us: int) -> None:
        """Queue the request of the present step."""
        link = self.link
        link.sequence = sequence = link.sequence + 1
        link.pending[sequence] = self
        self.sent_us = now_us
        head, tail = self.requests[self.step]
        link.outgoing += head + wire.SEQUENCE.pack(sequence) + tail


class Tally:
    """What one phase saw.  `units` are finished messages or dialogues, `steps` their single exchanges."""

    __slots__ = ("accepted", "delivered", "steps", "units", "latencies")

    def __init__(self, operations: Sequence[str]) -> None:
        self.accepted = 0
        self.delivered = 0
        self.steps = 0
        self.units = 0
        self.latencies = {operation: Histogram() for operation in operations}


class Traffic(Protocol):
    """What flows over the links; the loop below knows only this much of it."""

    errors: Counter[str]
    open_units: int

    def begin(self, now_us: int) -> None:
        """Fill every window."""

    def answered(self, slot: Slot, status: int, now_us: int) -> None:
        """The submit_sm_resp to the slot's request."""

    def delivered(self, data: bytes, position: int, end: int, now_us: int) -> None:
        """A deliver_sm: `data[position:end]`, header included."""

    def next_phase(self) -> Tally:
        """Hand over the tally so far and count anew."""

    def stop(self) -> None:
        """Finish what is open, begin nothing."""


class Link:
    """One bound connection and its unanswered requests."""

    __slots__ = ("socket", "pending", "sequence", "outgoing", "tail", "writing")

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=BIND_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending: dict[int, Slot] = {}
        self.sequence = 1
        self.outgoing = bytearray()
        self.tail = b""
        self.writing = False

    def bind(self, system_id: str, password: str, address_range: str) -> None:
        """Bind as a transceiver; raises LoadFailed when refused."""
        self.socket.sendall(wire.bind_transceiver(system_id, password, address_range))
        answer = b""
        while len(answer) < wire.HEADER_SIZE or len(answer) < wire.HEADER.unpack_from(answer)[0]:
            try:
                piece = self.socket.recv(READ_SIZE)
            except OSError as problem:
                raise LoadFailed(f"the bind was not answered: {problem}") from problem
            if not piece:
                raise LoadFailed("the server closed the connection instead of answering the bind")
            answer += piece
        length, command, status, _ = wire.HEADER.unpack_from(answer)
        if command != wire.BIND_TRANSCEIVER_RESP or status:
            raise LoadFailed(f"bind refused: command_id {command:#010x}, command_status {status:#010x}")
        self.tail = answer[length:]
        self.socket.setblocking(False)

    def close(self) -> None:
        """Say goodbye without waiting for the answer."""
        try:
            self.socket.setblocking(True)
            self.socket.sendall(wire.pdu(wire.UNBIND, self.sequence + 1))
        except OSError:
            pass  # The server went first; there is nobody to say it to.
        self.socket.close()


def now_us() -> int:
    """Microseconds of a clock that only goes forward."""
    return time.perf_counter_ns() // 1000


class Load:
    """Carries one traffic over its links."""

    def __init__(self, links: Sequence[Link], traffic: Traffic) -> None:
        self.links = links
        self.traffic = traffic
        self.selector = selectors.DefaultSelector()
        for link in links:
            self.selector.register(link.socket, selectors.EVENT_READ, link)

    def begin(self) -> None:
        """Fill the windows."""
        self.traffic.begin(now_us())
        self._flush()

    def run_for(self, seconds: float) -> float:
        """Keep the load up; returns the seconds it really took (the last turn ends a little late)."""
        started = time.perf_counter()
        end = started + seconds
        while (now := time.perf_counter()) < end:
            self._turn(end - now)
            if sum(self.traffic.errors.values()) >= ERRORS_TO_STOP:
                break
        return time.perf_counter() - started

    def drain(self) -> None:
        """Let everything open come to its end; whatever does not is an error."""
        self.traffic.stop()
        end = time.perf_counter() + DRAIN_TIMEOUT_S
        while self.traffic.open_units and time.perf_counter() < end:
            self._turn(0.1)
        self.run_for(LINGER_S)
        if self.traffic.open_units:
            self.traffic.errors["never completed"] += self.traffic.open_units
        unanswered = sum(len(link.pending) for link in self.links)
        if unanswered:
            self.traffic.errors["submit_sm never answered"] += unanswered

    def close(self) -> None:
        """Unbind and close every link."""
        self.selector.close()
        for link in self.links:
            link.close()

    def _turn(self, timeout_s: float) -> None:
        for key, events in self.selector.select(timeout_s):
            if events & selectors.EVENT_READ:
                self._read(key.data)
        self._flush()

    def _read(self, link: Link) -> None:
        try:
            data = link.socket.recv(READ_SIZE)
        except OSError as problem:
            raise LoadFailed(f"connection lost: {problem}") from problem
        if not data:
            raise LoadFailed("the server closed a connection under load")
        now = now_us()
        if link.tail:
            data = link.tail + data
        position, available = 0, len(data)
        unpack, pending, traffic = wire.HEADER.unpack_from, link.pending, self.traffic
        while available - position >= wire.HEADER_SIZE:
            length, command, status, sequence = unpack(data, position)
            end = position + length
            if end > available:
                break
            if command == wire.SUBMIT_SM_RESP and sequence in pending:
                traffic.answered(pending.pop(sequence), status, now)
            elif command == wire.DELIVER_SM:
                link.outgoing += wire.DELIVER_SM_RESP_HEAD + data[position + 12 : position + 16] + b"\0"
                traffic.delivered(data, position, end, now)
            else:
                self._rare(link, length, command, sequence)
            position = end
        link.tail = data[position:]

    def _rare(self, link: Link, length: int, command: int, sequence: int) -> None:
        """A keep-alive, or something that has no place in this load."""
        if length < wire.HEADER_SIZE:
            raise LoadFailed(f"command_length {length} is shorter than a header")
        if command == wire.ENQUIRE_LINK:
            link.outgoing += wire.pdu(wire.ENQUIRE_LINK_RESP, sequence)
        else:
            self.traffic.errors[f"command_id {command:#010x} out of place"] += 1

    def _flush(self) -> None:
        for link in self.links:
            if not link.outgoing:
                continue
            try:
                sent = link.socket.send(link.outgoing)
            except BlockingIOError:
                sent = 0
            except OSError as problem:
                raise LoadFailed(f"connection lost: {problem}") from problem
            if sent == len(link.outgoing):
                link.outgoing = bytearray()
            else:
                del link.outgoing[:sent]
            if bool(link.outgoing) != link.writing:
                link.writing = not link.writing
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.writing else 0)
                self.selector.modify(link.socket, wanted, link)
