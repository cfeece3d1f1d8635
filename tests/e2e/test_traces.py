"""A captured session: read by Wireshark's own decoder without a complaint, and free of secrets."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.unit.access.wire import Peer, dial, no_peer_left, sms
from ussd_gateway.access.pcap import Captured, pcap_of
from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.smpp.codec import encode
from ussd_gateway.smpp.constants import CommandId
from ussd_gateway.smpp.pdus import ALL_PDUS, Pdu, SmeAddress, SubmitMulti
from ussd_gateway.storage import ScryptHasher

__all__ = ["no_peer_left"]

Tshark = Callable[..., str]
CONFIG = Path(__file__).parents[2] / "config.yaml"
ANNA = "79261234567"
SECRET = "Secret77"


class Session:
    """A gateway that captured a dialogue and a password by SMS."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.dialogue = ""

    async def play(self) -> None:
        settings = {
            f"USSDGW_{name}": value
            for name, value in (
                ("STORAGE__URL", "memory://"),
                ("SMPP__PORT", "0"),
                ("HTTP__PORT", "0"),
                ("SMPP__DRAIN_TIMEOUT_S", "0.05"),
            )
        }
        app = App(load_config(CONFIG, settings), clock=ManualClock(), hasher=ScryptHasher(b"pepper", cost=4))
        app.pcap = self.file
        await app.start()
        try:
            assert app.smpp_address is not None
            peer = await Peer.bind(app.smpp_address)
            await peer.ask(dial(ANNA, "*105#"))
            await peer.screen()
            await peer.ask(sms(ANNA, "000105", f"PAS {SECRET}".encode()))
            await self._ask(app)
            peer.close()
        finally:
            await app.stop()

    async def _ask(self, app: App) -> None:
        assert app.http_address is not None
        base = "http://{}:{}/api/v1".format(*app.http_address)
        async with ClientSession() as client:
            shown = await (await client.get(f"{base}/subscribers/{ANNA}/dialogue")).json()
            self.dialogue = shown["dialogue"]
            for path in (f"subscribers/{ANNA}", f"dialogues/{self.dialogue}", "dialogues/nobody"):
                for form in ("pcap", "trace"):
                    response = await client.get(f"{base}/{path}/{form}")
                    self.answers[f"{path}/{form}"] = response.status, await response.read()


@pytest.fixture
async def session(tmp_path: Path) -> Session:
    session = Session(tmp_path / "all.pcap")
    await session.play()
    return session


@pytest.fixture
def tshark(needs_program: Callable[[str], str]) -> Tshark:
    """What tshark says of a capture file."""
    command = needs_program("tshark")

    def run(file: Path, *options: str) -> str:
        words = [command, "-r", str(file), "-d", "tcp.port==2775,smpp", *options]
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout

    return run


def pdus(tshark: Tshark, file: Path) -> list[dict[str, Any]]:
    """The fields of each PDU, by their names in Wireshark."""
    layers = [packet["_source"]["layers"] for packet in json.loads(tshark(file, "-T", "json"))]
    return [layer["smpp"] for layer in layers if "smpp" in layer]


def complaints(tshark: Tshark, file: Path) -> str:
    """The packets that Wireshark finds fault with."""
    verify = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
    bad = "_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0 || tcp.checksum.status == 0"
    return tshark(file, *verify, "-Y", bad)


async def test_wireshark_reads_every_pdu(session, tshark):
    read = pdus(tshark, session.file)
    commands = [int(each["smpp.command_id"], 16) for each in read]
    assert commands[:2] == [CommandId.BIND_TRANSCEIVER, CommandId.BIND_TRANSCEIVER_RESP]
    assert commands.count(CommandId.SUBMIT_SM) == 2
    assert CommandId.DELIVER_SM in commands
    assert complaints(tshark, session.file) == ""
    dialled = next(each for each in read if int(each["smpp.command_id"], 16) == CommandId.SUBMIT_SM)
    assert dialled["smpp.source_addr"] == ANNA
    assert read[0]["smpp.system_id"] == "handset"


async def test_no_secret_is_in_it(session, tshark):
    octets = session.file.read_bytes()
    for _, answer in session.answers.values():
        octets += answer
    assert SECRET.encode() not in octets
    assert SECRET.encode("utf-16-be") not in octets
    assert pdus(tshark, session.file)[0]["smpp.password"] == "*" * len("handset")
    assert b"*105#" in octets
    assert "1 Счет".encode("utf-16-be") in octets, "what is harmless can be read"


async def test_one_dialogue(session, tshark, tmp_path):
    path = f"dialogues/{session.dialogue}"
    status, octets = session.answers[f"{path}/pcap"]
    assert status == 200
    (tmp_path / "one.pcap").write_bytes(octets)
    commands = [int(each["smpp.command_id"], 16) for each in pdus(tshark, tmp_path / "one.pcap")]
    assert commands[:2] == [CommandId.SUBMIT_SM, CommandId.SUBMIT_SM_RESP]
    assert CommandId.BIND_TRANSCEIVER not in commands
    status, text = session.answers[f"{path}/trace"]
    assert status == 200
    lines = text.decode().splitlines()
    assert "-> submit_sm ESME_ROK #2" in lines[0]
    assert f"  source_addr {ANNA}" in lines
    assert session.answers["dialogues/nobody/pcap"][0] == 404


def full(pdu_type: type[Pdu], number: int) -> Pdu:
    """A PDU of this type with something in its fields."""
    pdu = pdu_type(sequence_number=number)
    for name, value in (
        ("system_id", "peer"),
        ("source_addr", ANNA),
        ("destination_addr", "*105#"),
        ("short_message", b"text"),
        ("message_id", "12345"),
    ):
        if hasattr(pdu, name):
            setattr(pdu, name, value)
    if isinstance(pdu, SubmitMulti):
        pdu.dest_addresses = [SmeAddress(1, 1, ANNA)]
    return pdu


def test_wireshark_reads_what_we_write_of_every_pdu(tshark, tmp_path):
    sent = [full(pdu_type, number) for number, pdu_type in enumerate(ALL_PDUS, 1)]
    captured = [
        Captured(number * 10**9, 1, "127.0.0.1", "in", encode(pdu)) for number, pdu in enumerate(sent)
    ]
    (tmp_path / "every.pcap").write_bytes(pcap_of(captured))
    assert complaints(tshark, tmp_path / "every.pcap") == ""
    read = pdus(tshark, tmp_path / "every.pcap")
    assert len(read) == len(sent)
    for pdu, theirs in zip(sent, read, strict=True):
        assert int(theirs["smpp.command_id"], 16) == pdu.command_id
        assert int(theirs["smpp.sequence_number"]) == pdu.sequence_number
        for name in ("system_id", "source_addr", "message_id"):
            if getattr(pdu, name, ""):
                assert theirs[f"smpp.{name}"] == getattr(pdu, name)
