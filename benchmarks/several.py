"""`python -m benchmarks several`: whole gateways over SMPP, one process on SQLite, one and several on Redis.

Dialogues are those of mode `ussd`, commits the charges of mode `money`, each durable before its screen is
shown: Redis is the `redis-server` of this machine with `appendonly yes` and `appendfsync always`.  Nothing is
pinned to a core, as there may be fewer cores than processes: read the rows beside each other only, and the
rate of several workers together with the number of cores.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

from rich.console import Console
from rich.table import Table

from benchmarks import machine, matrix, servers
from benchmarks.generator import LoadFailed
from benchmarks.matrix import Cell, Plan
from benchmarks.redis_store import redis_server

WINDOW = 10
CONNECTIONS = 20
"""The kernel deals them out to the workers, by chance: more of them fall more evenly."""
PHONES = 60
"""Of each connection."""
MODES = ("ussd", "money")


def arrangements(workers: int) -> Iterator[tuple[str, bool, int]]:
    """(name, on a Redis, processes)."""
    yield "one process, SQLite", False, 1
    yield "one process, Redis", True, 1
    yield f"{workers} workers, Redis", True, workers


def run(seconds: float, workers: int, console: Console) -> list[Cell]:
    """All of them, one after the other; LoadFailed for any error."""
    plan = Plan(connections=CONNECTIONS, warm_up_s=seconds / 3, seconds=seconds, phones=PHONES)
    load_before = os.getloadavg()[0]
    cells = []
    for name, on_redis, processes in arrangements(workers):
        for mode in MODES:
            with ExitStack() as opened:
                url = opened.enter_context(redis_server("always", None)) if on_redis else None
                server = opened.enter_context(servers.gateway_on(url, processes))
                matrix.provision(plan, server, mode)
                cell, _ = matrix.measure(plan, server, name, mode, WINDOW)
                if cell.errors:
                    raise LoadFailed(f"{name}, {mode}: {cell.errors}")
                cells.append(cell)
    show(console, cells, load_before)
    return cells


def show(console: Console, cells: list[Cell], load_before: float) -> None:
    """A row an arrangement."""
    conditions = machine.conditions()
    title = f"{CONNECTIONS} connections, {WINDOW} in flight each; {conditions['cores']} cores, "
    title += f"load average before {load_before:.1f}"
    table = Table("gateway", "dialogues/s", "p99 of a screen, ms", "commits/s", "p99, ms", title=title)
    for name in dict.fromkeys(cell.server for cell in cells):
        ussd, money = (next(c for c in cells if (c.server, c.mode) == (name, mode)) for mode in MODES)
        table.add_row(
            name,
            f"{ussd.units_per_s:,.0f}",
            f"{ussd.latencies['screen']['p99_ms']:.0f}",
            f"{money.units_per_s:,.0f}",
            f"{money.latencies['screen']['p99_ms']:.0f}",
        )
    console.print(table)
