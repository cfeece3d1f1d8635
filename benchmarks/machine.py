"""The machine: which core a process may use, how busy it was, and what a result was taken on."""

import importlib.metadata
import os
import platform
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ussd_gateway

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def pin(core: int | None) -> None:
    """Keep this process (and what it starts from now on) on one core; nothing happens for None."""
    if core is not None:
        os.sched_setaffinity(0, {core})


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """What is started inside runs on `core`; we are back on our own afterwards."""
    if core is None:
        yield
        return
    own = os.sched_getaffinity(0)
    pin(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


def cores_to_use(server: int, generator: int) -> tuple[int | None, int | None]:
    """The two cores, or None for both where pinning is not possible."""
    if not hasattr(os, "sched_setaffinity"):
        return None, None
    available = os.sched_getaffinity(0)
    if server == generator or not {server, generator} <= available:
        return None, None
    return server, generator


def _process_ticks(pid: int) -> int:
    """Of the process and its children: a gateway's workers are those."""
    fields = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    children = PROC / str(pid) / "task" / str(pid) / "children"
    own = int(fields[11]) + int(fields[12])  # utime, stime; proc(5)
    return own + sum(_process_ticks(int(child)) for child in children.read_text().split())


def _busy_ticks() -> int:
    fields = [int(field) for field in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4]  # all but idle and iowait; proc(5)


@dataclass(slots=True)
class Busy:
    """Processor time spent in a period, in percent of one core."""

    server: float = 0.0
    generator: float = 0.0
    others: float = 0.0
    """Everything else on the machine: a large value means that the figures were disturbed."""


class Stopwatch:
    """Processor time of the server, the generator and everybody else between `start` and `read`."""

    def __init__(self, server_pid: int) -> None:
        self._server = server_pid
        self._start = self._ticks()

    def _ticks(self) -> tuple[int, int, int]:
        if not (PROC / "stat").exists():
            return 0, 0, 0
        return _process_ticks(self._server), _process_ticks(os.getpid()), _busy_ticks()

    def read(self, seconds: float) -> Busy:
        """What the `seconds` since the start were spent on."""
        server, generator, all_of_it = (
            100 * (now - then) / TICKS_PER_S / seconds
            for now, then in zip(self._ticks(), self._start, strict=True)
        )
        return Busy(server, generator, max(0.0, all_of_it - server - generator))


def resident_mb(pid: int) -> float:
    """Memory a process holds (resident set, MB of 10^6 bytes)."""
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(f"process {pid} has no resident set")


def conditions() -> dict[str, Any]:
    """What must stand beside the figures for them to mean anything."""
    return {
        "gateway": ussd_gateway.__version__,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "uvloop": _version("uvloop"),
        "sqlite": sqlite3.sqlite_version,
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    cpuinfo = PROC / "cpuinfo"
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
