"""Gateways that are born quickly, so that many can be killed: forked from a process that has read everything.

Each is a process of its own and a whole gateway (`App`, with the shipped files and one more menu); what is
not whole about it: it is forked, not started by `ussdgw serve`, and its password hashes are cheap.  Over a
pipe it is told what to do and answers.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.world import REPOSITORY
from ussd_gateway import logs
from ussd_gateway.app import App
from ussd_gateway.clock import Clock
from ussd_gateway.config import Config, load_config
from ussd_gateway.service import Files, Folders, load_files
from ussd_gateway.storage.vault import ScryptHasher

MENU = """
menu: charge
service_codes: ["*900#"]
start: charge
screens:
  charge:
    action: account.charge
    with: {fee_kop: 1, note: test}
    on:
      done: {end: {ru: "charged {fee_kop}", en: "charged {fee_kop}"}}
      denied: {end: {ru: "refused", en: "refused"}}
"""
ANSWER_S = 60.0


@cache
def files() -> Files:
    """The shipped files with one menu instead of all; in the process that all are forked from, once."""
    with TemporaryDirectory() as folder:
        menus = Path(folder)
        (menus / "charge.yaml").write_text(MENU)
        folders = Folders(menus, REPOSITORY / "sms_commands", REPOSITORY / "catalogue")
        return load_files(folders, config("memory://").numbering_plan())


def config(url: str, **environment: str) -> Config:
    """Of a gateway on free ports; the environment says more."""
    settings = {
        "USSDGW_STORAGE__URL": url,
        "USSDGW_SMPP__PORT": "0",
        "USSDGW_HTTP__PORT": "0",
        **environment,
    }
    return load_config(REPOSITORY / "config.yaml", settings)


class Gateway(App):
    """A whole gateway with the files that were read before it was born."""

    def __init__(self, settings: Config, clock: Clock | None = None) -> None:
        super().__init__(settings, clock=clock, hasher=ScryptHasher(b"a pepper for tests", cost=4))

    def _load_files(self) -> Files:
        return files()


class Pipe:
    """The pipe to the test, as an event loop wants it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heard: asyncio.Queue[Any] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(connection.fileno(), self._read)

    def _read(self) -> None:
        try:
            self._heard.put_nowait(self._connection.recv())
        except EOFError:
            # The test is over, so nobody would ever kill us.
            os._exit(0)

    async def hear(self) -> Any:
        return await self._heard.get()

    def say(self, word: Any) -> None:
        self._connection.send(word)


Life = Callable[..., Coroutine[Any, Any, None]]
"""(pipe, arguments...) -> lives until it is killed."""


class Born:
    """A process, seen from the test."""

    def __init__(self, life: Life, *args: Any) -> None:
        context = _warm()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_live, args=(theirs, life, args), daemon=True)
        self._process.start()
        theirs.close()

    def tell(self, word: Any) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            self._pipe.send(word)

    def heard(self) -> Any:
        """The next word; EOFError when it died first."""
        assert self._pipe.poll(ANSWER_S), "no word of it"
        try:
            return self._pipe.recv()
        except ConnectionResetError:
            raise EOFError from None

    def wait(self, seconds: float) -> None:
        """So long, or until it says something."""
        self._pipe.poll(seconds)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.join()

    def last_words(self) -> list[Any]:
        """What it has said before it was killed."""
        words = []
        with suppress(EOFError, ConnectionResetError):
            while self._pipe.poll():
                words.append(self._pipe.recv())
        self._pipe.close()
        return words


@cache
def _warm() -> multiprocessing.context.ForkServerContext:
    """The process to fork from, which imports what it finds on its path before anything else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.durability.nursery_warm"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        forkserver.ensure_running()
    return context


def _live(connection: Connection, life: Life, args: tuple[Any, ...]) -> None:
    logs.configure("error")

    async def begin() -> None:
        await life(Pipe(connection), *args)

    asyncio.run(begin())
