"""A master dies under load and a sentinel makes its replica master: what is lost, and with what it is not.

Two stores as gateways have them (whole gateways in the last test) charge through a sentinel URL; the replica
loses its master a moment before the crash.  Without further care acknowledged charges are lost: the test says
so and counts them.  With `wait` they are unknown instead of acknowledged; with the journal they come back.
Those of unknown outcome are asked for by their keys when the new master answers.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from tests.durability.redis_auditor import Auditor, Books
from tests.durability.test_redis_kill_gateways import Town, complaints
from tests.patience import once_there, until
from tests.redis_servers import Server, free_port
from tests.unit.billing.kit import charge_commit, individual, opening_commit
from tests.unit.storage.test_redis_places import SENTINEL
from ussd_gateway.billing.account import Account
from ussd_gateway.errors import Conflict, StoreUnavailable
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_settings import RedisSettings
from ussd_gateway.storage.redis_url import parse

NUMBERS = [f"7926000{n:04}" for n in range(16)]
OPENING_KOP = 10**6
LAG_S = 0.1
"""The replica misses so much before the crash."""
BEFORE, MOST_LAGGING = 300, 200
LEAST_LAGGING = 20
"""Charges acknowledged before the replica falls behind, and at most about so many after."""


@dataclass
class Told:
    """What callers know of each key."""

    acknowledged: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    resolved: int = 0
    """Unknown ones that had been done, as their keys said."""
    over: bool = False


class Trio:
    """Master, replica and a sentinel."""

    def __init__(self, redis_servers: Callable[..., Server], folder: Path) -> None:
        self.master = redis_servers("--repl-diskless-sync-delay", "0")
        self.master.start()
        self.replica = redis_servers("--replicaof", f"127.0.0.1 {self.master.port}")
        self.replica.start()
        self.sentinel = redis_servers("--sentinel", port=free_port())
        file = folder / "sentinel.conf"
        file.write_text(SENTINEL.format(port=self.sentinel.port, folder=folder, master=self.master.port))
        self.sentinel.command = [self.sentinel.command[0], str(file), "--sentinel"]
        self.url = f"redis+sentinel://127.0.0.1:{self.sentinel.port}/base/0"

    async def ready(self) -> None:
        """The replica follows, and the sentinel knows it."""
        with self.master.client() as client:
            await until(lambda: client.incr("unrelated") > 0 and client.execute_command("WAIT", 1, 100) == 1)
        self.sentinel.start()

    async def fail_over(self, acknowledged: Callable[[], int], least: int = 0) -> None:
        """The replica stands still while the master goes on, and then is all that there is.

        It lags for a while, and on a slow machine until `least` more charges were acknowledged.
        """
        os.kill(self.replica.pid, signal.SIGSTOP)
        with self.master.client() as client:
            # Or the system would keep for it what it does not read now.
            client.execute_command("CLIENT", "KILL", "TYPE", "replica")
        before = acknowledged()
        for turn in range(1000):
            await asyncio.sleep(LAG_S / 50)
            lagging = acknowledged() - before
            if lagging > MOST_LAGGING or (turn >= 50 and lagging >= least):
                break
        self.master.kill()
        os.kill(self.replica.pid, signal.SIGCONT)


async def charge(store: RedisStore, account: Account, told: Told, name: str) -> None:
    """One subscriber's charges, one after the other; what is unknown is asked for by its key."""
    n = 0
    while not told.over:
        n += 1
        key = f"{name}:{account.msisdn}:{n}"
        commit = charge_commit(account, 1, key)
        try:
            await store.commit(commit)
        except Conflict:
            account = await _loaded(store, account)
            continue
        except StoreUnavailable as error:
            if error.outcome_unknown:
                told.unknown.add(key)
                if await once_there(partial(store.outcome, key, "charge 1", account.msisdn)):
                    told.resolved += 1
                    told.acknowledged.add(key)
            account = await _loaded(store, account)
            continue
        told.acknowledged.add(key)
        account = commit.accounts[0]


