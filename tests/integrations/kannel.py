"""Kannel of the guide on free ports: its two daemons and the service it asks, started here and stopped by
their process ids; their words are shown when one does not come up."""

import contextlib
import shutil
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.integrations.guide import Guide, Program, free_port, instead, program, wait_until

DAEMONS = "/usr/sbin:/usr/local/sbin"
"""Where they are, though PATH may not lead there."""


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Kannel(NamedTuple):
    """While it runs."""

    bearerbox: Program
    smsbox: Program
    service: Program
    admin_port: int
    sendsms_port: int
    http_port: int

    def status(self) -> str:
        """What bearerbox says of itself: its connections and counters."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/status.txt", timeout=10) as answer:
            return str(answer.read().decode())

    def until_status(self, word: str) -> None:
        """Wait until the connection to the gateway is in that state (`online`, `re-connecting`)."""
        wait_until(lambda: word in self.link(), lambda: f"{self.link()}\n{self.bearerbox.printed}")

    def link(self) -> str:
        """The line of the status about the gateway."""
        with contextlib.suppress(OSError):
            return next((line for line in self.status().splitlines() if "gateway[gateway]" in line), "")
        return ""


@contextmanager
def running_kannel(
    guide: Guide,
    smpp_port: int,
    folder: Path,
    needs_program: Callable[[str], str],
    account: str = "app",
    more: str = "",
) -> Iterator[Kannel]:
    """bearerbox and smsbox with the configuration of the guide and what is put behind it, and its service."""
    admin, boxes, sendsms, http = (free_port() for _ in range(4))
    configuration = instead(
        guide.file("kannel.conf"),
        {
            "port = 2775": f"port = {smpp_port}",
            "smsc-username = app": f"smsc-username = {account}",
            "smsc-password = app": f"smsc-password = {account}",
            "13000": str(admin),
            "13001": str(boxes),
            "13013": str(sendsms),
            "127.0.0.1:8000": f"127.0.0.1:{http}",
        },
    )
    (folder / "kannel.conf").write_text(f"{configuration}\n{more}", encoding="utf-8")
    (folder / "service.py").write_text(guide.file("service.py"), encoding="utf-8")
    with contextlib.ExitStack() as stack:

        def start(*argv: str, port: int) -> Program:
            started = stack.enter_context(program(*argv, folder=folder))
            wait_until(lambda: listens(port) or started.ended, lambda: started.printed)
            assert not started.ended, f"{argv[0]} ended:\n{started.printed}"
            return started

        def daemon(name: str, port: int) -> Program:
            path = shutil.which(name, path=DAEMONS) or needs_program(name)
            return start(path, "-v", "1", "kannel.conf", port=port)

        service = start(sys.executable, "service.py", str(http), port=http)
        kannel = Kannel(daemon("bearerbox", admin), daemon("smsbox", sendsms), service, admin, sendsms, http)
        kannel.until_status("online")
        yield kannel
