"""Two gateways on one Redis do the same jobs at the same time, and are killed at it: everything is done once.

Subscribers live day by day (those of `lives`): fees, promised payments, packages and tariffs come due, orders
carry money.  Both gateways, whole ones without listeners (see `nursery`), look for work at the same instants
of one calendar; one of them is killed now and then while it works, and another takes its place.  There are no
leases: the key of each job (`settle:...`, `order:...`, `refund:...`) and the version of the account make sure
that who comes second changes nothing.  In the end all must be as after the same days with one gateway that
nobody has killed.
"""

import os
import random
from collections import Counter
from typing import Any

import pytest

from tests.durability import bugs, nursery
from tests.durability.lives import BEGIN_MS, DAY_MS, requests_of
from tests.durability.nursery import Born, Pipe
from tests.durability.redis_auditor import Auditor, Books
from tests.patience import once_there
from tests.redis_servers import Running
from ussd_gateway.clock import ManualClock

DAYS = int(os.environ.get("DURABILITY_DAYS", "12"))
KILLS_OF_TEN = 2
"""So many of ten rounds of jobs end with a death."""
SEED = 20261122


async def live(pipe: Pipe, url: str, prefix: str, day: int, bug: str) -> None:
    """The life of a gateway: told what day it is, what somebody asks for, and to do what is due."""
    bugs.plant(bug)
    clock = ManualClock(BEGIN_MS + day * DAY_MS)
    app = nursery.Gateway(nursery.config(url, USSDGW_STORAGE__REDIS__PREFIX=prefix), clock)
    await app.start(listen=False)
    pipe.say("ready")
    while True:
        word = await pipe.hear()
        if word == "jobs":
            await once_there(app.jobs.catch_up)
            # What failed would be done another day, and nobody could say what the books must be.
            assert not app.jobs.set_aside
        elif word == "morrow":
            clock.advance(DAY_MS)
        else:
            who, action, args, key = word
            await app.gateway.perform(who, action, args, key=key, request=action, remember=True)
        pipe.say("done")


class House:
    """So many gateways under one prefix."""

    def __init__(self, url: str, prefix: str, gateways: int, *, kill: bool, bug: str = "") -> None:
        self._url, self._prefix, self._bug = url, prefix, bug
        self._dice = random.Random(SEED)
        self._kill = kill
        self._day = 0
        self.kills = 0
        self._gateways = [self._bear() for _ in range(gateways)]

    def close(self) -> None:
        for gateway in self._gateways:
            gateway.kill()

    def live(self, days: int) -> None:
        for day in range(days):
            self._jobs()
            for n, (who, action, args) in enumerate(requests_of(day)):
                gateway = self._dice.choice(self._gateways)
                gateway.tell((who, action, args, f"{day}:{n}"))
                assert gateway.heard() == "done"
                # The gateway begins by itself what the request has ordered; the other comes as well.
                self._jobs()
            self._day = day + 1
            self._all("morrow")

    def _all(self, word: Any) -> None:
        for gateway in self._gateways:
            gateway.tell(word)
        for gateway in self._gateways:
            assert gateway.heard() == "done"

    def _jobs(self) -> None:
        """All look for work at once; perhaps one of them does not live to see the end of it."""
        if not self._kill or self._dice.randrange(10) >= KILLS_OF_TEN:
            self._all("jobs")
            return
        for gateway in self._gateways:
            gateway.tell("jobs")
        victim = self._dice.choice(self._gateways)
        self._gateways.remove(victim)
        # Somewhere in the middle: a round takes a few milliseconds.
        victim.wait(self._dice.random() * 0.02)
        victim.kill()
        self.kills += 1
        for gateway in self._gateways:
            assert gateway.heard() == "done"
        self._gateways.append(self._bear())
        self._all("jobs")

    def _bear(self) -> Born:
        gateway = Born(live, self._url, self._prefix, self._day, self._bug)
        assert gateway.heard() == "ready"
        return gateway


def contents(running: Running, prefix: str) -> tuple[Books, dict[str, Any]]:
    """What must be the same: balances, every line of the ledger, every text, nothing left to do."""
    auditor = Auditor(running, prefix)
    books = auditor.books()
    auditor.close()
    lines = Counter(
        (account, kind, at_ms, amount_kop)
        for _, transfer in books.transfers()
        for account, amount_kop, kind, at_ms, *_ in transfer
    )
    accounts = {
        number: {name: value for name, value in account.items() if name != "v"}
        for number, account in books.accounts.items()
    }
    texts = Counter((destination, text) for _, destination, text, *_ in books.messages)
    return books, {"lines": lines, "accounts": accounts, "texts": texts, "orders": books.orders}


def lived(running: Running, gateways: int, days: int, *, kill: bool, bug: str = "") -> House:
    house = House(running.url, f"{gateways}:", gateways, kill=kill, bug=bug)
    try:
        house.live(days)
    finally:
        house.close()
    return house


@pytest.mark.slow
@pytest.mark.timeout(100 + 5 * DAYS)
def test_two_gateways_and_kills_change_nothing(redis_server: Running) -> None:
    redis_server.flush()
    lived(redis_server, 1, DAYS, kill=False)
    house = lived(redis_server, 2, DAYS, kill=True)
    books, found = contents(redis_server, "2:")
    assert books.complaints() == []
    assert books.written_over() == []
    _, unharmed = contents(redis_server, "1:")
    for what, expected in unharmed.items():
        assert found[what] == expected, what
    assert found["orders"] == {}
    jobs = Counter(key.partition(":")[0] for keys in books.keys.values() for key in keys)
    assert jobs["order"] > 0
    assert jobs["settle"] > 0
    assert house.kills > DAYS
    print(f"{DAYS} days, {house.kills} kills, jobs {jobs}")  # noqa: T201


@pytest.mark.slow
def test_orders_under_new_keys_are_found(redis_server: Running) -> None:
    redis_server.flush()
    days = 3
    lived(redis_server, 1, days, kill=False)
    _, unharmed = contents(redis_server, "1:")
    for gateways in range(2, 7):  # two must meet at one order; more of them meet sooner
        lived(redis_server, gateways, days, kill=False, bug="orders under new keys")
        _, found = contents(redis_server, f"{gateways}:")
        if found["lines"] != unharmed["lines"]:
            return
    pytest.fail("up to six gateways, and no order was carried out twice")
