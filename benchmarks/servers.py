"""The servers side by side: each a child process on the server's core, on a free loopback port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks import machine

ROOT = Path(__file__).resolve().parent.parent
BENCH_MENUS = Path(__file__).with_name("menus")
NPM_SERVER = Path(__file__).with_name("npm_server.js")
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 30.0
LONGEST_WORDS = 500

CONFIG = """\
smpp:
  window: 1000
  accounts:
    - {system_id: handset, password: handset, role: handsets, msisdns: ["79*"]}
paths:
  menus: menus
  sms_commands: sms_commands
  catalogue: catalogue
log: {level: warning, format: json}
"""


class Unavailable(Exception):
    """This server cannot be had here; the text says why, and its rows are left out."""


class ServerFailed(Exception):
    """A server that should have run did not start, or did not stop well."""


@dataclass(slots=True)
class Server:
    """A running server: where it listens; of a gateway also over HTTP, and its store file over SQLite."""

    name: str
    process: subprocess.Popen[bytes]
    words: IO[bytes]
    port: int
    store_file: Path | None = None
    http_port: int = 0

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def last_words(self) -> str:
        """The end of what it said on its standard error, for a person to find the cause."""
        self.words.seek(0)
        lines = self.words.read().decode(errors="replace").strip().splitlines()
        return f" ({lines[-1][:LONGEST_WORDS]})" if lines else ""

    def stop(self) -> None:
        """SIGTERM, and the exit status it must bring."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerFailed(f"{self.name} did not stop within {STOP_TIMEOUT_S:.0f} s") from None
        if status not in (0, -signal.SIGTERM):
            raise ServerFailed(f"{self.name} ended with status {status}{self.last_words()}")


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launch(
    command: list[str], core: int | None, environment: dict[str, str]
) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start a command on one core; the file collects what it says on its standard error."""
    words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
    with machine.pinned(core):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=words,
        )
    return process, words


def gateway_folder(folder: Path) -> Path:
    """Write a configuration into `folder`: what is shipped, and the bench's own menus."""
    for name in ("menus", "sms_commands", "catalogue"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(BENCH_MENUS, folder / "menus", dirs_exist_ok=True)
    config = folder / "config.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    return config


def gateway_command(config: Path) -> list[str]:
    """`serve` by the interpreter that runs the benchmark."""
    return [str(Path(sys.executable).with_name("ussd-gateway")), "serve", "--config", str(config)]


@contextmanager
def gateway(storage: str, core: int | None) -> Iterator[Server]:
    """The gateway over `memory` or `sqlite`, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="ussdgw-bench-") as name:
        folder = Path(name)
        config = gateway_folder(folder)
        store_file = folder / "gateway.db" if storage == "sqlite" else None
        port, http_port = free_port(), free_port()
        environment = {
            "USSDGW_SMPP__PORT": str(port),
            "USSDGW_HTTP__PORT": str(http_port),
            "USSDGW_STORAGE__URL": f"sqlite:///{store_file}" if store_file else "memory://",
        }
        process, words = launch(gateway_command(config), core, environment)
        with _running(Server(f"gateway, {storage}", process, words, port, store_file, http_port)) as server:
            _wait_until_ready(server, http_port)
            yield server


@contextmanager
def gateway_on(url: str | None, workers: int) -> Iterator[Server]:
    """The gateway on a Redis, or over SQLite, on whatever cores there are; yields when all workers serve."""
    with tempfile.TemporaryDirectory(prefix="ussdgw-bench-") as name:
        folder = Path(name)
        command = [*gateway_command(gateway_folder(folder)), "--workers", str(workers)]
        smpp, http = free_port(), free_port()
        environment = {
            "USSDGW_SMPP__PORT": str(smpp),
            "USSDGW_HTTP__PORT": str(http),
            "USSDGW_STORAGE__URL": url or f"sqlite:///{folder / 'gateway.db'}",
            "USSDGW_STORAGE__PEPPER_FILE": str(folder / "pepper"),
        }
        process, words = launch(command, None, environment)
        with _running(Server(f"gateway, {workers} workers", process, words, smpp)) as server:
            _wait_until_ready(server, http)
            yield server


@contextmanager
def echo(core: int | None) -> Iterator[Server]:
    """The do-nothing asyncio server."""
    port = free_port()
    process, words = launch([sys.executable, "-m", "benchmarks.echo", str(port)], core, {})
    with _running(Server("asyncio echo", process, words, port)) as server:
        yield server


@contextmanager
def ussd_echo(core: int | None) -> Iterator[Server]:
    """The same, with a screen for each step of a dialogue."""
    port = free_port()
    process, words = launch([sys.executable, "-m", "benchmarks.echo", str(port), "ussd"], core, {})
    with _running(Server("asyncio echo, ussd", process, words, port)) as server:
        yield server


@contextmanager
def bare_npm(core: int | None) -> Iterator[Server]:
    """A bare server of the npm package `smpp`, installed into a folder that goes away afterwards."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise Unavailable("npm or node is not installed")
    with tempfile.TemporaryDirectory(prefix="ussdgw-bench-npm-") as folder:
        install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "smpp"]
        try:
            result = subprocess.run(install, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            raise Unavailable("npm install smpp took more than two minutes") from None
        if result.returncode:
            reason = (result.stderr or result.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise Unavailable(f"npm install smpp failed: {reason[0]}")
        port = free_port()
        modules = {"NODE_PATH": str(Path(folder) / "node_modules")}
        process, words = launch([node, str(NPM_SERVER), str(port)], core, modules)
        with _running(Server("npm smpp", process, words, port)) as server:
            yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    """Wait until it listens; stop it at the end, whatever happened in between."""
    with server.words:
        try:
            _wait_until_listening(server)
            yield server
        except BaseException:
            server.process.kill()
            server.process.wait()
            raise
        server.stop()


def _wait_until_listening(server: Server) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if server.process.poll() is not None:
            status = server.process.returncode
            raise ServerFailed(f"{server.name} ended with {status} at its start{server.last_words()}")
        try:
            socket.create_connection(server.address, timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise ServerFailed(f"{server.name} does not listen after {START_TIMEOUT_S:.0f} s")


def _wait_until_ready(server: Server, http_port: int) -> None:
    """One worker listens before the others do; all must have come before connections are dealt out."""
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{http_port}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise ServerFailed(f"{server.name} is not ready after {START_TIMEOUT_S:.0f} s{server.last_words()}")
