"""Real Redis servers for tests: on free ports of loopback, in folders of their own, stopped by process."""

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NotYet
from redis.retry import Retry

PATIENCE = Retry(ConstantBackoff(0.02), 1000)
SAFE = ("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One `redis-server` (or sentinel), started on request and killed at the end."""

    def __init__(self, program: str, folder: Path, *options: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.folder = folder
        self.command = [
            program,
            *options,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def client(self, **options: Any) -> "Redis":
        return Redis(port=self.port, protocol=2, **options)

    def start(self) -> None:
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(self.command, stdout=output, stderr=output)
        with self.client(retry=PATIENCE) as client:
            client.ping()

    def kill(self) -> None:
        """At once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()

    def flush_scripts(self) -> None:
        with self.client() as client:
            client.script_flush()


class Cluster:
    """Three masters that share the slots."""

    def __init__(self, program: str, folder: Path) -> None:
        self.servers = [
            Server(
                program,
                folder / str(n),
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                str(free_port()),
                "--save",
                "",
            )
            for n in range(3)
        ]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    def start(self) -> None:
        for server in self.servers:
            server.start()
        first, *others = self.servers
        bounds = [0, 5461, 10923, 16384]
        for server, begin, end in zip(self.servers, bounds, bounds[1:], strict=False):
            with server.client() as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", begin, end - 1)
        with first.client() as client:
            for server in others:
                bus = server.command[server.command.index("--cluster-port") + 1]
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", server.port, bus)
        for server in self.servers:
            PATIENCE.call_with_retry(partial(self._must_be_whole, server), lambda error: None)

    @staticmethod
    def _must_be_whole(server: Server) -> None:
        with server.client() as client:
            info = str(client.execute_command("CLUSTER", "INFO"))
        if not re.search(r"cluster_state\W+ok", info) or "16384" not in info:
            raise NotYet("the cluster has not come together")

    def kill(self) -> None:
        for server in self.servers:
            server.kill()

    def flush(self) -> None:
        for server in self.servers:
            server.flush()

    def flush_scripts(self) -> None:
        for server in self.servers:
            server.flush_scripts()


Running = Server | Cluster


def _kept(running: Running, folder: Path) -> Iterator[Running]:
    try:
        running.start()
        yield running
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(
    needs_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One server, for the whole run; a test that uses it empties it first."""
    folder = tmp_path_factory.mktemp("redis")
    yield from _kept(Server(needs_program("redis-server"), folder, *SAFE), folder)


@pytest.fixture(scope="session")
def redis_cluster(
    needs_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Three masters, for the whole run; a test that uses them empties them first."""
    folder = tmp_path_factory.mktemp("cluster")
    yield from _kept(Cluster(needs_program("redis-server"), folder), folder)


@pytest.fixture
def redis_servers(needs_program: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers of one test alone, each with the options given; what still runs at the end is killed."""
    program = needs_program("redis-server")
    made: list[Server] = []

    def make(*options: str, port: int | None = None) -> Server:
        made.append(Server(program, tmp_path / f"redis{len(made)}", *SAFE, *options, port=port))
        return made[-1]

    yield make
    for server in made:
        server.kill()


__all__: Sequence[str] = [
    "Cluster",
    "Running",
    "Server",
    "free_port",
    "redis_cluster",
    "redis_server",
    "redis_servers",
]
