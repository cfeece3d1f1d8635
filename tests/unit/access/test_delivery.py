"""Messages on their way to phones: in order, again when refused for a while, never more than memory takes."""

import asyncio
import random
from collections.abc import Sequence
from itertools import count

import pytest

from tests.unit.access.wired import Receiving, WiredPeer
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.phones import Phones
from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.billing.store import Commit, MessageState, OutMessage
from ussd_gateway.clock import ManualClock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.smpp.pdus import DeliverSm, GenericNack
from ussd_gateway.storage.memory import MemoryStore

ANNA = "79261234567"
BORIS = "79031112233"
RETRY_S = (5, 30)


class FailingStore(MemoryStore):
    """Answers nothing while `down`."""

    down = False

    async def mark(
        self, message_ids: Sequence[int], state: MessageState, at_ms: int, status: int = 0
    ) -> None:
        if self.down:
            raise StoreUnavailable("down")
        await super().mark(message_ids, state, at_ms, status)

    async def undelivered(self, limit: int, after: int = 0) -> list[OutMessage]:
        if self.down:
            raise StoreUnavailable("down")
        return await super().undelivered(limit, after)


class Office:
    """A delivery with its store, its clock and its binds."""

    def __init__(self, max_held: int = 100_000, max_per_phone: int = 1000) -> None:
        self.clock = ManualClock()
        self.store = FailingStore()
        self.binds = Binds()
        self.scheduler = Scheduler(self.clock)
        self.delivery = TextDelivery(
            self.store,
            self.scheduler,
            self.clock,
            self.binds,
            retry_s=RETRY_S,
            max_held=max_held,
            max_per_phone=max_per_phone,
        )
        self._ids = count(1)

    def bind(self, address_range: str = "") -> WiredPeer:
        return WiredPeer(Receiving(self.binds, self.delivery), address_range=address_range)

    async def post(self, *texts: str, to: str = ANNA, source: str = "000105", delay_ms: int = 0) -> None:
        """Commit messages and hand them over, as the gateway does."""
        now_ms = self.clock.now_ms()
        messages = [
            OutMessage(next(self._ids), source, to, text, False, now_ms, now_ms + delay_ms) for text in texts
        ]
        key = str(messages[0].message_id)
        await self.store.commit(Commit(key, "", now_ms, {}, messages=messages))
        self.delivery.deliver(messages)
        await self.turn()

    async def turn(self) -> None:
        """Let callbacks and short tasks run."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def states(self, msisdn: str = ANNA) -> list[str]:
        await self.turn()
        return [message.state for message in reversed(await self.store.inbox(msisdn, 100))]


@pytest.fixture
def office() -> Office:
    return Office()


async def take(office: Office, peer: WiredPeer, status: int = 0) -> list[bytes]:
    """Answer all that comes; the texts."""
    texts: list[bytes] = []
    while True:
        await office.turn()
        taken = peer.take(status)
        if not taken:
            return texts
        texts += taken


async def test_one_message_at_a_time_in_order(office):
    peer = office.bind()
    await office.post("1", "2", "3")
    (first,) = peer.read()
    await office.post("4")
    assert peer.read() == []
    peer.answer(first)
    assert await take(office, peer) == [b"2", b"3", b"4"]
    assert await office.states() == ["acked"] * 4
    assert len(office.delivery) == 0


async def test_phones_do_not_wait_for_each_other(office):
    peer = office.bind()
    await office.post("a", to=ANNA)
    await office.post("b", to=BORIS)
    assert [pdu.short_message for pdu in peer.read()] == [b"a", b"b"]


async def test_a_delayed_message_keeps_nobody_waiting(office):
    peer = office.bind()
    await office.post("later", delay_ms=2_000)
    await office.post("now")
    assert await take(office, peer) == [b"now"]
    office.clock.advance(2_000)
    assert await take(office, peer) == [b"later"]


async def test_without_a_bind_messages_wait_for_one_that_takes_the_number(office):
    await office.post("1", "2")
    stranger = office.bind("7903")
    assert await take(office, stranger) == []
    peer = office.bind("7926")
    assert await take(office, peer) == [b"1", b"2"]


@pytest.mark.parametrize("status", [0x08, 0x14, 0x58, 0x64])
async def test_a_temporary_refusal_is_repeated_with_growing_pauses(office, status):
    peer = office.bind()
    await office.post("hello")
    for pause_s in (5, 30, 30, 30):
        assert peer.take(status) == [b"hello"]
        office.clock.advance(pause_s * 1000 - 1)
        assert peer.read() == []
        office.clock.advance(1)
    assert await take(office, peer) == [b"hello"]
    await office.post("next")
    assert peer.take(status) == [b"next"]
    office.clock.advance(5_000)  # the pauses begin anew with each message
    assert await take(office, peer) == [b"next"]


@pytest.mark.parametrize("status", [0x0B, 0x45, 0x65, 0x66, 0x400])
async def test_any_other_refusal_is_final(office, status):
    peer = office.bind()
    await office.post("bad", "good")
    first = peer.read()[0]
    peer.answer(first, status)
    assert await take(office, peer) == [b"good"]
    assert await office.states() == ["failed", "acked"]


async def test_a_generic_nack_is_a_refusal_whatever_its_status(office):
    peer = office.bind()
    await office.post("unreadable")
    (delivery,) = peer.read()
    peer.send(GenericNack(sequence_number=delivery.sequence_number))
    assert await office.states() == ["failed"]


async def test_a_new_bind_ends_a_pause(office):
    peer = office.bind()
    await office.post("hello")
    assert peer.take(0x64) == [b"hello"]
    peer.lose()
    assert await take(office, office.bind()) == [b"hello"]
    office.clock.advance(600_000)
    assert await office.states() == ["acked"]


async def test_no_answer_is_a_temporary_refusal_while_the_link_lives(office):
    peer = office.bind()
    await office.post("hello")
    assert len(peer.read()) == 1
    peer.link._turn(peer.link.session.tick(asyncio.get_running_loop().time() + 61))
    assert peer.take() == []
    office.clock.advance(5_000)
    assert await take(office, peer) == [b"hello"]


async def test_a_lost_link_passes_its_message_on(office):
    second = office.bind()
    first = office.bind()
    await office.post("hello")
    assert len(first.read()) == 1
    first.lose()
    assert await take(office, second) == [b"hello"]


async def test_parts_go_one_by_one_and_start_anew_on_another_bind(office):
    second = office.bind()
    first = office.bind()
    await office.post("x" * 400)
    (part,) = first.read()
    assert isinstance(part, DeliverSm)
    assert part.short_message[:2] == b"\x05\x00"
    assert part.short_message[4:6] == b"\x03\x01"
    first.answer(part)
    (part,) = first.read()
    assert part.short_message[4:6] == b"\x03\x02"
    first.lose()
    parts = await take(office, second)
    assert [part[4:6] for part in parts] == [b"\x03\x01", b"\x03\x02", b"\x03\x03"]
    assert await office.states() == ["acked"]


async def test_a_text_too_long_for_any_number_of_parts_fails(office):
    peer = office.bind()
    await office.post("x" * 40_000, "next")
    assert await take(office, peer) == [b"next"]
    assert await office.states() == ["failed", "acked"]


@pytest.mark.parametrize(
    "source, ton, npi", [("000105", 0, 1), ("7070", 0, 1), ("79031112233", 1, 1), ("Bank", 5, 0)]
)
async def test_addresses_say_what_they_are(office, source, ton, npi):
    peer = office.bind()
    await office.post("hello", source=source)
    (pdu,) = peer.read()
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (ton, npi, source)
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi) == (1, 1)


# ---------------------------------------------------------------- phones in this process


class Screenless:
    """A phone in this process that notes its messages."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def screen(self, dialogue: object, primitive: object) -> None:
        raise AssertionError("no dialogue here")

    def text(self, message: OutMessage) -> None:
        self.texts.append(message.text)


