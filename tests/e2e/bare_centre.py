"""A message centre made of bytes by struct alone, a phone behind it, and gateways that bind to it.

Nothing of ours says here how a PDU or a text looks (SMPP 3.4, 3GPP TS 23.038, 23.040).
"""

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.patience import until
from tests.world import World, running_world
from ussd_gateway.phone.events import Event, Failure, Screen, ScreenOp, SmsArrived

ANNA = "79261234567"
PATIENCE_S = 10.0
ROK, THROTTLED, QUEUE_FULL, GONE = 0, 0x58, 0x14, 0x400
BIND_RX, BIND_TX, BIND_TRX, SUBMIT, DELIVER, UNBIND, ENQUIRE = 1, 2, 9, 4, 5, 6, 0x15
RESPONSE = 0x80000000
DIALS, ANSWERS, HANGS_UP, ASKS, ENDS = 1, 18, 129, 2, 17
SERVICE_OP, SESSION = 0x0501, 0x1383
UCS2, WITH_HEADER = 8, 0x40

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
"""3GPP TS 23.038 §6.2.1; the latter behind 0x1B."""


def decoded(octets: bytes, data_coding: int) -> str:
    if data_coding == UCS2:
        return octets.decode("utf-16-be")
    found, rest = "", iter(octets)
    for octet in rest:
        found += EXTENSION[next(rest)] if octet == 0x1B else ALPHABET[octet]
    return found


def strings(*values: str) -> bytes:
    return b"".join(value.encode("ascii") + b"\0" for value in values)


class Message:
    """The fields of a submit_sm that the tests look at (SMPP 3.4 §4.4.1)."""

    def __init__(self, body: bytes) -> None:
        self.service_type, rest = self._string(body)
        self.source, rest = self._string(rest[2:])
        self.destination, rest = self._string(rest[2:])
        self.esm_class, rest = rest[0], rest[3:]
        _, rest = self._string(rest)
        _, rest = self._string(rest)
        self.registered_delivery, self.data_coding, length = rest[0], rest[2], rest[4]
        self.octets, rest = rest[5 : 5 + length], rest[5 + length :]
        self.tlvs: dict[int, bytes] = {}
        while rest:
            tag, size = struct.unpack(">HH", rest[:4])
            self.tlvs[tag], rest = rest[4 : 4 + size], rest[4 + size :]

    @staticmethod
    def _string(body: bytes) -> tuple[str, bytes]:
        value, _, rest = body.partition(b"\0")
        return value.decode("ascii"), rest

    @property
    def text(self) -> str:
        return decoded(self.octets, self.data_coding)

    @property
    def part(self) -> tuple[int, int, int, str]:
        """Of a long message: reference, how many, which, text (3GPP TS 23.040 §9.2.3.24.1)."""
        if not self.esm_class & WITH_HEADER:
            return 0, 1, 1, self.text
        length, kind, _, reference, total, number = self.octets[:6]
        assert (length, kind) == (5, 0)
        return reference, total, number, decoded(self.octets[6:], self.data_coding)

    @property
    def op(self) -> int | None:
        value = self.tlvs.get(0x0501)
        return value[0] if value else None


def delivered(
    text: str, to: str, op: int | None = None, session: bytes = b"", esm_class: int = 0, source: str = ANNA
) -> bytes:
    """The body of a deliver_sm (SMPP 3.4 §4.6.1)."""
    plain = text.isascii() and "_" not in text
    octets, coding = (text.encode("ascii"), 0) if plain else (text.encode("utf-16-be"), UCS2)
    body = strings("USSD" if op is not None else "") + b"\1\1" + strings(source) + b"\0\1" + strings(to)
    body += bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0, len(octets)]) + octets
    if op is not None:
        body += struct.pack(">HHB", 0x0501, 1, op)
    if session:
        body += struct.pack(">HH", 0x1383, len(session)) + session
    return body


