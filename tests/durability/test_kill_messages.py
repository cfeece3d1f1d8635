"""kill -9 between the moment a message of an application is accepted and its delivery, twenty times.

An application submits 10 000 messages with receipts to phones, one in ten of which nobody ever switches on.
The peers write down what they were told.  In the end each accepted message has been delivered, or was given
up when it was too old; its sender was told so, under the id that it was accepted with; none vanished.
"""

import asyncio
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.durability.nursery import Born, Gateway, Pipe, config
from tests.unit.access.wire import Peer, no_peer_left
from ussd_gateway.smpp.codec import decode
from ussd_gateway.smpp.pdus import DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from ussd_gateway.storage import open_store

__all__ = ["no_peer_left"]

MESSAGES = 10_000
KILLS = 20
SEED = 20261122
WINDOW = 60
PHONES = [f"7926000{number:04}" for number in range(1000, 1090)]
NOBODY = [f"7903000{number:04}" for number in range(1000, 1010)]
"""Numbers that no bind takes; messages to them are tried for three seconds."""
THREE_SECONDS = "000000000003000R"
ANSWERS_S = 0.005
"""Phones answer in bursts, so that at any moment some messages are on their way."""
PATIENCE_S = 60.0
RECEIPT = re.compile(rb"id:(\d+) sub:001 dlvrd:00[01] .* stat:([A-Z]{7}) err:(\d{3}) Text:message (\d+)")


async def live(pipe: Pipe, url: str) -> None:
    """A gateway until it is killed, or told to stop."""
    gateway = Gateway(config(url, USSDGW_SMPP__DRAIN_TIMEOUT_S="0.05"))
    await gateway.start()
    pipe.say(gateway.smpp_address)
    await pipe.hear()
    await gateway.stop()
    pipe.say("stopped")


class Told:
    """What the application and the phones know."""

    def __init__(self) -> None:
        self.submitted = 0
        self.accepted: dict[int, int] = {}  # id -> which message
        self.delivered: Counter[int] = Counter()
        self.receipts: defaultdict[int, Counter[bytes]] = defaultdict(Counter)
        self.news = asyncio.Event()

    async def until(self, accepted: int) -> None:
        """Until so many have been accepted."""
        while len(self.accepted) < accepted:
            self.news.clear()
            await self.news.wait()

    def missing(self) -> int:
        """Accepted messages whose sender has not heard of their end."""
        return sum(not self.receipts[message_id] for message_id in self.accepted)


def submit(number: int) -> SubmitSm:
    """The message of this number: every tenth is to nobody."""
    absent = number % 10 == 0
    numbers = NOBODY if absent else PHONES
    return SubmitSm(
        source_addr="7070",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr=numbers[number % len(numbers)],
        registered_delivery=1,
        validity_period=THREE_SECONDS if absent else "",
        short_message=b"message %d" % number,
    )


async def application(address: str, told: Told) -> None:
    """Submit, window by window, and take receipts, until the connection dies."""
    peer = await Peer.bind(address, system_id="app", password="app")
    unanswered: dict[int, int] = {}

    def next_message() -> None:
        if len(told.accepted) + len(unanswered) < MESSAGES:
            told.submitted += 1
            peer.send(submit(told.submitted))
            unanswered[peer.sequence] = told.submitted

    for _ in range(WINDOW):
        next_message()
    while True:
        pdu = decode(await peer.octets())
        if isinstance(pdu, SubmitSmResp):
            assert pdu.command_status == 0, hex(pdu.command_status)
            told.accepted[int(pdu.message_id)] = unanswered.pop(pdu.sequence_number)
            told.news.set()
            next_message()
        elif isinstance(pdu, DeliverSm):
            found = RECEIPT.fullmatch(pdu.short_message)
            assert found is not None, pdu.short_message
            told.receipts[int(found[1])][found[2]] += 1
            told.news.set()
            peer.send(DeliverSmResp(sequence_number=pdu.sequence_number))


async def phones(address: str, told: Told) -> None:
    """Take messages, and answer those of a few milliseconds at once, until the connection dies."""
    peer = await Peer.bind(address, address_range="7926")
    answers: list[DeliverSmResp] = []

    async def answer() -> None:
        while True:
            await asyncio.sleep(ANSWERS_S)
            burst, answers[:] = answers[:], []
            peer.send(*burst)

    answering = asyncio.create_task(answer())
    try:
        while True:
            pdu = decode(await peer.octets())
            assert isinstance(pdu, DeliverSm), pdu
            told.delivered[int(pdu.short_message.removeprefix(b"message "))] += 1
            answers.append(DeliverSmResp(sequence_number=pdu.sequence_number))
    finally:
        answering.cancel()


async def one_life(url: str, told: Told, accepted: int) -> None:
    """Born, loaded, killed as soon as so many messages in all have been accepted."""
    gateway = Born(live, url)
    address = gateway.heard()
    peers = [asyncio.create_task(each(address, told)) for each in (application, phones)]
    try:
        async with asyncio.timeout(PATIENCE_S):
            await told.until(accepted)
    finally:
        gateway.kill()
        for ended in await asyncio.gather(*peers, return_exceptions=True):
            assert isinstance(ended, asyncio.IncompleteReadError | ConnectionError), ended


async def last_life(url: str, told: Told) -> None:
    """Born and left alone until everything has come to its end."""
    gateway = Born(live, url)
    address = gateway.heard()
    peers = [asyncio.create_task(each(address, told)) for each in (application, phones)]
    try:
        async with asyncio.timeout(PATIENCE_S):
            await told.until(MESSAGES)
            while told.missing():
                told.news.clear()
                await told.news.wait()
        gateway.tell("stop")
        assert await asyncio.to_thread(gateway.heard) == "stopped"
    finally:
        gateway.kill()
        await asyncio.gather(*peers, return_exceptions=True)


@pytest.mark.slow
async def test_each_accepted_message_is_delivered_or_given_up_and_its_sender_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gateway.db"
    rng = random.Random(SEED)
    told = Told()
    limits = sorted(rng.sample(range(WINDOW, MESSAGES - WINDOW), KILLS))
    for accepted in limits:
        await one_life(url, told, accepted)
    under_way = told.missing()
    await last_life(url, told)
    assert len(told.accepted) == MESSAGES
    assert under_way, "it was killed too late to show anything"

    store = open_store(url)
    await store.open()
    assert await store.undelivered(10) == []
    for message_id, number in told.accepted.items():
        message = await store.message(message_id)
        assert message is not None, number
        assert message.text == f"message {number}"
        given_up = message.destination in NOBODY
        assert message.state == ("expired" if given_up else "acked"), message
        assert set(told.receipts[message_id]) == {b"EXPIRED" if given_up else b"DELIVRD"}
        assert bool(told.delivered[number]) is not given_up, message
    await store.close()
