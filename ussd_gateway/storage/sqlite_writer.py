"""The writer: one thread, one connection, everything that changes the file.

    queue -> group of up to 256 -> what is stored? -> decide each -> write all -> one COMMIT -> answer all

A flush to the disk costs the same for one commit as for two hundred, so whatever has queued up while the
last group was flushed goes together.  Each commit is decided by itself, before anything is written: a lost
race, a repeated key or broken money concerns nobody else in the group.

If the disk fails, nobody knows what it kept: the commits in hand are answered as of unknown outcome, and
the writer never touches the file again.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any

from ussd_gateway.billing.store import (
    BrokenCommit,
    Commit,
    Committed,
    MessageState,
    check_commit,
)
from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable
from ussd_gateway.storage.sqlite_rows import Group, mark_messages, read_replies, read_stored

GROUP_CAP = 256
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NOT_STORABLE = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    TypeError,
    ValueError,
)
"""The fault of what was given (half a surrogate pair, a message id used twice), not of the disk."""


@dataclass(slots=True)
class CommitJob:
    """One commit; afterwards `result` or `error`."""

    commit: Commit
    future: asyncio.Future[Committed]
    result: Committed | None = None
    error: Exception | None = None


@dataclass(slots=True)
class MarkJob:
    """Messages that have come a step further."""

    message_ids: Sequence[int]
    state: MessageState
    at_ms: int
    status: int
    future: asyncio.Future[None]
    result: None = None
    error: Exception | None = None


@dataclass(slots=True)
class CallJob:
    """Anything else that needs the writing connection; sees every commit queued before it."""

    function: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


Job = CommitJob | MarkJob | CallJob


class Writer:
    """The thread.  `deliver` and `failed` are called in the event loop, `deliver` once for each group."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Sequence[Job]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._connection = connection
        self._loop = loop
        self._deliver = deliver
        self._failed = failed
        self._queue: SimpleQueue[Sequence[Job] | None] = SimpleQueue()
        self._error: Exception | None = None
        (last_seq,) = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM ledger").fetchone()
        self._next_seq = last_seq + 1
        self._finished = loop.create_future()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, jobs: Sequence[Job]) -> None:
        """Queue jobs; they are answered in this order."""
        self._queue.put(jobs)

    async def stop(self) -> None:
        """Do what is queued, fold the WAL into the file, close the connection (the last one by now)."""
        self._queue.put(None)
        await self._finished
        self._thread.join()

    # ------------------------------------------------------------ in the thread

    def _run(self) -> None:
        pending: deque[Job] = deque()
        while self._take(pending):
            group = [pending.popleft() for _ in range(min(GROUP_CAP, len(pending)))]
            if self._error is None:
                self._process(group)
            else:
                _refuse(group, self._error, outcome_unknown=False)
            self._loop.call_soon_threadsafe(self._deliver, group)
        if self._error is None:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
        self._loop.call_soon_threadsafe(self._finished.set_result, None)

    def _take(self, pending: deque[Job]) -> bool:
        """Fill `pending`, waiting for a first job if there is none; False when the writer is to stop."""
        try:
            while True:
                jobs = self._queue.get(block=not pending)
                if jobs is None:
                    # Nothing is submitted after the end; what came before it may still be pending.
                    self._queue.put(None)
                    return bool(pending)
                pending.extend(jobs)
        except Empty:
            return True

    def _process(self, group: Sequence[Job]) -> None:
        """Carry out a group: what changes something in one transaction, then the calls."""
        changes = [job for job in group if not isinstance(job, CallJob)]
        try:
            if changes:
                self._change(changes)
            for job in group:
                if isinstance(job, CallJob):
                    job.result = job.function(self._connection)
        except _Busy as busy:
            _refuse(group, busy, outcome_unknown=False)
        except Exception as error:
            # Not only sqlite3.Error: after a surprise of any kind nobody can vouch for the transaction.
            # Closing folds nothing into the file as long as the store's reader is open.
            self._error = error
            self._connection.close()
            _refuse(group, error, outcome_unknown=True)
            self._loop.call_soon_threadsafe(self._failed, error)

    def _change(self, jobs: Sequence[CommitJob | MarkJob]) -> None:
        """All in one transaction; if one of them cannot be stored at all, each in its own."""
        try:
            self._transact(jobs)
        except _NOT_STORABLE as error:
            self._connection.execute("ROLLBACK")
            if len(jobs) == 1:
                jobs[0].result, jobs[0].error = None, BrokenCommit(f"cannot be stored: {error}")
                return
            for job in jobs:
                job.result = job.error = None
                self._change([job])

    def _transact(self, jobs: Sequence[CommitJob | MarkJob]) -> None:
        connection = self._connection
        commits = [job for job in jobs if isinstance(job, CommitJob)]
        marks = [job for job in jobs if isinstance(job, MarkJob)]
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in _BUSY:
                raise _Busy("another program holds the database's write lock") from error
            raise
        group = Group(
            read_stored(connection, list({a.msisdn for job in commits for a in job.commit.accounts})),
            read_replies(connection, [job.commit.key for job in commits]),
            self._next_seq,
        )
        for job in commits:
            _decide(job, group)
        group.write(connection)
        for (state, at_ms, status), alike in groupby(
            marks, key=lambda job: (job.state, job.at_ms, job.status)
        ):
            ids = [message_id for job in alike for message_id in job.message_ids]
            mark_messages(connection, ids, state, at_ms, status)
        connection.execute("COMMIT")
        self._next_seq = group.next_seq


class _Busy(Exception):
    """Somebody else's program is writing; nothing was done, trying again later makes sense."""


def _decide(job: CommitJob, group: Group) -> None:
    """Whether one commit may happen, after those before it in the group."""
    commit = job.commit
    known = group.replies.get(commit.key)
    if known is not None:
        if known.request == commit.request:
            job.result = Committed(known.reply, replayed=True)
        else:
            job.error = KeyReused(f"{commit.key} stands for another request")
        return
    before = {}
    for account in commit.accounts:
        stored = group.stored.get(account.msisdn)
        if account.version != (stored.version if stored else 0) + 1:
            job.error = Conflict(f"{commit.key}: another writer was first")
            return
        if stored:
            before[account.msisdn] = stored.holding
    try:
        check_commit(commit, before)
    except BrokenCommit as error:
        job.error = error
        return
    group.add(commit)
    job.result = Committed(commit.reply, replayed=False)


def _refuse(group: Sequence[Job], error: Exception, *, outcome_unknown: bool) -> None:
    for job in group:
        job.error = StoreUnavailable(f"the database: {error}", outcome_unknown=outcome_unknown)