async def test_a_phone_in_this_process_is_enough(office):
    phones, phone = Phones(office.delivery, lambda msisdn, dialogue: None), Screenless()
    await office.post("before")
    switch_off = phones.subscribe(ANNA, phone)
    await office.post("after")
    assert phone.texts == ["before", "after"]
    assert await office.states() == ["acked", "acked"]
    switch_off()
    await office.post("off")
    assert phone.texts == ["before", "after"]
    assert await take(office, office.bind()) == [b"off"]


async def test_a_phone_in_this_process_and_a_bind_both_get_it_once(office):
    phones, phone = Phones(office.delivery, lambda msisdn, dialogue: None), Screenless()
    phones.subscribe(ANNA, phone)
    peer = office.bind()
    await office.post("hello")
    assert peer.take(0x64) == [b"hello"]
    office.clock.advance(5_000)
    assert await take(office, peer) == [b"hello"]
    assert phone.texts == ["hello"]


# ---------------------------------------------------------------- start, stop, a store that is away


async def test_start_takes_up_what_was_left(office):
    await office.post("1", "2")
    again = TextDelivery(office.store, office.scheduler, office.clock, office.binds)
    await again.start()
    peer = WiredPeer(Receiving(office.binds, again))
    assert await take(office, peer) == [b"1", b"2"]


