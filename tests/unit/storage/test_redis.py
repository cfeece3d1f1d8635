"""What only a store on Redis knows: lost connections, forgotten scripts, other gateways, foreign places."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.patience import once_there, until
from tests.redis_servers import Running, Server
from tests.unit.billing.kit import ALICE, BOB, NOW_MS, charge_commit, individual, message, opening_commit
from ussd_gateway.billing.store import Commit
from ussd_gateway.errors import ConfigError, Conflict, StoreUnavailable
from ussd_gateway.storage import RedisSettings, open_hasher, open_store
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_url import parse

HASTE = RedisSettings(timeout_s=0.3)


async def opened(url: str, settings: RedisSettings = HASTE, pepper_id: str = "") -> RedisStore:
    store = RedisStore(parse(url), settings, pepper_id=pepper_id)
    await store.open()
    return store


@pytest.fixture(params=["redis_server", "redis_cluster"])
def running(request: pytest.FixtureRequest) -> Running:
    found: Running = request.getfixturevalue(request.param)
    found.flush()
    return found


@pytest.fixture
async def pair(running: Running) -> AsyncIterator[tuple[RedisStore, RedisStore]]:
    """Two gateways on one place."""
    one, other = await opened(running.url), await opened(running.url)
    yield one, other
    assert (await one.audit()).problems == ()
    await one.close()
    await other.close()


@pytest.fixture
async def mortal(redis_servers: Callable[..., Server]) -> AsyncIterator[tuple[Server, RedisStore]]:
    """A server of this test alone, and a store on it."""
    server = redis_servers()
    server.start()
    store = await opened(server.url)
    yield server, store
    await store.close()


async def test_the_other_gateway_sees_what_was_committed_and_loses_the_race(pair) -> None:
    one, other = pair
    account = individual(balance_kop=1_000)
    await one.commit(opening_commit(account))
    assert await other.account(ALICE) == account
    commit = charge_commit(account, 300, "first")
    await other.commit(commit)
    assert one.cached(ALICE) == account
    with pytest.raises(Conflict):
        await one.commit(charge_commit(account, 300, "second"))
    assert await one.account(ALICE) == commit.accounts[0]
    assert (await one.commit(commit)).replayed


async def test_the_other_gateway_marks_what_it_never_saw(pair) -> None:
    one, other = pair
    await one.commit(Commit("k", "r", NOW_MS, {}, messages=[message(1), message(2, BOB)], home=ALICE))
    await other.mark([1, 2], "sent", NOW_MS)
    await other.mark([2], "acked", NOW_MS)
    assert [(each.message_id, each.state) for each in await one.undelivered(9)] == [(1, "sent")]
    assert [(each.message_id, each.state) for each in await one.inbox(BOB, 9)] == [(2, "acked")]


async def test_pages_of_undelivered_messages_leave_none_out(pair) -> None:
    one, _ = pair
    for first in range(0, 300, 50):
        ids = range(first + 1, first + 51)
        # All of one home: its bucket has more than its share of each page.
        home = ALICE if first < 200 else BOB
        await one.commit(Commit(f"k{first}", "r", NOW_MS, {}, messages=[message(n) for n in ids], home=home))
    seen, after = [], 0
    while page := await one.undelivered(70, after):
        seen += [each.message_id for each in page]
        after = seen[-1]
    assert seen == list(range(1, 301))


async def test_an_inbox_learns_what_a_dead_gateway_left(pair) -> None:
    one, other = pair
    telling = one._inboxes._tell

    async def dies(*args: object) -> None:
        raise StoreUnavailable("killed here")

    one._inboxes._tell = dies
    # It is committed: whoever is told otherwise would ask for it once more.
    commit = Commit("k", "r", NOW_MS, {}, messages=[message(1, BOB)], home=ALICE)
    assert not (await one.commit(commit)).replayed
    assert await other.inbox(BOB, 9) == []
    await other._inboxes.catch_up()
    assert await other.inbox(BOB, 9) == [message(1, BOB)]
    one._inboxes._tell = telling


async def test_scripts_are_given_again_to_a_server_that_forgot_them(pair, running: Running) -> None:
    one, _ = pair
    account = individual(balance_kop=1_000)
    await one.commit(opening_commit(account))
    running.flush_scripts()
    commits = []
    for n in range(5):
        commits.append(charge_commit(account, 100, f"k{n}"))
        account = commits[-1].accounts[0]
    await asyncio.gather(*map(one.commit, commits))
    assert await one.account(ALICE) == account


async def test_numbers_beyond_what_a_script_can_count_are_refused(pair) -> None:
    one, _ = pair
    with pytest.raises(ValueError, match="too large"):
        await one.commit(opening_commit(individual(balance_kop=2**53 + 2)))
    assert await one.account(ALICE) is None


async def test_another_layout_or_pepper_is_refused(running: Running) -> None:
    first = await opened(running.url, pepper_id="aa")
    with pytest.raises(ConfigError, match="another pepper"):
        await opened(running.url, pepper_id="bb")
    second = await opened(running.url, RedisSettings(prefix="other:"), pepper_id="bb")
    await first.links.ask(first.links.keys.buckets[0], b"HSET", first.links.keys.meta, b"buckets", b"64")
    with pytest.raises(ConfigError, match="laid out with buckets 64"):
        await opened(running.url, pepper_id="aa")
    await first.close()
    await second.close()


async def test_gateways_share_a_pepper_file(tmp_path: Path) -> None:
    url, file = "redis://127.0.0.1/0", tmp_path / "var" / "pepper"
    stored = await open_hasher(url, file).hash("Secret77")
    assert await open_hasher(url, file).verify("Secret77", stored)
    assert [each.name for each in file.parent.iterdir()] == ["pepper"]


async def test_nobody_there() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await open_store("redis://127.0.0.1:1/0", HASTE).open()


async def test_a_commit_whose_answer_is_lost_is_unknown_and_found_by_its_key(mortal) -> None:
    server, store = mortal
    account = individual(balance_kop=1_000)
    await store.commit(opening_commit(account))
    os.kill(server.pid, signal.SIGSTOP)
    lost = asyncio.ensure_future(store.commit(charge_commit(account, 300, "k")))
    with pytest.raises(StoreUnavailable, match="no answer") as caught:
        await lost
    assert caught.value.outcome_unknown
    os.kill(server.pid, signal.SIGCONT)
    reply = await once_there(lambda: store.outcome("k", "charge 300", ALICE))
    # Whichever it is, it stays so: what the lost connection had sent can no longer happen.
    after = await store.account(ALICE)
    assert after is not None
    assert (after.balance_kop, after.version) == ((1_000, 1) if reply is None else (700, 2))
    assert (await store.outcome("k", "charge 300", ALICE)) == reply


async def test_a_lost_reading_is_not_unknown(mortal) -> None:
    server, store = mortal
    os.kill(server.pid, signal.SIGSTOP)
    with pytest.raises(StoreUnavailable) as caught:
        await store.account(ALICE)
    assert not caught.value.outcome_unknown
    assert "no answer" in str(store.trouble())
    os.kill(server.pid, signal.SIGCONT)


async def test_a_server_killed_under_load_keeps_what_it_acknowledged(mortal) -> None:
    server, store = mortal
    accounts = [individual(str(79260000000 + n), 10**6) for n in range(20)]
    await asyncio.gather(*(store.commit(opening_commit(account)) for account in accounts))
    told: dict[str, str] = {}

    async def charge(account) -> None:
        for n in range(10**6):
            key = f"{account.msisdn}:{n}"
            commit = charge_commit(account, 1, key)
            try:
                await store.commit(commit)
            except StoreUnavailable as error:
                told[key] = "unknown" if error.outcome_unknown else "refused"
                return
            told[key] = "done"
            account = commit.accounts[0]

    charging = asyncio.gather(*map(charge, accounts))
    await until(lambda: sum(word == "done" for word in told.values()) >= 500)
    server.kill()
    await charging
    server.start()
    await until(lambda: store.trouble() is None)
    for key, word in told.items():
        reply = await store.outcome(key, "charge 1", key.partition(":")[0])
        assert word == "unknown" or (reply is not None) == (word == "done"), key
    assert (await store.audit()).problems == ()


async def test_acknowledged_only_with_replicas(redis_servers: Callable[..., Server]) -> None:
    master = redis_servers("--repl-diskless-sync-delay", "0")
    master.start()
    replica = redis_servers("--replicaof", f"127.0.0.1 {master.port}")
    store = await opened(master.url, RedisSettings(timeout_s=0.5))
    waiting = await opened(master.url, RedisSettings(timeout_s=2, wait=1))
    account = individual()
    with pytest.raises(StoreUnavailable, match="0 of 1 replicas") as caught:
        await waiting.commit(opening_commit(account))
    assert caught.value.outcome_unknown
    replica.start()
    with master.client() as client:
        # A write, for which alone WAIT would wait: the replica may still be fetching its first copy.
        await until(lambda: client.incr("unrelated") > 0 and client.execute_command("WAIT", 1, 100) == 1)
    commit = charge_commit(account, 100, "k")
    assert not (await waiting.commit(commit)).replayed
    assert await store.account(ALICE) == commit.accounts[0]
    await store.close()
    await waiting.close()
