"""The disk fails or fills up: outcomes are unknown, the process must stop, the next start finds the truth."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.durability.auditor import Auditor
from tests.durability.load import number
from tests.durability.test_kill import ROOT, never
from tests.unit.billing.kit import ALICE, BOB, charge_commit, individual, opening_commit
from ussd_gateway.billing.store import Commit, OutMessage
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.storage.sqlite import SqliteStore


def test_a_write_error_under_load(tmp_path: Path) -> None:
    """The system refuses to let any file grow beyond 2 MB: a real EFBIG in the middle of a commit."""
    database = tmp_path / "gateway.db"
    process = subprocess.run(
        [sys.executable, "-m", "tests.durability.load", str(database), "run0", str(2 << 20)],
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=True,
    )
    said = [line.partition(" ") for line in process.stdout.splitlines()]
    told = {
        word: [key for each, _, key in said if each == word]
        for word in ("ack", "unknown", "refused", "fatal")
    }
    assert len(told["ack"]) > 100
    assert len(told["fatal"]) == 1
    assert told["unknown"]
    assert len(told["unknown"]) + len(told["refused"]) == 40
    with Auditor(database) as auditor:
        assert auditor.complaints(told["ack"]) == []
        assert not auditor.committed() & set(told["refused"])
        undecided = auditor.committed() & set(told["unknown"])
    answers = asyncio.run(ask_again(database, told["unknown"]))
    assert {key for key, reply in answers.items() if reply is not None} == undecided


async def ask_again(database: Path, keys: list[str]) -> dict[str, object]:
    store = SqliteStore(database, on_fatal=never)
    await store.open()
    answers: dict[str, object] = {key: await store.outcome(key, "charge", key.split(":")[1]) for key in keys}
    assert (await store.account(number(0))) is not None
    await store.close()
    return answers


async def test_a_full_disk(tmp_path: Path) -> None:
    fatal: list[Exception] = []
    store = SqliteStore(tmp_path / "gateway.db", on_fatal=fatal.append)
    await store.open()
    account = individual()
    await store.commit(opening_commit(account))
    await store._call(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchall())

    big = OutMessage(1, "000105", ALICE, "x" * 100_000, False, 0, 0)
    too_big = Commit("big", "r", 0, {}, messages=[big])
    results = await asyncio.gather(
        store.commit(too_big), store.commit(charge_commit(account, 1, "beside")), return_exceptions=True
    )
    # They shared a group, so nobody can tell about either.
    assert [type(result) for result in results] == [StoreUnavailable, StoreUnavailable]
    assert all(getattr(result, "outcome_unknown", None) for result in results)
    assert len(fatal) == 1

    for later in (store.commit(opening_commit(individual(BOB))), store.account(BOB), store.audit()):
        with pytest.raises(StoreUnavailable) as caught:
            await later
        assert not caught.value.outcome_unknown
    assert store.cached(ALICE) == account
    await store.close()
    assert len(fatal) == 1


async def test_what_was_queued_behind_the_failure_was_never_tried(tmp_path: Path) -> None:
    """More commits than one group takes: the second group meets a store that is lost already."""
    store = SqliteStore(tmp_path / "gateway.db", on_fatal=lambda error: None)
    await store.open()
    await store._call(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchall())
    text = "x" * 10_000
    commits = [
        Commit(str(n), "r", 0, {}, messages=[OutMessage(n, "000105", ALICE, text, False, 0, 0)])
        for n in range(1, 301)
    ]
    results = await asyncio.gather(*map(store.commit, commits), return_exceptions=True)
    unknown = [getattr(result, "outcome_unknown", None) for result in results]
    assert unknown == [True] * 256 + [False] * 44
    await store.close()
