"""kill -9 under load, again and again on one file: nothing acknowledged is lost, nothing is done twice."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.durability.auditor import Auditor
from ussd_gateway.storage.sqlite import SqliteStore

KILLS = 40
ROOT = Path(__file__).resolve().parents[2]


def never(error: Exception) -> None:
    pytest.fail(f"the store failed: {error}")


def run_and_kill(database: Path, run: int, after_acks: int) -> list[str]:
    """Let a process work until it has acknowledged so much, then kill it; all that it acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.durability.load", str(database), f"run{run}"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    with process, process.stdout:
        output = b""
        while output.count(b"\n") < after_acks:
            part = os.read(process.stdout.fileno(), 65536)
            assert part, f"the process ended by itself: {output[-200:]!r}"
            output += part
        process.kill()
        output += process.stdout.read()
    # The last line may have been cut off by the kill; an acknowledgement half said was not given.
    lines = output.decode().rpartition("\n")[0].splitlines()
    assert all(line.startswith("ack ") for line in lines)
    return [line.removeprefix("ack ") for line in lines]


async def reopen(database: Path, acknowledged: list[str]) -> None:
    """The next start: the store finds itself sound and gives the acknowledged replies again."""
    store = SqliteStore(database, on_fatal=never)
    await store.open()
    for key in acknowledged:
        assert await store.outcome(key, "charge", key.split(":")[1]) == {"key": key}
    assert (await store.audit()).problems == ()
    await store.close()


@pytest.mark.slow
def test_forty_kills(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"
    dice = random.Random(20260528)
    acknowledged: list[str] = []
    for run in range(KILLS):
        newest = run_and_kill(database, run, after_acks=dice.randint(1, 1500))
        acknowledged += newest
        # A restarted gateway asks by key; a few of the last ones stand for all.
        asyncio.run(reopen(database, newest[-20:]))
    with Auditor(database) as auditor:
        assert auditor.complaints(acknowledged) == []
        unheard = len(auditor.committed()) - len(acknowledged)
    assert len(acknowledged) > KILLS
    # Kills do fall between a commit and its acknowledgement: that is why outcomes are asked for by key.
    assert unheard > 0
