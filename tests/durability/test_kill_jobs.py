"""kill -9 while time and orders do their work: in the end all is as if nobody had been killed."""

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.durability.lives import ROOT

DAYS = 45
KILLS = 12
SEED = 20261122

_ACCOUNTS = "SELECT msisdn, balance_kop, floor_kop, due_ms, body FROM account ORDER BY msisdn"
_LEDGER = """
SELECT account, kind, at_ms, SUM(amount_kop), COUNT(*) FROM ledger GROUP BY account, kind, at_ms
ORDER BY account, at_ms, kind
"""
_TEXTS = (
    "SELECT destination, text, COUNT(*) FROM outbox GROUP BY destination, text ORDER BY destination, text"
)
_LEFT = "SELECT COUNT(*) FROM orders WHERE state = 0"


def run(folder: Path, kill_after: int | None = None) -> bool:
    """Let a process live on, perhaps kill it after so many requests; whether it came to the end."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.durability.lives", str(folder), str(DAYS)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    with process, process.stdout:
        if kill_after is not None:
            seen = [process.stdout.readline() for _ in range(kill_after)]
            if all(seen):
                # It is carrying out what the last request ordered, or is at the next one, or at midnight.
                process.kill()
                return False
        process.stdout.read()
    assert process.returncode == 0
    return True


def contents(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "gateway.db")) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.slow
def test_time_and_orders_survive_kills(tmp_path: Path) -> None:
    unharmed, killed = tmp_path / "unharmed", tmp_path / "killed"
    assert run(unharmed)
    dice = random.Random(SEED)
    kills = sum(not run(killed, dice.randrange(1, 40)) for _ in range(KILLS))
    assert kills > KILLS // 2
    assert run(killed)
    for sql in (_ACCOUNTS, _LEDGER, _TEXTS):
        assert contents(killed, sql) == contents(unharmed, sql)
    assert contents(killed, _LEFT) == [(0,)]
