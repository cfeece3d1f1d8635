"""The journal beside a Redis: what a server forgot it gets again, once; what was half written never was."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.patience import until
from tests.redis_servers import Server
from tests.unit.billing.kit import (
    ALICE,
    BOB,
    NOW_MS,
    charge_commit,
    individual,
    message,
    opening_commit,
    order,
)
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.store import Commit
from ussd_gateway.errors import ConfigError, StoreUnavailable
from ussd_gateway.storage import redis_journal
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_journal import Journal, Record
from ussd_gateway.storage.redis_settings import RedisSettings
from ussd_gateway.storage.redis_url import parse

RECORDS = [Record(n, (b"account", b"keys"), (b"key%d" % n, b"\r\n$3\r\n" * n, b"")) for n in range(5)]


@pytest.fixture(autouse=True)
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ussd_gateway.storage.redis.HEARTBEAT_S", 0.05)


@pytest.fixture
def server(redis_servers: Callable[..., Server]) -> Server:
    made = redis_servers()
    made.start()
    return made


@asynccontextmanager
async def gateway(server: Server, journal: Path) -> AsyncIterator[RedisStore]:
    store = RedisStore(parse(server.url), RedisSettings(timeout_s=0.5, journal=journal))
    await store.open()
    yield store
    await store.close()


def forget(server: Server) -> None:
    """The server dies and another one, that knows nothing, takes its place."""
    server.kill()
    shutil.rmtree(server.folder)
    server.folder.mkdir()
    server.start()


async def noticed(store: RedisStore) -> None:
    """Wait until a gateway has met the other server and is ready again."""
    await until(lambda: store.trouble() is not None)
    await until(lambda: store.trouble() is None)


async def charge(store: RedisStore, account: Account, key: str) -> Account:
    commit = charge_commit(account, 100, key)
    await store.commit(commit)
    return commit.accounts[0]


async def all_records(journal: Journal) -> list[Record]:
    return [record async for page in journal.pages() for record in page]


# ---------------------------------------------------------------- with a server


async def test_another_server_gets_everything_before_anything_else(server: Server, tmp_path: Path) -> None:
    async with gateway(server, tmp_path / "journal") as store:
        account = individual(balance_kop=1_000)
        await store.commit(opening_commit(account))
        for n in range(5):
            account = await charge(store, account, f"k{n}")
        last = Commit(
            "last", "r", NOW_MS, {"a": 1}, messages=[message(7, BOB)], orders=[order("o")], home=ALICE
        )
        await store.commit(last)
        forget(server)
        await noticed(store)
        assert await store.account(ALICE) == account
        assert (await store.commit(last)).replayed
        assert [each.order_id for each in await store.orders_pending(NOW_MS, 9)] == ["o"]
        assert await store.inbox(BOB, 9) == last.messages
        assert (await store.audit()).problems == ()


async def test_a_gateway_that_starts_brings_what_gateways_that_have_gone_left(
    server: Server, tmp_path: Path
) -> None:
    account = individual(balance_kop=1_000)
    async with gateway(server, tmp_path) as one, gateway(server, tmp_path) as other:
        await one.commit(opening_commit(account))
        account = await charge(other, account, "k1")
        account = await charge(one, account, "k2")
    forget(server)
    async with gateway(server, tmp_path) as store:
        assert await store.account(ALICE) == account
        assert (await store.audit()).problems == ()


async def test_each_gateway_waits_for_what_the_other_must_bring(server: Server, tmp_path: Path) -> None:
    async with gateway(server, tmp_path / "1") as one, gateway(server, tmp_path / "2") as other:
        account = individual(balance_kop=1_000)
        await one.commit(opening_commit(account))
        for n in range(6):
            account = await charge((one, other)[n % 2], account, f"k{n}")
        forget(server)
        await asyncio.gather(noticed(one), noticed(other))
        assert await one.account(ALICE) == account
        assert (await one.audit()).problems == ()


async def test_money_is_brought_to_an_account_that_has_gone_on_without_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ussd_gateway.storage.redis_restore.ROUND_S", 0.001)
    account = individual(balance_kop=1_000)
    async with gateway(server, tmp_path / "1") as one:
        await one.commit(opening_commit(account))
        account = await charge(one, account, "known")
    # Of all this only the first journal knows; somebody else writes the same versions meanwhile.
    async with gateway(server, tmp_path / "1") as one:
        for key in ("lost1", "lost2"):
            account = await charge(one, account, key)
    forget(server)
    async with gateway(server, tmp_path / "2") as other:
        stranger = individual(balance_kop=1_000)
        await other.commit(opening_commit(stranger))
        stranger = await charge(other, stranger, "other")
        await other.commit(
            Commit("bar", "r", NOW_MS, {}, [stranger._replace(version=3, transfer_bar=True)], home=ALICE)
        )
        async with gateway(server, tmp_path / "1") as one:
            after = await other.account(ALICE)
            assert after is not None
            # Opened by the same key; four charges of 100; the newest account is otherwise as it was.
            assert (after.balance_kop, after.transfer_bar) == (600, True)
            assert await one.outcome("lost2", "charge 100", ALICE) is not None
            assert (await one.audit()).problems == ()


async def test_an_account_whose_beginning_comes_later(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway that opened it is down; what the other knows comes first, the rest when that one starts."""
    monkeypatch.setattr("ussd_gateway.storage.redis_restore.ROUND_S", 0.001)
    account = individual(balance_kop=1_000)
    async with gateway(server, tmp_path / "1") as one:
        await one.commit(opening_commit(account))
        account = await charge(one, account, "k1")
    async with gateway(server, tmp_path / "2") as other:
        await charge(other, account, "k2")
    forget(server)
    async with gateway(server, tmp_path / "2") as other:
        after = await other.account(ALICE)
        assert after is not None
        assert after.balance_kop == -100
        async with gateway(server, tmp_path / "1") as one:
            after = await one.account(ALICE)
            assert after is not None
            assert after.balance_kop == 800
            assert (await one.audit()).problems == ()


