"""A command at a terminal, with somebody who types."""

import os
import select
import subprocess
import time

from tests.e2e.running import ROOT, Gateway, command


class Terminal:
    """A pseudo-terminal with a command in it.

    Type only when the prompt stands again: while something is printed above it, keys go nowhere.
    """

    def __init__(self, gateway: Gateway, *arguments: str) -> None:
        self._master, slave = os.openpty()
        environment = gateway.environment | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = subprocess.Popen(
            command(*arguments), cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        self.seen = ""

    def expect(self, text: str, timeout_s: float = 20) -> None:
        """Read until `text` has been shown; what was shown before is used up."""
        deadline = time.monotonic() + timeout_s
        while text not in self.seen:
            ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} was not shown: {self.seen[-2000:]!r}"
            self.seen += os.read(self._master, 65536).decode("utf-8", "replace")
        self.seen = self.seen.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def close(self) -> int:
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._master)
