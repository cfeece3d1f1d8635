"""The embedded store's own promises: one owner, a sound file, a bounded cache, strangers at the file."""

import asyncio
import os
import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.billing.kit import ALICE, NOW_MS, charge_commit, employee, individual, message, opening_commit
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.store import BrokenCommit, Commit, Committed, OutMessage
from ussd_gateway.errors import ConfigError, Conflict, StoreUnavailable
from ussd_gateway.storage import sqlite_file
from ussd_gateway.storage.sqlite import SqliteStore
from ussd_gateway.storage.vault import pepper_beside


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "gateway.db"


def never(error: Exception) -> None:
    pytest.fail(f"the store failed: {error}")


async def opened(path: Path, *, cached_accounts: int = 100, full_check_bytes: int = 1 << 20) -> SqliteStore:
    store = SqliteStore(
        path, on_fatal=never, cached_accounts=cached_accounts, full_check_bytes=full_check_bytes
    )
    await store.open()
    return store


async def filled(path: Path) -> None:
    """A file with some history, closed in good order."""
    store = await opened(path)
    await store.commit(opening_commit(employee()))
    account = individual(balance_kop=1_000)
    await store.commit(opening_commit(account))
    for n in range(3):
        commit = charge_commit(account, 100, f"k{n}")
        await store.commit(commit)
        account = commit.accounts[0]
    await store.close()