async def _loaded(store: RedisStore, known: Account) -> Account:
    """The account as it is now; as it was known if it has gone."""
    return await once_there(lambda: store.account(known.msisdn)) or known


async def crash(trio: Trio, settings: list[RedisSettings]) -> tuple[Told, Books]:
    """Load, failover, load; then what the callers know, and what the new master has."""
    await trio.ready()
    stores = [RedisStore(parse(trio.url), each) for each in settings]
    for store in stores:
        await once_there(store.open)
    accounts = [individual(number, OPENING_KOP) for number in NUMBERS]
    for account in accounts:
        await stores[0].commit(opening_commit(account))
    told = Told()
    # Both gateways charge each account, so each has only half of what may have to be restored.
    tasks = [
        asyncio.create_task(charge(store, account, told, f"g{place}"))
        for place, store in enumerate(stores)
        for account in accounts
    ]
    await until(lambda: len(told.acknowledged) >= BEFORE)
    # With WAIT nothing is acknowledged that the replica does not have.
    await trio.fail_over(lambda: len(told.acknowledged), 0 if settings[0].wait else LEAST_LAGGING)
    then = len(told.acknowledged)
    if settings[0].wait:
        # Nobody follows the new master: it can promise nothing.
        await until(lambda: all("0 of 1 replicas" in str(store.trouble()) for store in stores))
    else:
        await until(lambda: len(told.acknowledged) >= then + BEFORE)
    told.over = True
    async with asyncio.timeout(30):
        await asyncio.gather(*tasks)
    for store in stores:
        await store.close()
    auditor = Auditor(trio.replica)
    books = auditor.books()
    auditor.close()
    return told, books


def lost(told: Told, books: Books) -> set[str]:
    return told.acknowledged - {name for name, _ in books.transfers()}


@pytest.fixture
def trio(redis_servers: Callable[..., Server], tmp_path: Path) -> Trio:
    return Trio(redis_servers, tmp_path)


@pytest.mark.slow
async def test_without_further_care_a_failover_loses_what_was_acknowledged(trio: Trio) -> None:
    told, books = await crash(trio, [RedisSettings(timeout_s=0.5)] * 2)
    gone = lost(told, books)
    assert gone
    assert books.complaints() == []
    # The harness sees a loss when there is one; and this one belongs to the promise of a bare failover.
    print(f"plain: {len(gone)} of {len(told.acknowledged)} lost")  # noqa: T201


@pytest.mark.slow
async def test_with_the_journal_nothing_acknowledged_is_lost(trio: Trio, tmp_path: Path) -> None:
    settings = [RedisSettings(timeout_s=0.5, journal=tmp_path / f"journal{n}") for n in range(2)]
    told, books = await crash(trio, settings)
    assert lost(told, books) == set()
    assert books.complaints() == []
    print(  # noqa: T201
        f"journal: 0 of {len(told.acknowledged)} lost, "
        f"{len(told.unknown)} unknown, {told.resolved} of them done"
    )


@pytest.mark.slow
async def test_what_a_replica_must_have_is_not_lost(trio: Trio) -> None:
    told, books = await crash(trio, [RedisSettings(timeout_s=0.5, wait=1)] * 2)
    assert told.unknown
    assert lost(told, books) == set()
    assert books.complaints() == []


@pytest.mark.slow
async def test_a_gateway_dies_with_the_master(trio: Trio, tmp_path: Path) -> None:
    """Whole gateways with a journal; the next one takes over what the dead one has acknowledged."""
    await trio.ready()
    settings = {"USSDGW_STORAGE__REDIS__JOURNAL": str(tmp_path / "journal")}
    town = Town(trio.url, environment=settings)
    await town.lose(trio.fail_over)
    auditor = Auditor(trio.replica)
    books = auditor.books()
    auditor.close()
    assert complaints(town, books) == []
    print(f"both die: 0 of {len(town.paid)} lost")  # noqa: T201
