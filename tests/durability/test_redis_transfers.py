"""kill -9 of whoever moves money between subscribers of different slots: it is always somewhere, once.

A transfer takes the money from the sender, to `system:transit`, with an order beside it; the order is carried
out at the recipient by its key, or brought back.  One process at a time (a whole gateway without listeners,
see `nursery`) begins transfers and carries out orders on a cluster of three masters, and is killed thirty
times.  Meanwhile an auditor stops all writes on all masters now and then, and counts: what is on accounts and
in transit is always the same, and what is in transit is what orders are about.  DURABILITY_TRANSFERS asks for
more of them.
"""

import asyncio
import os
import random
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

import pytest

from tests.durability import bugs, nursery
from tests.durability.nursery import Born, Pipe
from tests.durability.redis_auditor import Auditor, Books
from tests.redis_servers import Running
from ussd_gateway.billing.ledger import TRANSIT
from ussd_gateway.storage.redis_keys import Keys

TRANSFERS = int(os.environ.get("DURABILITY_TRANSFERS", "4000"))
KILLS = 30
NUMBERS = [f"7926{n:07}" for n in range(max(500, TRANSFERS // 8))]
AT_ONCE = 48
AMOUNT_KOP = 100
BARRED_EVERY = 10
"""Every tenth recipient begins to refuse transfers when one is on its way, so the money comes back."""
SEED = 20261122


async def move(pipe: Pipe, url: str, bug: str) -> None:
    """The life of a mover: begins the transfers it is told, carries out the orders of all."""
    bugs.plant(bug)
    app = nursery.Gateway(nursery.config(url))
    await app.start(listen=False)
    pipe.say("ready")
    tasks: set[asyncio.Task[None]] = set()

    async def perform(msisdn: str, action: str, args: dict[str, Any], key: str) -> None:
        done = await app.gateway.perform(msisdn, action, args, key=key, request=action, remember=True)
        pipe.say((key, done.outcome.name))

    while True:
        word = await pipe.hear()
        if word == "finish":
            await app.jobs.catch_up()
            pipe.say("finished")
        else:
            tasks.add(task := asyncio.create_task(perform(*word)))
            task.add_done_callback(tasks.discard)


class Moving:
    """Movers one after the other, and what must have been done in the end."""

    def __init__(self, url: str, auditor: Auditor, bug: str = "") -> None:
        self._life = (move, url, bug)
        self._auditor = auditor
        self._dice = random.Random(SEED)
        self._mover: Born | None = None
        self.outcomes: dict[str, str] = {}
        self.complaints: list[str] = []
        self.looks = self.kills = 0
        self.under_way = 0
        """Orders that were on their way when a mover was killed."""
        self.halves = 0
        """Of these, carried out and not noted as such: the next mover does them again, by key."""

    def close(self) -> None:
        if self._mover is not None:
            self._mover.kill()

    def look(self) -> Books:
        """The books of this instant, and what is wrong with them."""
        self.looks += 1
        books = self._auditor.books()
        self.complaints += complaints(books)
        return books

    def do(self, work: list[tuple[str, str, dict[str, Any], str]], kills: int = 0) -> None:
        """See all of it through, killing movers at random instants."""
        left = {each[3]: each for each in work}
        waiting = deque(left.values())
        busy = 0
        done = next_kill = 0
        while left:
            if kills and not next_kill:
                next_kill = done + self._dice.randrange(1, 2 * len(left) // (kills + 1))
            mover = self._alive()
            while waiting and busy < AT_ONCE:
                mover.tell(waiting.popleft())
                busy += 1
            self._heard(mover.heard(), left)
            done, busy = done + 1, busy - 1
            if kills and done >= next_kill:
                self._kill(left)
                kills -= 1
                next_kill = 0
                # Whatever had not been answered is asked for again, under its key.
                waiting, busy = deque(left.values()), 0

    def finish(self) -> None:
        """Until nothing is on its way."""
        mover = self._alive()
        mover.tell("finish")
        assert mover.heard() == "finished"

    def _alive(self) -> Born:
        if self._mover is None:
            self._mover = Born(*self._life)
            assert self._mover.heard() == "ready"
        return self._mover

    def _kill(self, left: dict[str, Any]) -> None:
        assert self._mover is not None
        if self._dice.random() < 0.5:
            self.look()
        self._mover.kill()
        for word in self._mover.last_words():
            self._heard(word, left)
        self._mover = None
        self.kills += 1
        books = self.look()
        done = {key for keys in books.keys.values() for key in keys}
        self.under_way += len(books.orders)
        self.halves += sum(settled(order_id, books, done) for order_id in books.orders)

    def _heard(self, word: tuple[str, str], left: dict[str, Any]) -> None:
        key, outcome = word
        self.outcomes[key] = outcome
        left.pop(key, None)


def complaints(books: Books) -> list[str]:
    """What is wrong at an instant."""
    found = books.complaints() + books.written_over()
    sums = books.lines()
    in_transit = sums.pop(TRANSIT, 0)
    elsewhere = sum(amount_kop for name, amount_kop in sums.items() if name.startswith("system:"))
    if books.balances_kop() + in_transit + elsewhere:
        found.append(f"accounts {books.balances_kop()}, transit {in_transit}, others {elsewhere}")
    done = {key for keys in books.keys.values() for key in keys}
    under_way = sum(
        int(order.args["amount_kop"])
        for order_id, order in books.orders.items()
        if order.kind == "action" and not settled(order_id, books, done)
    )
    if in_transit != under_way:
        found.append(f"{in_transit} in transit, orders for {under_way}")
    return found


def settled(order_id: str, books: Books, done: set[str]) -> bool:
    """Whether its money has arrived, or has come back."""
    order = books.orders[order_id]
    there = books.keys.get(order.target, {}).get(f"order:{order_id}")
    if there is not None and there[1]["outcome"] == "done":
        return True
    return f"refund:{order_id}" in done


@pytest.fixture
def auditor(redis_cluster: Running) -> Iterator[Auditor]:
    redis_cluster.flush()
    auditor = Auditor(redis_cluster)
    yield auditor
    auditor.close()


def transfers(count: int) -> list[tuple[str, str, dict[str, Any], str]]:
    """So many, each between two subscribers, nearly all of different slots; some recipients bar them."""
    work: list[tuple[str, str, dict[str, Any], str]] = []
    barred = ""
    for n in range(count):
        who = NUMBERS[n % len(NUMBERS)]
        to = NUMBERS[(n + 1 + n // len(NUMBERS)) % len(NUMBERS)]
        work.append((who, "pay.transfer_now", {"to": to, "amount_kop": AMOUNT_KOP}, f"t:{n}"))
        if n % BARRED_EVERY == 0:
            work.append((to, "pay.transfer_bar", {"on": True}, f"on:{n}"))
        elif n % BARRED_EVERY == BARRED_EVERY // 2:
            work.append((barred, "pay.transfer_bar", {"on": False}, f"off:{n}"))
        barred = to if n % BARRED_EVERY == 0 else barred
    return work


@pytest.mark.slow
@pytest.mark.timeout(100 + TRANSFERS // 20)
def test_four_thousand_transfers_and_thirty_kills(redis_cluster: Running, auditor: Auditor) -> None:
    moving = Moving(redis_cluster.url, auditor)
    # Some are refused at once: to somebody who has barred transfers already.
    work = transfers(TRANSFERS * 12 // 10)
    try:
        moving.do(work, KILLS)
        moving.finish()
    finally:
        moving.close()
    books = moving.look()
    assert moving.complaints == []
    bucket = Keys("").bucket
    sent = [
        (who, args["to"])
        for who, action, args, key in work
        if moving.outcomes[key] == "done" and "to" in args
    ]
    crossing = sum(bucket(who).slot != bucket(to).slot for who, to in sent)
    assert len(sent) >= TRANSFERS
    assert crossing > TRANSFERS * 0.9
    # Nothing is under way; each transfer that was begun has arrived, or has come back.
    assert books.orders == {}
    assert books.lines()[TRANSIT] == 0
    keys = Counter(key.partition(":")[0] for keys in books.keys.values() for key in keys)
    assert keys["order"] == len(sent)
    assert 0 < keys["refund"] < len(sent)
    assert moving.kills == KILLS
    assert moving.under_way > 0
    print(  # noqa: T201
        f"{len(sent)} transfers ({crossing} across slots, {keys['refund']} come back), {KILLS} kills with "
        f"{moving.under_way} orders under way ({moving.halves} of them done half), {moving.looks} looks"
    )


@pytest.mark.slow
def test_an_order_carried_out_under_new_keys_is_found(redis_cluster: Running, auditor: Auditor) -> None:
    moving = Moving(redis_cluster.url, auditor, "orders under new keys")
    try:
        moving.do(transfers(400), 4)
        moving.finish()
    finally:
        moving.close()
    moving.look()
    assert "in transit" in " ".join(moving.complaints)
