"""Screens find the way their dialogue came; what nobody can show is kept a while or ends the dialogue."""

import asyncio

import pytest

from tests.unit.access.wired import Receiving, WiredPeer
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.phones import Phones
from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.access.smpp_screens import SmppScreens
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.clock import ManualClock
from ussd_gateway.smpp.pdus import DeliverSm
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.ussd.dialects import PLAIN
from ussd_gateway.ussd.dialogue import Dialogue, DialogueTimers, open_dialogue
from ussd_gateway.ussd.primitives import Ask, End, MobileTerminated, Notify

ANNA = "79261234567"


def dialogue(dialogue_id: str = "d1", access: str = "smpp:handset", msisdn: str = ANNA) -> Dialogue:
    return open_dialogue(
        dialogue_id,
        msisdn,
        "*105#",
        access=access,
        session_info=b"",
        position=None,
        now_ms=0,
        timers=DialogueTimers(),
    )


class House:
    """Phones with one SMPP account."""

    def __init__(self, max_kept: int = 3) -> None:
        self.clock = ManualClock()
        self.binds = Binds()
        self.ended: list[tuple[str, str]] = []
        delivery = TextDelivery(MemoryStore(), Scheduler(self.clock), self.clock, self.binds)
        self.phones = Phones(delivery, self.undeliverable)
        self.screens = SmppScreens(
            "handset", PLAIN, self.binds, self.clock, self.undeliverable, keep_ms=60_000, max_kept=max_kept
        )
        self.phones.register("smpp:handset", self.screens)

    def undeliverable(self, msisdn: str, dialogue_id: str) -> None:
        self.ended.append((msisdn, dialogue_id))

    def bind(self, address_range: str = "") -> WiredPeer:
        return WiredPeer(Receiving(self.binds, self.screens), address_range=address_range)


@pytest.fixture
def house() -> House:
    return House()


def shown(peer: WiredPeer) -> list[bytes]:
    return [pdu.short_message for pdu in peer.read() if isinstance(pdu, DeliverSm)]


async def test_a_screen_goes_to_the_bind_of_its_phone(house):
    first, second = house.bind(), house.bind()
    house.binds.used(ANNA, first.link)
    house.phones.screen(dialogue(), Ask("1"))
    assert (shown(first), shown(second)) == ([b"1"], [])


async def test_screens_without_a_bind_are_kept_for_the_one_that_takes_them(house):
    for number in (1, 2):
        house.phones.screen(dialogue(), Ask(f"{number}"))
    house.phones.screen(dialogue("d2", msisdn="79031112233"), Ask("other"))
    assert shown(house.bind("7926")) == [b"1", b"2"]
    assert len(house.screens) == 1
    assert shown(house.bind()) == [b"other"]
    assert house.ended == []


async def test_what_is_kept_is_bounded_in_number_and_time(house):
    for number in range(4):
        house.phones.screen(dialogue(f"d{number}"), Ask(f"{number}"))
    assert house.ended == [(ANNA, "d0")]
    house.clock.advance(60_000)
    assert shown(house.bind()) == []
    assert house.ended == [(ANNA, f"d{number}") for number in range(4)]


async def test_nobody_hears_of_a_last_screen_that_is_lost(house):
    house.phones.screen(dialogue("d1"), End("bye"))
    house.phones.screen(dialogue("d2"), Notify("news"))
    house.clock.advance(60_000)
    assert shown(house.bind()) == []
    assert house.ended == [(ANNA, "d2")], "whoever sent the notification does"


@pytest.mark.parametrize("primitive, told", [(Ask("?"), True), (End("bye"), False), (Notify("news"), True)])
async def test_a_refused_screen_that_expects_something_is_told(house, primitive, told):
    peer = house.bind()
    house.phones.screen(dialogue(), primitive)
    peer.take(status=0x45)
    assert house.ended == ([(ANNA, "d1")] if told else [])


async def test_an_unanswered_screen_counts_as_shown(house):
    peer = house.bind()
    house.phones.screen(dialogue(), Ask("?"))
    assert shown(peer) == [b"?"]
    peer.lose()
    assert house.ended == []
    assert shown(house.bind()) == []


async def test_a_question_by_an_access_that_is_gone_ends_its_dialogue(house):
    house.phones.screen(dialogue(access="smpp:deleted"), Ask("?"))
    house.phones.screen(dialogue("d2", access="smpp:deleted"), End("bye"))
    assert house.ended == [(ANNA, "d1")]


async def test_phones_in_this_process_get_the_screens_of_their_dialogues(house):
    class Phone:
        def __init__(self) -> None:
            self.screens: list[MobileTerminated] = []

        def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
            self.screens.append(primitive)

        def text(self, message: object) -> None:
            raise AssertionError("no message here")

    phone, other = Phone(), Phone()
    switch_off = house.phones.subscribe(ANNA, phone)
    house.phones.subscribe(ANNA, other)
    house.phones.screen(dialogue(access="embedded"), Ask("1"))
    switch_off()
    switch_off()
    house.phones.screen(dialogue(access="embedded"), End("2"))
    assert phone.screens == [Ask("1")]
    assert other.screens == [Ask("1"), End("2")]


# ---------------------------------------------------------------- the network state of phones


class Handset:
    """A phone in this process."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def screen(self, dialogue: Dialogue, primitive: MobileTerminated) -> None:
        self.seen.append(primitive.text)

    def text(self, message: OutMessage) -> None:
        self.seen.append(message.text)


async def test_a_phone_that_is_away_is_shown_nothing_and_its_questions_come_back(house):
    peer, handset = house.bind(), Handset()
    house.phones.subscribe(ANNA, handset)
    await house.phones.states.switch(ANNA, "out_of_coverage")
    assert house.phones.way_to(ANNA) is None
    house.phones.screen(dialogue("d1"), Ask("asked"))
    house.phones.screen(dialogue("d2", access="embedded"), Ask("asked"))
    house.phones.screen(dialogue("d3"), Notify("told"))
    house.phones.screen(dialogue("d4", access="embedded"), End("over"))
    assert house.ended == [(ANNA, "d1"), (ANNA, "d2")]
    assert (shown(peer), handset.seen, len(house.screens)) == ([], [], 0)


async def test_a_phone_without_room_is_shown_screens_and_given_no_messages(house):
    handset = Handset()
    house.phones.subscribe(ANNA, handset)
    await house.phones.states.switch(ANNA, "memory_full")
    assert house.phones.way_to(ANNA) == "embedded"
    house.phones.screen(dialogue(access="embedded"), Ask("asked"))
    house.phones.texts([OutMessage(1, "000105", ANNA, "message", False, 0, 0)])
    await asyncio.sleep(0)
    assert handset.seen == ["asked"]
    await house.phones.states.switch(ANNA, "on")
    assert handset.seen == ["asked", "message"]
