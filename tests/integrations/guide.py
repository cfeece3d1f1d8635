"""The guides of docs/integrations, taken at their word: their files are run as they are printed, their
commands are typed as they stand, and what the page says is printed must be printed.

A file is a fenced block with its name behind the language; in a console, what follows `$ ` is typed.
"""

import queue
import re
import shlex
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tests.e2e.running import ROOT, Gateway

FOLDER = ROOT / "docs" / "integrations"
PATIENCE_S = 60.0
"""Longest wait for a line or a state that must come; far more than it takes."""
LOOK_S = 0.02
COMMAND = ".venv/bin/ussd-gateway "

_BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<name>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


class Typed(NamedTuple):
    """One command of a console, and what it prints."""

    command: str
    output: str


class Guide:
    """One page."""

    def __init__(self, name: str) -> None:
        self.text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        self._blocks = list(_BLOCK.finditer(self.text))

    def file(self, name: str) -> str:
        """The file that is printed under this name."""
        (body,) = (block["body"] for block in self._blocks if block["name"] == name)
        return str(body)

    def files(self) -> list[str]:
        """The names of all of them."""
        return [block["name"] for block in self._blocks if block["name"]]

    def typed(self) -> list[Typed]:
        """The commands of its consoles, in order."""
        consoles = [block["body"] for block in self._blocks if block["language"] == "console"]
        parts = [part.partition("\n") for console in consoles for part in console.split("$ ")[1:]]
        return [Typed(command, output) for command, _, output in parts]

    def commands_of_ours(self) -> list[Typed]:
        """Those that are `ussd-gateway`, without that word."""
        return [
            Typed(each.command.removeprefix(COMMAND), each.output)
            for each in self.typed()
            if each.command.startswith(COMMAND)
        ]


def instead(text: str, changes: Mapping[str, str]) -> str:
    """The text with every key replaced by its value; each must be there, or the page says something else."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def follow(guide: Guide, gateway: Gateway, changes: Mapping[str, str] = MappingProxyType({})) -> None:
    """Type all commands of a page that are ours; they print what the page says.

    `changes`: other words, as long as those they replace, in commands and in what is printed.
    """
    commands = guide.commands_of_ours()
    assert commands
    for command, output in commands:
        done = gateway.run(*shlex.split(instead(command, changes)))
        assert done.stdout == instead(output, changes), f"{command}: {done.stderr}"
        assert done.returncode == 0


OTHER_DIALECT = {"*500#": "*515#", "Anna": "Анна"}
"""Changes for the account of the index page; the name needs UCS2."""


def wait_until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    """Come back when it is true; an AssertionError that says `what` when it never is."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / LOOK_S)):
        if true():
            return
        pause.wait(LOOK_S)
    raise AssertionError(what())


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A program while it runs; what it prints is read line by line, and told when a line does not come."""

    def __init__(
        self, argv: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._argv = argv
        self._process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._printed: list[str] = []
        self._unread: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._printed.append(line)
            self._unread.put(line.rstrip("\n"))
        self._unread.put(None)

    def line(self) -> str:
        """The next line it prints."""
        try:
            line = self._unread.get(timeout=PATIENCE_S)
        except queue.Empty:
            line = None
        assert line is not None, f"{self._argv[0]} printed no more than:\n{self.printed}"
        return line

    def line_with(self, text: str) -> str:
        """The next line that has this text; those before it are passed over."""
        while text not in (line := self.line()):
            pass
        return line

    def rest(self) -> str:
        """All it has printed, once it has ended by itself."""
        self._reader.join(PATIENCE_S)
        assert not self._reader.is_alive(), f"{self._argv[0]} has not ended:\n{self.printed}"
        return self.printed

    @property
    def printed(self) -> str:
        """All so far."""
        return "".join(self._printed)

    @property
    def ended(self) -> bool:
        """Whether it has come to an end by itself."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Ask it to end; one that does not is ended."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def program(*argv: str, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
    """A program that runs until the end of the block."""
    running = Program(argv, folder, environment)
    try:
        yield running
    finally:
        running.stop()
