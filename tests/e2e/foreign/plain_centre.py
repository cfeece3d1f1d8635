"""A USSD centre of somebody else, in asyncio and struct: python plain_centre.py TEXT-OF-THE-LAST-SCREEN

It knows nothing of ussd_gateway, and has other habits: the lowest bit of its_session_info alone says that a
screen is the last one, there is no ussd_service_op in what it delivers; it numbers dialogues itself, puts
screens in message_payload, sends them before the response, and long messages by sar_* TLVs.  Prints its port.
"""

import asyncio
import struct
import sys

BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 9, 4, 5, 6, 0x15
RESPONSE = 0x80000000
UCS2 = 8


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


class Centre:
    """One connection."""

    def __init__(self, last: str, writer: asyncio.StreamWriter) -> None:
        self.last = last
        self.writer = writer
        self.number = 0x1000
        self.step = 0
        self.sent = 0

    def write(self, command: int, sequence: int, body: bytes = b"") -> None:
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, 0, sequence) + body)

    def request(self, command: int, body: bytes = b"") -> None:
        self.sent += 1
        self.write(command, self.sent, body)

    def deliver(self, service: bytes, source: bytes, phone: bytes, short: bytes, tlvs: bytes) -> None:
        addresses = b"\0\1" + source + b"\0" + b"\1\1" + phone + b"\0"
        fixed = struct.pack(">BBBBBBBBBB", 0, 0, 0, 0, 0, 0, 0, UCS2, 0, len(short))
        self.request(DELIVER_SM, service + b"\0" + addresses + fixed + short + tlvs)

    def show(self, phone: bytes, text: str, *, end: bool = False) -> None:
        session = struct.pack(">H", self.number << 1 | end)
        payload = tlv(0x1383, session) + tlv(0x0424, text.encode("utf-16-be"))
        self.deliver(b"USSD", b"*500#", phone, b"", payload)

    def message(self, phone: bytes, *parts: str) -> None:
        for index, part in enumerate(parts, 1):
            sar = tlv(0x020C, b"\0\7") + tlv(0x020E, bytes([len(parts)])) + tlv(0x020F, bytes([index]))
            self.deliver(b"", b"5000", phone, part.encode("utf-16-be"), sar if len(parts) > 1 else b"")

    def submitted(self, body: bytes) -> None:
        service, rest = body.split(b"\0", 1)
        phone, rest = rest[2:].split(b"\0", 1)
        _, rest = rest[2:].split(b"\0", 1)
        rest = rest[3:].split(b"\0", 2)[2]  # after the two times
        text = rest[5 : 5 + rest[4]].decode("ascii")
        if service != b"USSD":
            if text == "839201":
                self.message(phone, "Принято")
        elif text == "*500#":
            self.number, self.step = self.number + 1, 1
            self.show(phone, "Посылки. Какой номер?")
        elif self.step == 1:
            self.step = 2
            self.show(phone, f"Посылка {text} на почте.\n1 Привезти")
        elif self.step == 2 and text == "1":
            self.step = 0
            self.show(phone, self.last, end=True)
            self.message(phone, "Ваш ко", "д: 839201")

    async def serve(self, reader: asyncio.StreamReader) -> None:
        while True:
            length, command, _, sequence = struct.unpack(">IIII", await reader.readexactly(16))
            body = await reader.readexactly(length - 16)
            if command == BIND_TRANSCEIVER:
                self.write(command | RESPONSE, sequence, b"parcels\0")
                self.request(ENQUIRE_LINK)
            elif command == SUBMIT_SM:
                self.submitted(body)
                self.write(command | RESPONSE, sequence, b"1\0")
            elif command in (UNBIND, ENQUIRE_LINK):
                self.write(command | RESPONSE, sequence)


async def main(last: str) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await Centre(last, writer).serve(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
