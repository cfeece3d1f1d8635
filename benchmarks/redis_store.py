"""`python -m benchmarks redis`: what one process gets out of Redis, beside SQLite in the same run.

Two loads, each on the stores directly, without any SMPP: commits that charge accounts, and steps of dialogues
whose state is stored at every step (load the dialogue, look at the account, save the dialogue; every fourth
step charges the account as well).  SQLite keeps dialogues in memory.  Redis is the `redis-server` of this
machine with `appendonly yes`, once with `appendfsync always`, once with `everysec`.  Beside the rates stands
the processor time of our process for one commit or step: what the rate would be on a core of its own.
"""

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import uvloop
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from ussd_gateway.billing import purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import OPENING, LedgerEntry
from ussd_gateway.billing.store import Commit, Store
from ussd_gateway.storage import open_dialogues, open_store
from ussd_gateway.ussd.dialogue import DialogueTimers, open_dialogue
from ussd_gateway.ussd.store import DialogueStore

SUBSCRIBERS = 400
"""Subscribers at work at the same time."""
BALANCE_KOP = 10**10
CHARGE_EVERY = 4
TIMERS = DialogueTimers()
NOW_MS = 1_780_000_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One load on one store."""

    store: str
    load: str
    per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


class Subscriber:
    """One who charges, or steps through a dialogue, as fast as the store answers."""

    def __init__(self, store: Store, dialogues: DialogueStore, index: int, took_s: list[float]) -> None:
        self.msisdn = str(79260000000 + index)
        self._store = store
        self._dialogues = dialogues
        self._took_s = took_s
        self._account = Account(self.msisdn, 1, balance_kop=BALANCE_KOP)
        self._steps = 0

    async def begin(self) -> None:
        """Open the account and the dialogue."""
        key = f"open:{self.msisdn}"
        entries = [
            LedgerEntry(key, f"{self.msisdn}:main", BALANCE_KOP, "opening", NOW_MS),
            LedgerEntry(key, OPENING, -BALANCE_KOP, "opening", NOW_MS),
        ]
        await self._store.commit(Commit(key, "open", NOW_MS, {}, [self._account], entries))
        position = {"menu": "service_guide", "state": "budget", "variables": {"to": "9261234567"}}
        dialogue = open_dialogue(
            f"d{self.msisdn}",
            self.msisdn,
            "*105#",
            access="smpp:handset",
            session_info=b"\x00\x02",
            position=position,
            now_ms=NOW_MS,
            timers=TIMERS,
        )
        await self._dialogues.save(dialogue)

    async def charge(self) -> None:
        """One commit."""
        self._steps += 1
        key = f"ussd:{self.msisdn}:{self._steps}"
        paid = purse.charge(self._account, 1, "test", key=key, now_ms=NOW_MS, remember=5)
        assert paid is not None, "the balance is large"
        account, entries = paid
        account = account._replace(version=account.version + 1)
        reply = {"screen": "budget", "text": "Остаток бюджета 412.50р"}
        await self._store.commit(Commit(key, "charge", NOW_MS, reply, [account], entries))
        self._account = account

    async def step(self) -> None:
        """One step of the dialogue."""
        dialogue = await self._dialogues.get(self.msisdn)
        account = await self._store.account(self.msisdn)
        assert dialogue is not None
        assert account is not None
        if self._steps % CHARGE_EVERY == 0:
            self._account = account
            await self.charge()
        self._steps += 1
        dialogue.wait_for_answer(NOW_MS, TIMERS)
        await self._dialogues.save(dialogue)

    async def repeat(self, work: Callable[[], Awaitable[None]], until_s: float) -> int:
        """How often it was done until then."""
        done = 0
        clock = time.perf_counter
        began_s = clock()
        while began_s < until_s:
            await work()
            done += 1
            now_s = clock()
            self._took_s.append(now_s - began_s)
            began_s = now_s
        return done


async def measure(name: str, url: str, seconds: float) -> list[Figure]:
    """Both loads on one store."""
    store = open_store(url)
    await store.open()
    dialogues = open_dialogues(store)
    took_s: list[float] = []
    crowd = [Subscriber(store, dialogues, index, took_s) for index in range(SUBSCRIBERS)]
    await asyncio.gather(*(each.begin() for each in crowd))
    figures = []
    for load in ("commits", "steps"):
        works = [each.charge if load == "commits" else each.step for each in crowd]
        for length_s in (seconds / 4, seconds):
            took_s.clear()
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            counts = await asyncio.gather(
                *(each.repeat(work, began_s + length_s) for each, work in zip(crowd, works, strict=True))
            )
            elapsed_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        took_s.sort()
        p50_ms, p99_ms = (took_s[int(len(took_s) * part)] * 1000 for part in (0.5, 0.99))
        done = sum(counts)
        figures.append(Figure(name, load, done / elapsed_s, cpu_s / done * 1e6, p50_ms, p99_ms))
    problems = (await store.audit()).problems
    assert not problems, problems
    await store.close()
    return figures


@contextmanager
def redis_server(appendfsync: str, core: int | None) -> Iterator[str]:
    """The URL of a server in a folder of its own; FileNotFoundError when there is none on this machine."""
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("redis-server is not installed")
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        options = {"port": str(port), "bind": "127.0.0.1", "dir": folder, "save": ""}
        options |= {"appendonly": "yes", "appendfsync": appendfsync, "maxmemory-policy": "noeviction"}
        command = [program, *(word for name, value in options.items() for word in (f"--{name}", value))]
        with machine.pinned(core):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            with redis.Redis(port=port, retry=Retry(ConstantBackoff(0.02), 500)) as client:
                client.ping()
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


def run(seconds: float, console: Console) -> list[Figure]:
    """All stores, one after the other, on the loop that `serve` uses."""
    core_of_client, core_of_server = machine.cores_to_use(0, 1)
    machine.pin(core_of_client)

    def figures_of(name: str, url: str) -> list[Figure]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(measure(name, url, seconds))

    with tempfile.TemporaryDirectory() as folder:
        figures = figures_of("sqlite", f"sqlite:///{Path(folder) / 'gateway.db'}")
    for appendfsync in ("always", "everysec"):
        with redis_server(appendfsync, core_of_server) as url:
            figures += figures_of(f"redis, {appendfsync}", url)
    title = f"one process, {SUBSCRIBERS} subscribers"
    table = Table("store", "load", "a second", "our µs each", "p50 ms", "p99 ms", title=title)
    for each in figures:
        table.add_row(
            each.store,
            each.load,
            f"{each.per_s:,.0f}",
            f"{each.cpu_us:.0f}",
            f"{each.p50_ms:.1f}",
            f"{each.p99_ms:.1f}",
        )
    console.print(table)
    return figures
