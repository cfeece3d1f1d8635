"""A journal of our own beside a Redis that may fail over: commits on our disk before anybody hears of them.

    Redis has done it -> appended here and flushed -> the caller gets the reply
    another server answers, or a start             -> what it does not know is done again (`redis_restore`)

A replica that becomes master may lack what the old master had acknowledged.  The journal is a folder; each
process writes segments `HOLDER-NUMBER` of its own and takes over those of processes that have gone.  A record
is the commit as the script got it (texts of messages too, so only the owner may read the files), behind its
length and checksum: a record half written was never acknowledged.

What it cannot save: a commit whose gateway died before the flush and that another gateway has found by its
key since, if just then the failover comes.
"""

import asyncio
import fcntl
import os
import re
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from ussd_gateway.errors import ConfigError, StoreUnavailable
from ussd_gateway.storage.redis_wire import pack

KEEP_S = 60.0
"""A commit is kept at least so long: a replica that is further behind is not made master."""
SEGMENT_BYTES = 16 << 20
"""A segment that has grown so large is followed by the next."""
PAGE = 1000
"""Records read together."""
_HEAD = Struct(">II")
_SEGMENT = re.compile(r"(\d+)-(\d{12})\Z")


class Record(NamedTuple):
    """One commit: KEYS and ARGV of `commit.lua`."""

    bucket: int
    keys: tuple[bytes, ...]
    args: tuple[bytes, ...]


class Journal:
    """The commits that this process has acknowledged lately."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pending: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._lock = self._file = -1
        self._holder = self._number = self._size = 0
        self._begun_s = 0.0
        self.broken: str | None = None
        """Why nothing can be written any more; a failed flush is not tried again."""

    # ------------------------------------------------------------ life

    async def open(self) -> None:
        """ConfigError when the folder is not usable."""
        try:
            await asyncio.to_thread(self._open)
        except OSError as error:
            raise ConfigError(f"storage.redis.journal: {error}") from error

    def _open(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        holder = 0
        while (lock := self._locked(holder)) is None:
            holder += 1
        self._holder, self._lock = holder, lock
        segments = self._segments()
        self._number = max((number for owner, number in segments if owner == holder), default=0)
        for owner, number in sorted(segments):
            other = None if owner == holder else self._locked(owner)
            if other is not None:
                # Its process has gone.  It may have gone while taking over others: then they are all there.
                self._number += 1
                self._path(owner, number).rename(self._path(holder, self._number))
                os.close(other)
        self._begin_segment()

    async def close(self) -> None:
        await self.flushed()
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    def _locked(self, holder: int) -> int | None:
        """The lock of a holder, which is let go when its process ends; None when somebody has it."""
        descriptor = os.open(self._folder / f"{holder}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    # ------------------------------------------------------------ writing

    async def append(self, record: Record) -> None:
        """Come back when it is on the disk; StoreUnavailable of unknown outcome when it cannot be."""
        if self.broken:
            raise StoreUnavailable(self.broken, outcome_unknown=True)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((_packed(record), done))
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())
        await done

    async def flushed(self) -> None:
        """Come back when all that was appended is on the disk, or cannot be."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        """Whatever has come while the disk was busy goes together."""
        while self._pending:
            batch, self._pending = self._pending, []
            try:
                if self.broken is None:
                    await asyncio.to_thread(self._write, b"".join([octets for octets, _ in batch]))
            except OSError as error:
                self.broken = f"the journal cannot be written: {error}"
            for _, done in batch:
                if done.done():
                    continue
                if self.broken is None:
                    done.set_result(None)
                else:
                    done.set_exception(StoreUnavailable(self.broken, outcome_unknown=True))
        self._flushing = None

    def _write(self, octets: bytes) -> None:
        if self._size > SEGMENT_BYTES or time.monotonic() - self._begun_s > KEEP_S:
            os.close(self._file)
            self._begin_segment()
            self._forget_old()
        view = memoryview(octets)
        while view:
            view = view[os.write(self._file, view) :]
        os.fdatasync(self._file)
        self._size += len(octets)

    def _begin_segment(self) -> None:
        self._number += 1
        path = self._path(self._holder, self._number)
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        self._size, self._begun_s = 0, time.monotonic()
        # The name, too, must survive a power cut.
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _forget_old(self) -> None:
        """Segments long done with; called when commits succeed, so never while Redis is gone."""
        oldest_s = time.time() - KEEP_S
        for path in self._own():
            if path.stat().st_mtime < oldest_s:
                path.unlink()

    # ------------------------------------------------------------ reading

    async def pages(self) -> AsyncIterator[list[Record]]:
        """All that was flushed before the call, in the order of the commits."""
        await self.flushed()
        for path in self._own():
            # It may be needed once more: the server that gets it now may be lost with it.
            os.utime(path)
            octets = await asyncio.to_thread(path.read_bytes)
            records = _unpacked(octets)
            for first in range(0, len(records), PAGE):
                yield records[first : first + PAGE]

    def _own(self) -> list[Path]:
        numbers = sorted(number for owner, number in self._segments() if owner == self._holder)
        return [self._path(self._holder, number) for number in numbers]

    def _segments(self) -> list[tuple[int, int]]:
        """(holder, number) of every segment."""
        found = map(_SEGMENT.match, os.listdir(self._folder))
        return [(int(match[1]), int(match[2])) for match in found if match]

    def _path(self, holder: int, number: int) -> Path:
        return self._folder / f"{holder}-{number:012}"


def _packed(record: Record) -> bytes:
    words = (b"%d" % record.bucket, b"%d" % len(record.keys), *record.keys, *record.args)
    body = pack(words)
    return _HEAD.pack(len(body), crc32(body)) + body


def _unpacked(octets: bytes) -> list[Record]:
    """The records up to the first that is not whole."""
    records: list[Record] = []
    at = 0
    while at + _HEAD.size <= len(octets):
        size, checksum = _HEAD.unpack_from(octets, at)
        body = octets[at + _HEAD.size : at + _HEAD.size + size]
        if len(body) < size or crc32(body) != checksum:
            break
        words = _words(body)
        count = int(words[1])
        records.append(Record(int(words[0]), tuple(words[2 : 2 + count]), tuple(words[2 + count :])))
        at += _HEAD.size + size
    return records


def _words(body: bytes) -> Sequence[bytes]:
    """What `pack` has packed."""
    words: list[bytes] = []
    at = body.index(b"\r\n") + 2
    while at < len(body):
        end = body.index(b"\r\n", at)
        size = int(body[at + 1 : end])
        words.append(body[end + 2 : end + 2 + size])
        at = end + 4 + size
    return words
