"""`python -m benchmarks several`: whole gateways over SMPP, one process on SQLite, one and several on Redis.

Dialogues are those of mode `ussd`, commits the charges of mode `money`, each durable before its screen is
shown: Redis is the `redis-server` of this machine with `appendonly yes`, and `appendfsync always` or what
`--appendfsync` says.  Nothing is pinned to a core, as there may be fewer cores than processes: read the rows
beside each other only, and the rate of several workers together with the number of cores.  What more cores
would do is seen from the processor time: a million microseconds, divided by those of a step in one gateway
process, are the steps a second on a core of its own; divided by those in Redis, what one Redis bears.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import redis
from rich.console import Console
from rich.table import Table

from benchmarks import machine, matrix, servers
from benchmarks.generator import LoadFailed
from benchmarks.matrix import Cell, Plan
from benchmarks.redis_store import redis_server

WINDOW = 50
CONNECTIONS = 20
"""The kernel deals them out to the workers, by chance: more of them fall more evenly."""
PHONES = 150
"""Of each connection."""
MODES = ("ussd", "money")
STEPS = {"ussd": 3, "money": 1}
"""Of one dialogue: the code and two answers; the code alone."""


class Row(NamedTuple):
    """A cell, and the processor time Redis spent on a step of it, microseconds."""

    cell: Cell
    redis_us: float | None


def arrangements(workers: int) -> Iterator[tuple[str, bool, int]]:
    """(name, on a Redis, processes)."""
    yield "SQLite", False, 1
    yield "Redis", True, 1
    yield f"Redis, {workers} workers", True, workers


def run(seconds: float, workers: int, appendfsync: str, console: Console) -> list[Row]:
    """All of them, one after the other; LoadFailed for any error."""
    plan = Plan(connections=CONNECTIONS, warm_up_s=seconds / 3, seconds=seconds, phones=PHONES)
    load_before = os.getloadavg()[0]
    rows = []
    for name, on_redis, processes in arrangements(workers):
        for mode in MODES:
            with ExitStack() as opened:
                url = opened.enter_context(redis_server(appendfsync, None)) if on_redis else None
                server = opened.enter_context(servers.gateway_on(url, processes))
                matrix.provision(plan, server, mode)
                before_s = redis_cpu_s(url)
                cell, units = matrix.measure(plan, server, name, mode, WINDOW)
                if cell.errors:
                    raise LoadFailed(f"{name}, {mode}: {cell.errors}")
                spent_us = (redis_cpu_s(url) - before_s) * 1e6 / (units * STEPS[mode])
                rows.append(Row(cell, spent_us if url else None))
    show(console, rows, load_before)
    return rows


def redis_cpu_s(url: str | None) -> float:
    """Processor time the Redis has spent so far; 0 without one."""
    if url is None:
        return 0.0
    with redis.Redis.from_url(url) as client:
        used = client.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


def show(console: Console, rows: list[Row], load_before: float) -> None:
    """A row an arrangement and mode."""
    conditions = machine.conditions()
    title = f"{CONNECTIONS} connections, {WINDOW} in flight each; {conditions['cores']} cores, "
    title += f"load average before {load_before:.1f}"
    table = Table("gateway", "load", "a second", "steps/s", "p99 ms", "our µs", "Redis µs", title=title)
    for cell, redis_us in rows:
        table.add_row(
            cell.server,
            "dialogues" if cell.mode == "ussd" else "charges",
            f"{cell.units_per_s:,.0f}",
            f"{cell.steps_per_s:,.0f}",
            f"{cell.latencies['screen']['p99_ms']:.0f}",
            f"{cell.cpu_us_per_step:.0f}",
            "" if redis_us is None else f"{redis_us:.0f}",
        )
    console.print(table)
