"""ESME_ROK is said when a message is safe, and something is said in every case."""

import asyncio
from itertools import count

import pytest

from tests.unit.access.wired import WiredPeer
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.access.short_messages import ShortMessages
from ussd_gateway.clock import ManualClock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.ports import MoSms, SmsAccepted, SmsRefused, SmsResult
from ussd_gateway.smpp.pdus import Pdu, SubmitSm
from ussd_gateway.sms.concat import Reassembler

ANNA, SHORT = "79261234567", "000105"


class Counter:
    """Gives ids until `empty`."""

    def __init__(self) -> None:
        self.empty = False
        self._ids = count(1)

    def message_id(self) -> int:
        if self.empty:
            raise StoreUnavailable("no ids")
        return next(self._ids)

    def dialogue_id(self) -> str:
        raise AssertionError("no dialogue here")


class Desk:
    """A role that takes every submit for a short message, with a gateway whose answer the test chooses."""

    def __init__(self, max_waiting_per_lane: int = 100) -> None:
        self.clock = ManualClock()
        self.ids = Counter()
        self.texts: list[str] = []
        self.answer: SmsResult | Exception = SmsAccepted()
        self.stored = asyncio.Event()
        self.stored.set()
        self.errors: list[BaseException] = []
        self.lanes = Lanes(
            on_error=lambda key, error: self.errors.append(error), max_waiting_per_lane=max_waiting_per_lane
        )
        self.messages = ShortMessages(
            self, self.lanes, self.ids, self.clock, Reassembler(), {"no_service": 0x0B}.__getitem__
        )
        self.peer = WiredPeer(self)

    async def sms(self, message: MoSms) -> SmsResult:
        if not self.stored.is_set():
            await self.stored.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        self.texts.append(message.text)
        return self.answer

    def bound(self, link: Link) -> None:
        pass

    unbound = bound

    def request(self, link: Link, request: Pdu) -> None:
        assert isinstance(request, SubmitSm)
        self.messages.take(link, request, ANNA, ANNA, SHORT)

    def submit(self, text: bytes = b"HELP", part: tuple[int, int, int] | None = None) -> None:
        """Submit a text, or one part of a text: (reference, total, sequence)."""
        head = b"\x05\x00\x03" + bytes(part) if part else b""
        self.peer.send(
            SubmitSm(
                source_addr=ANNA,
                destination_addr=SHORT,
                short_message=head + text,
                esm_class=0x40 * bool(part),
            )
        )

    def statuses(self) -> list[int]:
        return [pdu.command_status for pdu in self.peer.read()]


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_nothing_is_said_before_the_message_is_stored(desk):
    desk.stored.clear()
    desk.submit()
    assert desk.statuses() == []
    desk.stored.set()
    await desk.lanes.drain()
    assert desk.statuses() == [0]


@pytest.mark.parametrize(
    "answer, status",
    [
        (SmsRefused("no_service"), 0x0B),
        (StoreUnavailable("down"), 0x14),
        (StoreUnavailable("down", outcome_unknown=True), 0x08),
    ],
)
async def test_a_message_that_is_not_stored_is_refused(desk, answer, status):
    desk.answer = answer
    desk.submit()
    assert desk.statuses() == [status]
    assert desk.errors == []


async def test_a_fault_of_ours_is_answered_and_reported(desk):
    desk.answer = ZeroDivisionError()
    desk.submit()
    assert desk.statuses() == [0x08]
    assert [type(error) for error in desk.errors] == [ZeroDivisionError]


async def test_without_ids_nothing_is_taken(desk):
    desk.ids.empty = True
    desk.submit()
    assert desk.statuses() == [0x14]
    assert desk.texts == []


async def test_a_number_with_too_much_in_progress_is_throttled():
    desk = Desk(max_waiting_per_lane=2)
    desk.stored.clear()
    for _ in range(5):
        desk.submit()
    assert desk.statuses() == [0x58, 0x58]
    desk.stored.set()
    await desk.lanes.drain()
    assert desk.statuses() == [0, 0, 0]


async def test_a_link_lost_before_the_answer_harms_nobody(desk):
    desk.stored.clear()
    desk.submit()
    desk.peer.lose()
    desk.stored.set()
    await desk.lanes.drain()
    assert desk.texts == ["HELP"]
    assert desk.errors == []


async def test_repeating_the_last_part_is_enough_after_a_failure(desk):
    desk.submit(b"one ", (7, 2, 1))
    desk.answer = StoreUnavailable("down")
    desk.submit(b"two", (7, 2, 2))
    assert desk.statuses() == [0, 0x14]
    desk.answer = SmsAccepted()
    desk.submit(b"two", (7, 2, 2))
    assert desk.statuses() == [0]
    assert desk.texts == ["one two"]


async def test_a_failure_long_ago_is_not_mistaken_for_a_new_message(desk):
    desk.submit(b"one ", (7, 2, 1))
    desk.answer = StoreUnavailable("down")
    desk.submit(b"two", (7, 2, 2))
    desk.clock.advance(60_000)
    desk.answer = SmsAccepted()
    desk.submit(b"TWO", (7, 2, 2))
    desk.submit(b"ONE ", (7, 2, 1))
    assert desk.statuses() == [0, 0x14, 0, 0]
    assert desk.texts == ["ONE TWO"]