class Centre:
    """Takes binds and submits, delivers; what it answers to a submit a test may say."""

    def __init__(self) -> None:
        self.submits: asyncio.Queue[Message] = asyncio.Queue()
        """What came for nobody who is switched on."""
        self.phones: dict[str, BarePhone] = {}
        self.binds: list[int] = []
        self.bind_status = ROK
        self.statuses: list[int] = []
        self.answers = True
        """Whether submits are answered at once, or one by one by `answer_one`."""
        self._unanswered: deque[Callable[[], None]] = deque()
        self.port = 0
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._sequence = self._message_id = 0
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """As a centre that dies: connections are reset, the port is closed."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers.values():
            writer.transport.abort()
        self._writers.clear()
        self.binds.clear()

    async def deliver(self, body: bytes) -> int:
        """The status the other side answers with."""
        return await asyncio.wait_for(self.begin_delivery(body), PATIENCE_S)

    def begin_delivery(self, body: bytes) -> "asyncio.Future[int]":
        writer = self._writers.get(BIND_RX) or self._writers[BIND_TRX]
        self._sequence += 1
        writer.write(struct.pack(">IIII", 16 + len(body), DELIVER, 0, self._sequence) + body)
        answer = self._answers[self._sequence] = asyncio.get_running_loop().create_future()
        return answer

    async def submitted(self) -> Message:
        return await asyncio.wait_for(self.submits.get(), PATIENCE_S)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length, command, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                self._take(writer, command, status, sequence, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _take(
        self, writer: asyncio.StreamWriter, command: int, status: int, sequence: int, body: bytes
    ) -> None:
        answer, answer_status = b"", ROK
        if command & RESPONSE:
            if command == DELIVER | RESPONSE:
                self._answers.pop(sequence).set_result(status)
            return
        if command in (BIND_RX, BIND_TX, BIND_TRX):
            answer, answer_status = strings("CENTRE"), self.bind_status
            if not answer_status:
                self._writers[command] = writer
                self.binds.append(command)
        elif command == SUBMIT:
            answer_status = self.statuses.pop(0) if self.statuses else ROK
            if not answer_status:
                self._message_id += 1
                answer = strings(f"m{self._message_id}")
            message = Message(body)
            phone = self.phones.get(message.destination)
            if phone is not None and not answer_status:
                phone.taken(message)
            else:
                self.submits.put_nowait(message)
        frame = struct.pack(">IIII", 16 + len(answer), command | RESPONSE, answer_status, sequence) + answer
        if command == SUBMIT and not self.answers:
            self._unanswered.append(lambda: writer.write(frame))
        else:
            writer.write(frame)

    def answer_one(self) -> None:
        """The oldest submit that has no answer gets it."""
        self._unanswered.popleft()()


class BarePhone:
    """A phone behind the centre (`phone.base.Phone`); `numbered`: the centre numbers its dialogues."""

    def __init__(self, msisdn: str, centre: Centre, *, numbered: bool) -> None:
        self.msisdn = msisdn
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._centre = centre
        self._numbered = numbered
        self._number = 0
        self._code = ""
        self._open = False
        self._parts: dict[int, dict[int, str]] = {}

    async def open(self) -> None:
        self._centre.phones[self.msisdn] = self

    async def close(self) -> None:
        self._centre.phones.pop(self.msisdn, None)

    async def dial(self, code: str) -> None:
        self._number = self._number % 0x7FFF + 1
        self._code, self._open = code, True
        await self._tell(DIALS, code)

    async def answer(self, text: str) -> None:
        await self._tell(ANSWERS, text)

    async def hang_up(self) -> None:
        if self._open:
            self._open = False
            await self._tell(HANGS_UP, "")

    async def send_sms(self, to: str, text: str) -> None:
        assert len(text) <= 70, "this phone sends short messages only"
        self._judge(await self._centre.deliver(delivered(text, to, source=self.msisdn)))

    async def _tell(self, op: int, text: str) -> None:
        session = struct.pack(">H", self._number << 1 | (op == HANGS_UP)) if self._numbered else b""
        body = delivered(text, self._code[:20], op, session, source=self.msisdn)
        self._judge(await self._centre.deliver(body))

    def _judge(self, status: int) -> None:
        if status:
            self.events.put_nowait(Failure("the application refused", status))

    def taken(self, message: Message) -> None:
        """A submit_sm for this phone."""
        if message.op is None:
            self._text(message)
            return
        assert message.op in (ASKS, ENDS)
        if self._numbered:
            assert message.tlvs[SESSION] == struct.pack(">H", self._number << 1 | (message.op == ENDS))
        self._open = message.op == ASKS
        self._code = message.source if self._open else self._code
        op: ScreenOp = "ask" if self._open else "end"
        self.events.put_nowait(Screen(op, message.text, message.source, str(self._number)))

    def _text(self, message: Message) -> None:
        reference, total, number, text = message.part
        parts = self._parts.setdefault(reference, {})
        parts[number] = text
        if len(parts) == total:
            whole = "".join(text for _, text in sorted(self._parts.pop(reference).items()))
            self.events.put_nowait(SmsArrived(message.source, whole, total))


def link(port: int, **settings: Any) -> dict[str, Any]:
    return {
        "name": "mno",
        "host": "127.0.0.1",
        "port": port,
        "system_id": "gateway",
        "password": "secret",
        "msisdns": ["79*"],
        "retry_s": [0.02, 0.1],
        **settings,
    }


@asynccontextmanager
async def linked(port: int, **settings: Any) -> AsyncIterator[World]:
    async with running_world("memory://", links=[link(port, **settings)]) as world:
        await until(lambda: world.app.centres.states()[0]["state"] == "bound")
        yield world
