"""A gateway as a tester runs it: `ussd-gateway serve` in a process of its own, and commands beside it."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from ussd_gateway.cli.program import run as run_command

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
COMMAND_TIMEOUT_S = 60

_ADDRESS = re.compile(r"^(SMPP|HTTP)\s+(?:http://)?127\.0\.0\.1:(\d+)$")


def clean_environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of a gateway, plus these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USSDGW_")}
    return kept | {f"USSDGW_{name}": value for name, value in settings.items()}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ussd_gateway", *arguments]


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str

    def events(self) -> list[dict[str, Any]]:
        """What it printed under --json."""
        return [json.loads(line) for line in self.stdout.splitlines()]


def in_process(environment: dict[str, str], *arguments: str) -> Done:
    """A command without the half second a new process takes."""
    out, errors = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, environment, clear=True), redirect_stdout(out), redirect_stderr(errors):
        code = run_command(arguments)
    return Done(code, out.getvalue(), errors.getvalue())


def in_a_process(environment: dict[str, str], *arguments: str) -> Done:
    """A command as the shell runs it."""
    done = subprocess.run(
        command(*arguments),
        check=False,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def prompt_catalogue(folder: Path) -> Path:
    """The shipped catalogue, but messages leave at once: nobody waits two seconds in a test."""
    copy = folder / "catalogue"
    shutil.copytree(ROOT / "catalogue", copy)
    settings = copy / "settings.yaml"
    text = settings.read_text(encoding="utf-8")
    assert "delay_s: 2" in text
    settings.write_text(text.replace("delay_s: 2", "delay_s: 0"), encoding="utf-8")
    return copy


class Gateway:
    """Starts on free ports; `environment` makes commands talk to it."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.database = folder / "gateway.db"
        defaults = {
            "SMPP__PORT": "0",
            "HTTP__PORT": "0",
            "STORAGE__URL": f"sqlite:///{self.database}",
            "CLOCK": "virtual",
        }
        self.errors = folder / "stderr"
        self.banner: list[str] = []
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                command("serve", *arguments),
                cwd=ROOT,
                env=clean_environment(**defaults | settings),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        ports = self._ports()
        self.smpp_port, self.http_port = ports["SMPP"], ports["HTTP"]
        own = {"SMPP__PORT": str(self.smpp_port), "HTTP__PORT": str(self.http_port)}
        self.environment = clean_environment(**defaults | settings | own)

    def _ports(self) -> dict[str, int]:
        """Read the banner up to its last line; a gateway that does not come up is stopped."""
        ports = {}
        watchdog = threading.Timer(START_TIMEOUT_S, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            line = line.rstrip("\n")
            self.banner.append(line)
            if match := _ADDRESS.match(line):
                ports[match[1]] = int(match[2])
            if line == "ready":
                break
        watchdog.cancel()
        assert ports.keys() == {"SMPP", "HTTP"}, self.errors.read_text()
        return ports

    def run(self, *arguments: str) -> Done:
        """A command that talks to this gateway."""
        return in_process(self.environment, *arguments)

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """A call of the API: status and JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            method=method,
            headers=headers or {},
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def log(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        return [json.loads(line) for line in self.errors.read_text().splitlines() if line.startswith("{")]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()