def tamper(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def overwrite(path: Path, offset: int, octets: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(octets)


# ---------------------------------------------------------------- who owns the file


async def test_a_second_owner_is_refused_by_name(path: Path) -> None:
    first = await opened(path)
    with pytest.raises(ConfigError, match=rf"in use .*process {os.getpid()}.*redis://"):
        await opened(path)
    await first.close()
    await (await opened(path)).close()


async def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        await opened(tmp_path / "file" / "gateway.db")


async def test_a_closed_store_leaves_one_tidy_file(path: Path) -> None:
    await filled(path)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "gateway.db",
        "gateway.db.lock",
        "gateway.db.pepper",
    ]


async def test_commits_are_flushed_before_they_are_acknowledged(path: Path) -> None:
    store = await opened(path)
    names = ("journal_mode", "synchronous", "foreign_keys")
    values = await store._call(
        lambda connection: [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    )
    assert values == ["wal", 2, 1]
    await store.close()


# ---------------------------------------------------------------- a sound file


async def test_the_ledger_is_append_only(path: Path) -> None:
    await filled(path)
    for statement in ("UPDATE ledger SET amount_kop = 0", "DELETE FROM ledger WHERE seq = 1"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            tamper(path, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET balance_kop = floor_kop - 1",
        "UPDATE account SET budget_kop = -1",
        "INSERT INTO ledger VALUES (99, 'no such key', 'system:fees', 0, 'fee', 0, '', NULL)",
    ],
)
async def test_the_file_refuses_what_cannot_be(path: Path, statement: str) -> None:
    await filled(path)
    with pytest.raises(sqlite3.IntegrityError):
        tamper(path, "PRAGMA foreign_keys = ON", statement)


@pytest.mark.parametrize("full_check_bytes", [1 << 20, 0], ids=["small file", "large file"])
async def test_money_from_nowhere_is_found_at_the_start(path: Path, full_check_bytes: int) -> None:
    await filled(path)
    tamper(path, f"UPDATE account SET balance_kop = balance_kop + 1 WHERE msisdn = {ALICE}")
    with pytest.raises(
        ConfigError, match=rf"damaged(.|\n)*{ALICE}(:main)? holds 701, its entries sum to 700"
    ):
        await opened(path, full_check_bytes=full_check_bytes)
    with pytest.raises(ConfigError):
        await opened(path)


async def test_a_missing_half_of_a_transfer_is_found(path: Path) -> None:
    await filled(path)
    drop = "DROP TRIGGER ledger_forgets_nothing"
    tamper(path, drop, "DELETE FROM ledger WHERE account = 'system:fees' AND transfer = 'k1'")
    with pytest.raises(ConfigError) as caught:
        await opened(path)
    assert "transfer k1 sums to -100, not to zero" in str(caught.value)
    assert "all entries together sum to -100, not to zero" in str(caught.value)


async def test_an_account_without_a_row_is_found(path: Path) -> None:
    await filled(path)
    tamper(path, f"DELETE FROM account WHERE msisdn = {ALICE}")
    with pytest.raises(ConfigError, match=re.escape(f"{ALICE}:main holds 0, its entries sum to 700")):
        await opened(path)


async def test_a_file_that_is_no_database(path: Path) -> None:
    await filled(path)
    overwrite(path, 0, b"not a database " * 1000)
    with pytest.raises(ConfigError, match="cannot be used as a database"):
        await opened(path)


async def test_a_torn_page_is_found(path: Path) -> None:
    await filled(path)
    overwrite(path, 4096, bytes(range(1, 256)) * 16)
    with pytest.raises(ConfigError, match="is damaged"):
        await opened(path)


async def test_a_file_of_another_version(path: Path) -> None:
    await filled(path)
    tamper(path, "PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="a newer version"):
        await opened(path)


async def test_a_file_from_before_time_and_orders_is_brought_up_to_date(path: Path) -> None:
    """What the first version of the gateway wrote: no due instants, no orders."""
    path.parent.mkdir()
    pepper_beside(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript((Path(sqlite_file.__file__).parent / "schema.sql").read_text(encoding="utf-8"))
    connection.execute("PRAGMA user_version = 1")
    connection.execute("INSERT INTO account VALUES (?, 7, 0, 0, 0, 0, NULL, ?)", (ALICE, '{"tariff":"16N"}'))
    connection.close()
    store = await opened(path)
    # Nobody knows what time has done to it: it is due at once.
    assert await store.due(NOW_MS, 9) == [ALICE]
    account = await store.account(ALICE)
    assert account is not None
    assert (account.version, account.tariff, account.due_ms) == (7, "16N", 1)
    await store.commit(Commit("k", "r", NOW_MS, {}, [account._replace(version=8, due_ms=0)]))
    assert await store.due(NOW_MS, 9) == []
    await store.close()
    await (await opened(path)).close()


async def test_a_file_from_before_terms_is_brought_up_to_date(path: Path) -> None:
    """Messages of the third version: no terms, the end without a reason."""
    path.parent.mkdir()
    pepper_beside(path)
    connection = sqlite3.connect(path, isolation_level=None)
    for step in ("schema.sql", "schema_2.sql", "schema_3.sql"):
        connection.executescript((Path(sqlite_file.__file__).parent / step).read_text(encoding="utf-8"))
    connection.execute("PRAGMA user_version = 3")
    for row in [(1, 0, None), (2, 2, NOW_MS), (3, 3, NOW_MS + 1)]:
        connection.execute(
            "INSERT INTO outbox VALUES (?1, '000105', ?2, 'Привет', 0, 10, 20, ?3, ?4)",
            (row[0], ALICE, row[1], row[2]),
        )
    connection.close()
    store = await opened(path)
    old = OutMessage(1, "000105", ALICE, "Привет", False, 10, 20)
    assert await store.undelivered(9) == await store.pending(ALICE) == [old]
    assert await store.message(2) == replace(old, message_id=2, state="acked", ended_ms=NOW_MS)
    assert await store.message(3) == replace(old, message_id=3, state="failed", ended_ms=NOW_MS + 1)
    await store.mark([1], "expired", NOW_MS + 2, 5)
    assert await store.message(1) == replace(old, state="expired", ended_ms=NOW_MS + 2, status=5)
    await store.close()


# ---------------------------------------------------------------- cache


async def test_the_cache_is_bounded_and_the_file_is_not(path: Path) -> None:
    store = await opened(path, cached_accounts=3)
    numbers = [str(79260000000 + n) for n in range(20)]
    for number in numbers:
        await store.commit(opening_commit(individual(number)))
    assert [number for number in numbers if store.cached(number)] == numbers[-3:]
    accounts = await asyncio.gather(*(store.account(number) for number in numbers))
    assert [account and account.msisdn for account in accounts] == numbers
    assert sum(store.cached(number) is not None for number in numbers) == 3
    await store.close()


async def test_accounts_in_use_stay_cached(path: Path) -> None:
    store = await opened(path, cached_accounts=2)
    busy = individual("79260000000", 10_000)
    await store.commit(opening_commit(busy))
    for n in range(1, 10):
        await store.commit(opening_commit(individual(str(79260000000 + n))))
        commit = charge_commit(busy, 1, f"k{n}")
        await store.commit(commit)
        busy = commit.accounts[0]
    assert store.cached(busy.msisdn) == busy
    await store.close()


async def test_a_look_that_a_commit_has_overtaken(path: Path) -> None:
    store = await opened(path)
    old = individual()
    await store.commit(opening_commit(old))
    commit = charge_commit(old, 1, "k")
    await store.commit(commit)
    assert store._remember(old) == commit.accounts[0]
    assert store.cached(ALICE) == commit.accounts[0]
    await store.close()


async def test_a_conflict_makes_the_next_look_a_fresh_one(path: Path) -> None:
    """A cache that is behind the file (as after a stale look): the loser of the race reads anew."""
    store = await opened(path)
    old = individual()
    await store.commit(opening_commit(old))
    commit = charge_commit(old, 1, "k")
    await store.commit(commit)
    store._cache[ALICE] = old
    with pytest.raises(Conflict):
        await store.commit(charge_commit(old, 1, "k2"))
    assert await store.account(ALICE) == commit.accounts[0]
    await store.close()


# ---------------------------------------------------------------- strangers and endings


async def test_a_stranger_with_the_write_lock_delays_and_harms_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_S", 0.02)
    store = await opened(path)
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="write lock") as caught:
        await store.commit(opening_commit(individual()))
    assert not caught.value.outcome_unknown
    stranger.execute("COMMIT")
    stranger.close()
    await store.commit(opening_commit(individual()))
    assert await store.account(ALICE) == individual()
    await store.close()


@pytest.mark.parametrize(
    "poison",
    [
        message(2, text="half a pair: \ud83d"),
        message(1, text="an id used before"),
        message(2**63),
        message(2, created_ms=object()),
    ],
    ids=["surrogate", "id", "overflow", "type"],
)
async def test_what_cannot_be_stored_harms_nobody_else(path: Path, poison: OutMessage) -> None:
    store = await opened(path)
    await store.commit(Commit("first", "r", NOW_MS, {}, messages=[message(1)]))
    accounts = [individual(str(79260000000 + n)) for n in range(5)]
    bad = Commit("bad", "r", NOW_MS, {}, messages=[poison])
    commits = [opening_commit(accounts[0]), bad, *map(opening_commit, accounts[1:])]
    marking = asyncio.ensure_future(store.mark([1], "sent", NOW_MS))
    results = await asyncio.gather(*map(store.commit, commits), return_exceptions=True)
    assert [type(result) for result in results] == [Committed, BrokenCommit, *[Committed] * 4]
    await marking
    assert [each.state for each in await store.inbox(ALICE, 9)] == ["sent"]
    assert await store.outcome("bad", "r", ALICE) is None
    assert (await store.audit()).problems == ()
    await store.close()


async def test_an_account_whose_number_is_none(path: Path) -> None:
    store = await opened(path)
    with pytest.raises(BrokenCommit):
        await store.commit(opening_commit(individual("not a number")))
    await store.commit(opening_commit(individual()))
    await store.close()


async def test_closing_finishes_what_was_asked(path: Path) -> None:
    store = await opened(path)
    numbers = [str(79260000000 + n) for n in range(600)]
    commits = [asyncio.ensure_future(store.commit(opening_commit(individual(each)))) for each in numbers]
    await asyncio.sleep(0)
    await store.close()
    assert all(not commit.result().replayed for commit in commits)
    with pytest.raises(StoreUnavailable):
        await store.commit(Commit("late", "r", NOW_MS, {}))
    again = await opened(path)
    assert (await again.audit()).accounts == 600
    await again.close()


async def test_accounts_survive_a_restart(path: Path) -> None:
    await filled(path)
    store = await opened(path)
    account = await store.account(ALICE)
    assert isinstance(account, Account)
    assert (account.balance_kop, account.version) == (700, 4)
    assert await store.outcome("k2", "charge 100", ALICE) is not None
    await store.commit(charge_commit(account, 100, "k3"))
    assert [entry.transfer for entry in await store.ledger(ALICE, 2)] == ["k3", "k2"]
    await store.close()