async def test_start_without_a_store_is_an_error(office):
    office.store.down = True
    with pytest.raises(StoreUnavailable):
        await office.delivery.start()


async def test_what_was_delivered_is_noted_when_the_store_is_back(office, monkeypatch):
    monkeypatch.setattr("ussd_gateway.access.marks.RETRY_S", 0.01)
    peer = office.bind()
    office.store.down = True
    await office.post("1", "2")
    assert await take(office, peer) == [b"1", b"2"]
    assert await office.states() == ["queued", "queued"]
    office.store.down = False
    await office.delivery.stop()
    assert await office.states() == ["acked", "acked"]
    assert len(office.delivery) == 0


async def test_stop_notes_what_was_delivered(office):
    peer = office.bind()
    await office.post("1")
    peer.take()
    await office.delivery.stop()
    assert await office.states() == ["acked"]


# ---------------------------------------------------------------- more than memory takes


async def test_messages_over_the_limit_of_a_phone_wait_in_the_store_in_order():
    office = Office(max_per_phone=3)
    peer = office.bind()
    for number in range(20):
        await office.post(str(number))
    assert len(office.delivery) == 3
    texts = await take(office, peer)
    assert texts == [b"%d" % number for number in range(20)]
    assert await office.states() == ["acked"] * 20


async def test_phones_that_cannot_be_reached_make_room_for_those_that_can():
    office = Office(max_held=10)
    for number in range(30):
        await office.post(str(number), to=f"790300000{number:02d}")
    assert len(office.delivery) <= 10
    peer = office.bind("7926")
    await office.post("hello")
    assert await take(office, peer) == [b"hello"]
    absent = office.bind("7903")
    texts = await take(office, absent)
    assert sorted(map(int, texts)) == list(range(30))


async def test_a_burst_over_the_limit_is_delivered_whole():
    office = Office(max_held=10)
    peer = office.bind()
    for number in range(50):
        await office.post(str(number), to=f"790300000{number % 7:02d}")
    texts = await take(office, peer)
    assert sorted(map(int, texts)) == list(range(50))
    for phone in range(7):
        mine = [int(text) for text in texts if int(text) % 7 == phone]
        assert mine == sorted(mine)


async def test_a_reload_that_finds_no_store_is_repeated():
    office = Office(max_per_phone=1)
    peer = office.bind()
    await office.post("1", "2")
    office.store.down = True
    assert peer.take() == [b"1"]
    await office.turn()
    assert peer.read() == []
    office.store.down = False
    office.clock.advance(5_000)
    assert await take(office, peer) == [b"2"]


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_happens_each_message_arrives_in_order(seed):
    """Binds come and go, peers refuse, memory is short: nothing vanishes, nothing overtakes."""
    dice = random.Random(seed)
    office = Office(max_held=dice.choice([2, 5, 20]), max_per_phone=dice.choice([1, 3, 100]))
    numbers = [f"7903000000{digit}" for digit in range(4)]
    peers: list[WiredPeer] = []
    sent: dict[str, list[int]] = {number: [] for number in numbers}
    seen: dict[str, list[int]] = {number: [] for number in numbers}

    def look(peer: WiredPeer, status: int) -> None:
        for pdu in peer.read():
            if isinstance(pdu, DeliverSm):
                peer.answer(pdu, status)
                if status == 0:
                    seen[pdu.destination_addr].append(int(pdu.short_message))

    for number in range(200):
        match dice.randrange(8):
            case 0 if len(peers) < 3:
                peers.append(office.bind(dice.choice(["", *numbers])))
            case 1 if peers:
                peers.pop(dice.randrange(len(peers))).lose()
            case 2 | 3 if peers:
                look(dice.choice(peers), dice.choice([0, 0, 0, 0x64]))
            case 4:
                office.clock.advance(dice.choice([10, 5_000, 30_000]))
            case 5:
                await office.turn()
            case _:
                to = dice.choice(numbers)
                sent[to].append(number)
                await office.post(str(number), to=to, delay_ms=0)
    for peer in peers:
        peer.lose()
    last = office.bind()
    for _ in range(2000):
        await office.turn()
        look(last, 0)
        office.clock.advance(1_000)
        if all(sorted(set(seen[to])) == sent[to] for to in numbers):
            break
    for to in numbers:
        assert list(dict.fromkeys(seen[to])) == sent[to]
        assert set(await office.states(to)) <= {"acked"}
