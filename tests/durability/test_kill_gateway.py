"""kill -9 of a whole gateway under load over SMPP: nothing acknowledged is lost, nothing is done twice.

Phones dial a code that charges one kopeck and send each other messages.  What a phone has been told (a
last screen, a submit_sm_resp) is written down here, before the gateway is killed; then the store alone is
asked what is true.
"""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.access.wire import Peer, dial, no_peer_left, sms  # noqa: F401  (a fixture)
from tests.world import REPOSITORY
from ussd_gateway.smpp.codec import decode
from ussd_gateway.smpp.pdus import DeliverSm, DeliverSmResp, SubmitSmResp
from ussd_gateway.storage import open_store

KILLS = 12
"""Each costs a start of the gateway; the store alone is killed 40 times in test_kill_store."""
PHONES = [f"7926000{number:04}" for number in range(1000, 1040)]
SEED = 20261122
OPENING_KOP = 10_000

CONFIG = f"""
smpp:
  port: 0
  accounts:
    - {{system_id: handset, password: handset, role: handsets, msisdns: ["79*"]}}
http: {{port: 0}}
paths:
  menus: menus
  sms_commands: {REPOSITORY}/sms_commands
  catalogue: {REPOSITORY}/catalogue
log: {{level: warning, format: json}}
"""
MENU = """
menu: charge
service_codes: ["*900#"]
start: charge
screens:
  charge:
    action: account.charge
    with: {fee_kop: 1, note: test}
    on:
      done: {end: {ru: "charged {fee_kop}", en: "charged {fee_kop}"}}
      denied: {end: {ru: "refused", en: "refused"}}
"""


class Told:
    """What the phones know: charges shown and begun by number, ids of accepted messages."""

    def __init__(self) -> None:
        self.dialled: Counter[str] = Counter()
        self.shown: Counter[str] = Counter()
        self.accepted: set[int] = set()
        self.received: set[str] = set()
        self.enough = asyncio.Event()
        self._limit = 0

    def wait_for(self, screens: int) -> None:
        """Set `enough` after so many more screens, in the middle of whatever the rest does then."""
        self.enough.clear()
        self._limit = self.shown.total() + screens

    def show(self, msisdn: str) -> None:
        """A phone was told that its charge was made."""
        self.shown[msisdn] += 1
        if self.shown.total() >= self._limit:
            self.enough.set()


async def start(folder: Path, environment: Mapping[str, str]) -> tuple[asyncio.subprocess.Process, str]:
    """A gateway of its own; returns it with the address it listens on."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ussd_gateway",
        "serve",
        "--config",
        str(folder / "config.yaml"),
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while True:
            line = (await process.stdout.readline()).decode()
            assert line, "the gateway ended at its start"
            if line.startswith("SMPP"):
                return process, line.split()[1]


async def load(address: str, told: Told, phones: list[str], rng: random.Random) -> None:
    """Keep the phones busy until the connection dies."""
    peer = await Peer.bind(address)
    unanswered: dict[int, str] = {}
    messages = 0

    def next_action(msisdn: str) -> None:
        nonlocal messages
        if rng.random() < 0.7:
            told.dialled[msisdn] += 1
            peer.send(dial(msisdn, "*900#"))
        else:
            messages += 1
            peer.send(sms(msisdn, rng.choice(PHONES), f"text {messages}".encode()))
            unanswered[peer.sequence] = msisdn

    for msisdn in phones:
        next_action(msisdn)
    while True:
        pdu = decode(await peer.octets())
        if isinstance(pdu, SubmitSmResp):
            assert pdu.command_status == 0, pdu
            sender = unanswered.pop(pdu.sequence_number, None)
            if sender is not None:
                told.accepted.add(int(pdu.message_id))
                next_action(sender)
        elif isinstance(pdu, DeliverSm):
            text = pdu.short_message.decode("latin-1")
            if pdu.service_type == "USSD":
                assert text == "charged 1", text
                told.show(pdu.destination_addr)
                next_action(pdu.destination_addr)
            else:
                told.received.add(text)
            peer.send(DeliverSmResp(sequence_number=pdu.sequence_number))


async def one_life(folder: Path, told: Told, rng: random.Random) -> None:
    """Start, load, kill without a warning."""
    process, address = await start(folder, {"USSDGW_STORAGE__URL": "sqlite:///gateway.db"})
    told.wait_for(rng.randrange(50, 400))
    half = len(PHONES) // 2
    tasks = [asyncio.create_task(load(address, told, part, rng)) for part in (PHONES[:half], PHONES[half:])]
    try:
        async with asyncio.timeout(30):
            await told.enough.wait()
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.IncompleteReadError | ConnectionError), ended


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(tmp_path: Path) -> None:
    (tmp_path / "menus").mkdir()
    (tmp_path / "menus" / "charge.yaml").write_text(MENU)
    (tmp_path / "config.yaml").write_text(CONFIG)
    rng = random.Random(SEED)
    told = Told()
    for _ in range(KILLS):
        await one_life(tmp_path, told, rng)
    assert told.shown.total() > KILLS * 50
    assert len(told.accepted) > KILLS

    store = open_store(f"sqlite:///{tmp_path}/gateway.db")
    await store.open()
    report = await store.audit()
    assert report.problems == ()
    for msisdn in PHONES:
        account = await store.account(msisdn)
        if account is None:
            assert told.dialled[msisdn] == 0
            continue
        charged = OPENING_KOP - account.balance_kop
        # Each screen shown was paid for; each dial was charged at most once.
        assert told.shown[msisdn] <= charged <= told.dialled[msisdn]
    await store.close()

    with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
        rows = database.execute("SELECT message_id FROM outbox").fetchall()
    stored = [message_id for (message_id,) in rows]
    assert len(stored) == len(set(stored))
    assert told.accepted <= set(stored)
