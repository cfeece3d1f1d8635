"""Senders are told before an end is noted, once, and nothing they were told is taken back."""

import asyncio
from collections.abc import Sequence
from itertools import count

import pytest

from tests.patience import until
from ussd_gateway.access.endings import End, Endings, known_id, network_error, wants
from ussd_gateway.access.marks import RETRY_S, Marks
from ussd_gateway.billing.store import Commit, Committed, MessageState, OutMessage
from ussd_gateway.clock import ManualClock
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.smpp.constants import MessageState as Told
from ussd_gateway.storage.memory import MemoryStore
from ussd_gateway.terms import Address, Terms

ANNA = "79261234567"
TERMS = Terms("smpp:app", Address(0, 1, "7070"), Address(1, 1, ANNA), registered=1)


class Store(MemoryStore):
    """Remembers what was asked of it; may fail at commits or at marks."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = ""
        self.done: list[str] = []

    async def commit(self, commit: Commit) -> Committed:
        if self.fails == "commit":
            raise StoreUnavailable("down")
        self.done.append(commit.key)
        return await super().commit(commit)

    async def mark(
        self, message_ids: Sequence[int], state: MessageState, at_ms: int, status: int = 0
    ) -> None:
        if self.fails == "mark":
            raise StoreUnavailable("down")
        self.done.append(f"{state} {[*message_ids]}")
        await super().mark(message_ids, state, at_ms, status)


class Numbers:
    """Ids of receipts."""

    def __init__(self) -> None:
        self._ids = count(1000)

    def message_id(self) -> int:
        return next(self._ids)

    def dialogue_id(self) -> str:
        raise AssertionError("no dialogue here")


class Desk:
    """One life of a gateway on a store."""

    def __init__(self, store: Store) -> None:
        self.clock = ManualClock()
        self.endings = Endings(store, Numbers(), self.clock)
        self.written: list[int] = []
        self.receipts: list[OutMessage] = []
        self.marks = Marks(
            store,
            self.clock,
            self.endings,
            self.written.extend,
            self.receipts.extend,
        )

    def end(self, message: OutMessage, state: MessageState, told: int, status: int = 0) -> None:
        self.marks.mark(End(message, state, self.clock.now_ms(), status, told))


@pytest.fixture
async def store() -> Store:
    store = Store()
    await store.commit(Commit("k", "r", 0, {}, messages=[message()]))
    store.done.clear()
    return store


def message(terms: Terms | None = TERMS) -> OutMessage:
    return OutMessage(7, "7070", ANNA, "Hello", False, 0, 0, terms=terms)


async def test_the_receipt_is_durable_before_the_end_is_noted_and_sets_out_after_it(store: Store):
    desk = Desk(store)
    desk.end(message(), "acked", Told.DELIVERED)
    await desk.marks.close()
    assert store.done == ["receipt:7", "acked [7]"]
    assert [receipt.message_id for receipt in desk.receipts] == [1000]
    assert await store.pending("smpp:app") == desk.receipts


@pytest.mark.parametrize("fails", ["commit", "mark"])
async def test_a_store_that_fails_is_asked_again(store: Store, fails: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ussd_gateway.access.marks.RETRY_S", 0.0)
    assert RETRY_S > 0
    desk = Desk(store)
    store.fails = fails
    desk.end(message(), "failed", Told.UNDELIVERABLE, 0x65)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not desk.written
    assert not desk.receipts
    store.fails = ""
    await until(lambda: desk.written == [7])
    assert desk.receipts == await store.pending("smpp:app")
    assert len(await store.pending("smpp:app")) == 1


async def test_what_was_told_before_a_crash_stays_true(store: Store):
    first = Desk(store)
    store.fails = "mark"
    first.end(message(), "acked", Told.DELIVERED)
    await first.marks.close()
    store.fails = ""
    second = Desk(store)
    second.end(message(), "expired", Told.EXPIRED, 0x41B)
    await second.marks.close()
    ended = await store.message(7)
    assert ended is not None
    assert (ended.state, ended.status) == ("acked", 0)
    assert second.receipts == []
    (receipt,) = await store.pending("smpp:app")
    assert "stat:DELIVRD" in receipt.text


async def test_an_intermediate_notification_ends_nothing_and_comes_once(store: Store):
    desk = Desk(store)
    asking = message(TERMS._replace(registered=0x11))
    for _ in range(2):
        desk.end(asking, "queued", Told.ENROUTE, 0x41B)
        await desk.marks._writer  # type: ignore[misc]
    assert [receipt.text.partition("stat:")[2][:7] for receipt in desk.receipts] == ["ENROUTE"]
    waiting = await store.message(7)
    assert waiting is not None
    assert waiting.state == "queued"


async def test_a_sender_of_another_kind_is_told_by_its_own_teller(store: Store):
    desk, told = Desk(store), []

    async def tell(end: End) -> None:
        told.append((end.message.message_id, end.state))

    desk.endings.tellers["http"] = tell
    desk.end(message(Terms("http:shop")), "acked", Told.DELIVERED)
    await desk.marks.close()
    assert (told, store.done, desk.receipts) == ([(7, "acked")], ["acked [7]"], [])


async def test_a_teller_with_a_bug_holds_nothing_up(store: Store):
    desk = Desk(store)

    async def tell(end: End) -> None:
        raise ZeroDivisionError

    desk.endings.tellers["http"] = tell
    desk.end(message(Terms("http:shop")), "acked", Told.DELIVERED)
    await desk.marks.close()
    assert desk.written == [7]


@pytest.mark.parametrize(
    "registered, told",
    [(0, ""), (1, "2345"), (2, "345"), (3, "2"), (0x10, "1"), (0x12, "1345"), (0x0C, "")],
)
def test_who_asked_for_what(registered: int, told: str):
    terms = TERMS._replace(registered=registered)
    assert "".join(str(state) for state in range(1, 6) if wants(terms, state)) == told
    assert not any(wants(terms._replace(origin=""), state) for state in range(1, 6))
    assert not wants(None, Told.DELIVERED)


def test_ids_and_errors_as_senders_know_them():
    assert known_id(message()) == "7"
    assert known_id(message(TERMS._replace(short_id=True))) == "00000007"
    assert known_id(message(TERMS._replace(known_as=42))) == "42"
    assert [network_error(status) for status in (0, 0x65, 0x41B, 0x420, 0x3FF)] == [0, 101, 27, 32, 255]
