"""A whole gateway inside this process to play scripts against: an empty store, a clock that stands still.

It is the gateway of the configuration in everything else.  No port is opened: phones are objects, and its
HTTP API, which is the back room of scripts, listens on a socket in a folder of its own.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from aiohttp import web

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import Config
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
from ussd_gateway.replay.labs.embedded import EmbeddedLab
from ussd_gateway.service import Files, Folders, load_files
from ussd_gateway.storage.vault import ScryptHasher
from ussd_gateway.web.server import build

QUICK_HASH = 4
"""Cost of a password hash: nothing here outlives the process."""
URL = "http://localhost"


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A started gateway: the lab to play on, and what tests of their own may want."""

    lab: EmbeddedLab
    app: App
    clock: ManualClock


@asynccontextmanager
async def open_laboratory(
    config: Config, *, clock: ManualClock | None = None, files: Files | None = None
) -> AsyncIterator[Laboratory]:
    """Start it and stop it; raises ConfigError for menus, commands or a catalogue that are not valid.

    `files` are those of the configuration, loaded already: then a start takes some ten milliseconds.
    """
    clock = clock or ManualClock()
    with TemporaryDirectory(prefix="ussdgw-") as folder:
        storage = config.storage.model_copy(update={"url": "memory://", "mailbox": Path(folder) / "mailbox"})
        config = config.model_copy(update={"storage": storage})
        hasher = ScryptHasher(b"only for this process", cost=QUICK_HASH)
        app = _Loaded(config, files, clock, hasher)
        await app.start(listen=False)
        try:
            async with _back_room(app, Path(folder) / "api") as back_room:
                yield Laboratory(EmbeddedLab(app, back_room), app, clock)
        finally:
            await app.stop()


_read: dict[tuple[object, ...], Files] = {}
MOST_READ = 8


def unchanged_files(folders: Folders, plan: NumberingPlan) -> Files:
    """The files of these folders, read once as long as nobody writes them: a start takes tens of milliseconds
    then, and every test may have a gateway of its own.  Raises ConfigError."""
    stamp = (
        folders,
        plan,
        *_stamps(folders.menus),
        *_stamps(folders.sms_commands),
        *_stamps(folders.catalogue),
    )
    if stamp not in _read:
        if len(_read) >= MOST_READ:
            _read.clear()
        _read[stamp] = load_files(folders, plan)
    return _read[stamp]


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in sorted(folder.rglob("*.y*ml")):
        status = path.stat()
        yield str(path), status.st_mtime_ns, status.st_size


class _Loaded(App):
    """A gateway with files that were read before."""

    def __init__(self, config: Config, files: Files | None, clock: ManualClock, hasher: ScryptHasher) -> None:
        super().__init__(config, clock=clock, hasher=hasher)
        self._files = files

    def _load_files(self) -> Files:
        return super()._load_files() if self._files is None else self._files


@asynccontextmanager
async def _back_room(app: App, socket: Path) -> AsyncIterator[HttpBackRoom]:
    """The HTTP API of the gateway, for nobody else."""
    runner = web.AppRunner(build(app.services(), host="localhost", token=None), access_log=None)
    await runner.setup()
    try:
        await web.UnixSite(runner, str(socket)).start()
        back_room = HttpBackRoom(URL, connector=aiohttp.UnixConnector(str(socket)))
        await back_room.open()
        try:
            yield back_room
        finally:
            await back_room.close()
    finally:
        await runner.cleanup()