async def test_ids_given_before_a_failover_are_not_given_again(server: Server, tmp_path: Path) -> None:
    """The replica that becomes master may have missed the latest ranges."""
    async with gateway(server, tmp_path) as store:
        assert await store.reserve_ids(100) == 1
        with server.client() as client:
            behind = client.get("ussd:{u00}:ids")
        given = await store.reserve_ids(100)
        server.kill()
        server.start()
        with server.client() as client:
            client.set("ussd:{u00}:ids", behind)
        await noticed(store)
        assert await store.reserve_ids(100) > given + 100


# ---------------------------------------------------------------- the files


async def test_what_was_appended_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    await asyncio.gather(*map(journal.append, RECORDS[:3]))
    await journal.append(RECORDS[3])
    assert await all_records(journal) == RECORDS[:4]
    await journal.close()
    journal = Journal(tmp_path)
    await journal.open()
    await journal.append(RECORDS[4])
    assert await all_records(journal) == RECORDS
    await journal.close()
    assert {os.stat(tmp_path / name).st_mode & 0o777 for name in os.listdir(tmp_path)} == {0o600}


async def test_a_record_half_written_never_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    for record in RECORDS:
        await journal.append(record)
    await journal.close()
    whole = next(iter(journal._own())).read_bytes()
    for cut in range(len(whole)):
        read = redis_journal._unpacked(whole[:cut])
        assert read == RECORDS[: len(read)]
        assert len(read) < len(RECORDS)
    assert redis_journal._unpacked(whole[:-3] + b"?" + whole[-2:]) == RECORDS[:4]


async def test_two_processes_share_a_folder_and_the_next_takes_over(tmp_path: Path) -> None:
    one, other = Journal(tmp_path), Journal(tmp_path)
    await one.open()
    await other.open()
    await one.append(RECORDS[0])
    await other.append(RECORDS[1])
    assert (await all_records(one), await all_records(other)) == (RECORDS[:1], RECORDS[1:2])
    await other.close()
    third = Journal(tmp_path)
    await third.open()
    assert await all_records(third) == RECORDS[1:2]
    await one.close()
    await third.close()
    fourth = Journal(tmp_path)
    await fourth.open()
    assert sorted(await all_records(fourth)) == RECORDS[:2]
    await fourth.close()


async def test_old_segments_go_and_used_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_journal, "SEGMENT_BYTES", 1)
    journal = Journal(tmp_path)
    await journal.open()
    for record in RECORDS[:3]:
        await journal.append(record)
    os.utime(journal._own()[0], (0, 0))
    await journal.append(RECORDS[3])
    assert await all_records(journal) == RECORDS[1:4]
    await journal.close()


async def test_a_flush_that_failed_is_not_tried_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    os.close(journal._file)
    journal._file = os.open("/dev/full", os.O_WRONLY)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="No space left") as caught:
            await journal.append(RECORDS[0])
        assert caught.value.outcome_unknown
    assert journal.broken is not None
    await journal.close()


async def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"storage\.redis\.journal"):
        await Journal(tmp_path / "file").open()
