"""The embedded store: one SQLite file, owned by one process.  What `make run` uses.

    commit  -> queued for the end of this turn of the event loop -> writer thread -> answered
    account -> cache, else one look by the reader thread for all that were asked for in this turn

Nothing in the event loop ever waits for the disk.  The cache holds the newest committed state of the
accounts in use and is written through; it is bounded, so a base of ten million subscribers need not fit.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import LedgerEntry, company_account
from ussd_gateway.billing.store import (
    MAX_MESSAGE_ID,
    AuditReport,
    Commit,
    Committed,
    MessageState,
    Order,
    OrderState,
    OutMessage,
)
from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable
from ussd_gateway.storage import sqlite_file
from ussd_gateway.storage.sqlite_rows import (
    COMPANY_LINES,
    DUE,
    HISTORY,
    INBOX,
    INBOX_AFTER,
    LATEST,
    MESSAGE,
    ORDERS_PENDING,
    PENDING,
    PHONE_STATES,
    UNDELIVERED,
    amend_message,
    mark_orders,
    message_from_row,
    order_from_row,
    read_accounts,
    read_replies,
    reserve_ids,
    set_phone_state,
)
from ussd_gateway.storage.sqlite_writer import CallJob, CommitJob, Job, MarkJob, Writer
from ussd_gateway.storage.vault import pepper_beside

T = TypeVar("T")
OnFatal = Callable[[Exception], None]

CACHED_ACCOUNTS = 100_000
"""Accounts kept at hand: 0.6 KB for a bare one, 2.5 KB with packages, a password and recent charges."""
FULL_CHECK_BYTES = 64 << 20
"""Files up to this size are checked whole at the start (see sqlite_file.check)."""


class SqliteStore:
    """`billing.store.Store` on one file."""

    def __init__(
        self,
        path: Path,
        *,
        on_fatal: OnFatal,
        cached_accounts: int = CACHED_ACCOUNTS,
        full_check_bytes: int = FULL_CHECK_BYTES,
    ) -> None:
        """`on_fatal` is told, once, that the disk failed: the process must stop and be started anew."""
        self._path = path
        self._on_fatal = on_fatal
        self._cached_accounts = cached_accounts
        self._full_check_bytes = full_check_bytes
        self._cache: dict[str, Account] = {}
        self._jobs: list[Job] = []
        self._wanted: dict[str, list[asyncio.Future[Account | None]]] = {}
        self._unavailable: str | None = "the database is not open"

    # ------------------------------------------------------------ life

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="sqlite-reader")
        try:
            writing = await self._loop.run_in_executor(self._reading, self._open_file)
        except BaseException:
            self._reading.shutdown()
            raise
        self._writer = Writer(writing, self._loop, self._deliver, self._fail)
        self._unavailable = None

    def _open_file(self) -> sqlite3.Connection:
        """Lock, open, check; leaves nothing behind when it fails."""
        self._lock = sqlite_file.FileLock(self._path)
        try:
            # Before the database exists: afterwards a missing pepper means a lost one.
            pepper_beside(self._path)
            writing = sqlite_file.open_writer(self._path)
            try:
                self._reader = sqlite_file.open_reader(self._path)
                sqlite_file.check(self._reader, self._path, self._full_check_bytes)
            except BaseException:
                writing.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        return writing

    async def close(self) -> None:
        self._unavailable = "the database is closed"
        await self._loop.run_in_executor(self._reading, self._reader.close)
        self._reading.shutdown()
        self._send()
        await self._writer.stop()
        self._lock.release()

    def trouble(self) -> str | None:
        return self._unavailable

    # ------------------------------------------------------------ accounts

    def cached(self, msisdn: str) -> Account | None:
        return self._cache.get(msisdn)

    async def account(self, msisdn: str) -> Account | None:
        account = self._cache.get(msisdn)
        if account is not None:
            return account
        self._check_available()
        if not (msisdn.isascii() and msisdn.isdigit()) or msisdn[0] == "0" or len(msisdn) > 15:
            return None
        future: asyncio.Future[Account | None] = self._loop.create_future()
        if not self._wanted:
            self._loop.call_soon(self._look_up)
        self._wanted.setdefault(msisdn, []).append(future)
        return await future

    def _look_up(self) -> None:
        wanted, self._wanted = self._wanted, {}
        reading = self._loop.run_in_executor(self._reading, read_accounts, self._reader, list(wanted))
        reading.add_done_callback(partial(self._looked_up, wanted))

    def _looked_up(
        self,
        wanted: dict[str, list[asyncio.Future[Account | None]]],
        reading: asyncio.Future[list[Account]],
    ) -> None:
        error = reading.exception()
        found = {} if error else {account.msisdn: self._remember(account) for account in reading.result()}
        for msisdn, futures in wanted.items():
            for future in futures:
                if future.done():
                    continue
                if error is None:
                    # Not found by the look, yet in the cache: opened by a commit in the meantime.
                    future.set_result(found.get(msisdn) or self._cache.get(msisdn))
                else:
                    future.set_exception(StoreUnavailable(f"the database cannot be read: {error}"))

    def _remember(self, account: Account) -> Account:
        """Cache and return the newest state: a look that a commit has overtaken brings an older one."""
        cache = self._cache
        known = cache.pop(account.msisdn, None)
        if known is not None and known.version > account.version:
            account = known
        cache[account.msisdn] = account
        if len(cache) > self._cached_accounts:
            del cache[next(iter(cache))]
        return account

    # ------------------------------------------------------------ commits

    async def commit(self, commit: Commit) -> Committed:
        future: asyncio.Future[Committed] = self._loop.create_future()
        self._queue(CommitJob(commit, future))
        return await future

    async def mark(
        self, message_ids: Sequence[int], state: MessageState, at_ms: int, status: int = 0
    ) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue(MarkJob(message_ids, state, at_ms, status, future))
        await future

    async def amend(self, message: OutMessage) -> bool:
        return await self._call(partial(amend_message, message=message))

    async def _call(self, function: Callable[[sqlite3.Connection], T]) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue(CallJob(function, future))
        return await future

    def _queue(self, job: Job) -> None:
        """Jobs of one turn of the event loop go to the writer together: one wake-up, one group."""
        self._check_available()
        if not self._jobs:
            self._loop.call_soon(self._send)
        self._jobs.append(job)

    def _send(self) -> None:
        if self._jobs:
            jobs, self._jobs = self._jobs, []
            self._writer.submit(jobs)

    def _deliver(self, jobs: Sequence[Job]) -> None:
        """Answer a group.  Runs even for callers that have gone: what was committed must be remembered."""
        for job in jobs:
            if isinstance(job, CommitJob):
                if job.error is None:
                    if job.result is not None and not job.result.replayed:
                        for account in job.commit.accounts:
                            self._remember(account)
                elif isinstance(job.error, Conflict):
                    for account in job.commit.accounts:
                        self._cache.pop(account.msisdn, None)
            if job.future.done():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                future: asyncio.Future[Any] = job.future
                future.set_result(job.result)

    def _fail(self, error: Exception) -> None:
        self._unavailable = f"the database failed: {error}"
        self._on_fatal(error)

    def _check_available(self) -> None:
        if self._unavailable is not None:
            raise StoreUnavailable(self._unavailable)

    # ------------------------------------------------------------ questions

    async def outcome(self, key: str, request: str, home: str) -> Mapping[str, Any] | None:
        # Asked of the writer, behind everything queued: a commit still on its way must not be missed.
        known = (await self._call(partial(read_replies, keys=[key]))).get(key)
        if known is None:
            return None
        if known.request != request:
            raise KeyReused(f"{key} stands for another request")
        return known.reply

    async def phone_states(self) -> dict[str, str]:
        return {str(msisdn): state for msisdn, state in await self._read(PHONE_STATES, ())}

    async def set_phone_state(self, msisdn: str, state: str | None) -> None:
        await self._call(partial(set_phone_state, msisdn=msisdn, state=state))

    async def latest_ms(self) -> int:
        [(latest_ms,)] = await self._read(LATEST, ())
        return int(latest_ms)

    async def reserve_ids(self, count: int) -> int:
        first = await self._call(partial(reserve_ids, count=count, largest=MAX_MESSAGE_ID))
        if first is None:
            raise StoreUnavailable("all message ids have been given out")
        return first

    async def ledger(self, msisdn: str, limit: int, kind: str | None = None) -> list[LedgerEntry]:
        return [entry for _, entry in await self.ledger_page(msisdn, limit, kind)]

    async def ledger_page(
        self, msisdn: str, limit: int, kind: str | None = None, before: int | None = None
    ) -> list[tuple[int, LedgerEntry]]:
        rows = await self._read(HISTORY, (msisdn, kind, limit, before))
        return [(seq, LedgerEntry(*entry)) for seq, *entry in rows]

    async def company_lines(self, company: str, begin_ms: int, end_ms: int) -> list[LedgerEntry]:
        rows = await self._read(COMPANY_LINES, (company_account(company), begin_ms, end_ms))
        return [LedgerEntry(*row) for row in rows]

    async def undelivered(self, limit: int, after: int = 0) -> list[OutMessage]:
        return [message_from_row(row) for row in await self._read(UNDELIVERED, (after, limit))]

    async def pending(self, destination: str) -> list[OutMessage]:
        return [message_from_row(row) for row in await self._read(PENDING, (destination,))]

    async def message(self, message_id: int) -> OutMessage | None:
        found = [message_from_row(row) for row in await self._read(MESSAGE, (message_id,))]
        return found[0] if found else None

    async def inbox(self, msisdn: str, limit: int) -> list[OutMessage]:
        return [message_from_row(row) for row in await self._read(INBOX, (msisdn, limit))]

    async def inbox_after(self, msisdn: str, limit: int, after: int) -> list[OutMessage]:
        return [message_from_row(row) for row in await self._read(INBOX_AFTER, (msisdn, after, limit))]

    async def due(self, now_ms: int, limit: int) -> list[str]:
        return [str(msisdn) for (msisdn,) in await self._read(DUE, (now_ms, limit))]

    async def orders_pending(self, now_ms: int, limit: int) -> list[Order]:
        return [order_from_row(row) for row in await self._read(ORDERS_PENDING, (now_ms, limit))]

    async def mark_orders(self, order_ids: Sequence[str], state: OrderState, at_ms: int) -> None:
        await self._call(partial(mark_orders, order_ids=order_ids, state=state, at_ms=at_ms))

    async def audit(self) -> AuditReport:
        # On a connection and a thread of its own: of a large file it takes long, and nobody may wait for it.
        self._check_available()
        try:
            return await asyncio.to_thread(sqlite_file.audit_file, self._path)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the database cannot be read: {error}") from error

    async def _read(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        self._check_available()
        try:
            return await self._loop.run_in_executor(
                self._reading, lambda: self._reader.execute(sql, values).fetchall()
            )
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the database cannot be read: {error}") from error
