"""`serve --workers N`: several gateways on one host behind one SMPP port, and the supervisor that keeps them.

    supervisor   holds the port (SO_REUSEPORT), starts the workers, replaces one that dies, passes signals on
    worker 0..   gateways like any other, on one store, beside each other as on several hosts
    worker 0     also listens for HTTP; `/readyz` and `/metrics` there speak for all

Worker and supervisor are tied by a pipe: a line says how many workers serve, its end says that the
supervisor has gone, and the worker finishes as if told to stop.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from ussd_gateway.cli.codes import EXIT_OK, EXIT_UNABLE
from ussd_gateway.errors import ConfigError

if TYPE_CHECKING:
    from ussd_gateway.config import Config

PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
"""Before a dead worker is replaced; doubled when it did not live for so long."""
PATIENCE_S = 15.0
"""How much longer than its own draining a worker may take to stop."""
READY = "ready"


class _Event(NamedTuple):
    """A worker has said a line, or (None) has ended; or a signal has come (`worker` -1)."""

    worker: int
    pid: int
    line: str | None


class _Worker:
    """One process, now and after it was replaced."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.process: subprocess.Popen[str] | None = None
        self.ready = False
        self.banner: list[str] = []
        self.started_s = 0.0
        self.pause_s = PAUSE_S
        self.restart_at_s: float | None = None


class Supervisor:
    """Starts workers and keeps them until it is told to stop."""

    def __init__(self, config: "Config", config_path: Path | None, count: int) -> None:
        """Raises ConfigError for a store or a clock that several processes cannot share."""
        scheme = config.storage.url.partition(":")[0]
        if scheme in ("sqlite", "memory"):
            raise ConfigError(
                f"{scheme} is the store of one process: several workers need a Redis in storage.url "
                "(redis://, redis+sentinel:// or redis+cluster://)"
            )
        if config.clock == "virtual":
            raise ConfigError("each worker would have a virtual clock of its own: use clock: system")
        self._config = config
        self._config_path = config_path
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._workers = [_Worker(index) for index in range(count)]
        self._stopping = False
        self._told = False
        self._code = EXIT_OK

    def run(self) -> int:
        """Until SIGTERM or Ctrl-C; the exit code."""
        try:
            reserved = _reserve(self._config.smpp.host, self._config.smpp.port)
        except OSError as error:
            raise ConfigError(f"cannot listen for SMPP: {error.strerror or error}") from error
        with reserved, tempfile.TemporaryDirectory(prefix="ussdgw-") as self._folder:
            self._environment = {**os.environ, "USSDGW_SMPP__PORT": str(reserved.getsockname()[1])}
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, lambda got, frame: self._events.put(_Event(-1, got, None)))
            for worker in self._workers:
                self._start(worker)
            while any(worker.process or worker.restart_at_s for worker in self._workers):
                self._turn()
        return self._code

    # ------------------------------------------------------------ what happens

    def _turn(self) -> None:
        try:
            event = self._events.get(timeout=0.1)
        except Empty:
            self._replace_due()
            return
        if event.worker < 0:
            self._signal(signal.Signals(event.pid))
            return
        worker = self._workers[event.worker]
        if worker.process is None or worker.process.pid != event.pid:
            return
        if event.line is None:
            self._ended(worker)
        elif event.line == READY:
            worker.ready = True
            self._tell()
        elif not worker.ready:
            worker.banner.append(event.line)
            if event.line.startswith("HTTP"):
                # Whoever comes after it listens there too, even if the port was a free one.
                self._environment["USSDGW_HTTP__PORT"] = event.line.rpartition(":")[2]

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.process is not None:
                worker.process.send_signal(number)
        if number != signal.SIGHUP and not self._stopping:
            self._stopping = True
            self._give_up_waiting()

    def _give_up_waiting(self) -> None:
        """End what has not stopped in good time."""
        for worker in self._workers:
            worker.restart_at_s = None
            if worker.process is not None:
                timer = threading.Timer(self._config.smpp.drain_timeout_s + PATIENCE_S, worker.process.kill)
                timer.daemon = True
                timer.start()

    def _ended(self, worker: _Worker) -> None:
        assert worker.process is not None
        code = worker.process.wait()
        worker.process, was_ready, worker.ready = None, worker.ready, False
        if self._stopping:
            self._code = self._code or (code if code > 0 else EXIT_OK)
            return
        if not was_ready and not self._told:
            # It has never worked, and has said why.
            self._code = code if code > 0 else EXIT_UNABLE
            self._signal(signal.SIGTERM)
            return
        lived_s = time.monotonic() - worker.started_s
        worker.pause_s = PAUSE_S if lived_s > LONGEST_PAUSE_S else min(2 * worker.pause_s, LONGEST_PAUSE_S)
        worker.restart_at_s = time.monotonic() + worker.pause_s
        print(f"worker {worker.index} ended with {code}, starting another", file=sys.stderr, flush=True)
        self._tell()

    def _replace_due(self) -> None:
        for worker in self._workers:
            if worker.restart_at_s is not None and worker.restart_at_s <= time.monotonic():
                self._start(worker)

    def _start(self, worker: _Worker) -> None:
        worker.restart_at_s = None
        worker.started_s = time.monotonic()
        worker.banner.clear()
        options = ["--config", str(self._config_path)] if self._config_path is not None else []
        worker.process = process = subprocess.Popen(  # noqa: S603 - this very program
            [
                sys.executable,
                "-m",
                "ussd_gateway",
                "serve",
                *options,
                "--worker",
                str(worker.index),
                self._folder,
            ],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, args=(worker.index, process), daemon=True).start()

    def _read(self, index: int, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._events.put(_Event(index, process.pid, line.rstrip("\n")))
        self._events.put(_Event(index, process.pid, None))

    def _tell(self) -> None:
        """How many serve: to the first worker, which answers for all; to the terminal when all do at last."""
        ready = sum(worker.ready for worker in self._workers)
        first = self._workers[0]
        if first.process is not None and first.process.stdin is not None:
            try:
                first.process.stdin.write(f"{ready} {len(self._workers)}\n")
                first.process.stdin.flush()
            except OSError:
                pass  # it has just ended
        if ready == len(self._workers) and not self._told:
            self._told = True
            print("\n".join([*first.banner, f"note  {ready} workers", READY]), flush=True)


def _reserve(host: str, port: int) -> socket.socket:
    """A socket that keeps the port for the workers; it never listens."""
    family, _, _, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    reserved = socket.socket(family, socket.SOCK_STREAM)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(address)
    except OSError:
        reserved.close()
        raise
    return reserved
