"""The shared store: several gateways on one Redis, which alone decides who was first.

    commit  -> one script, which checks everything and then writes everything, or says why not
    account -> always asked of Redis: another gateway may have changed it a moment ago

All that one turn of the event loop asks for goes out as one write (`redis_line`).  Where things lie, and
why one script can reach all of it, is told in `redis_keys`.  A message to somebody else is kept at the home
of the commit that caused it; the inbox it belongs to learns of it right afterwards (`redis_inboxes`).
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import LedgerEntry, owner
from ussd_gateway.billing.store import (
    MAX_MESSAGE_ID,
    MESSAGE_STATES,
    AuditReport,
    BrokenCommit,
    Commit,
    Committed,
    MessageState,
    Order,
    OrderState,
    OutMessage,
)
from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable
from ussd_gateway.storage.redis_audit import audit
from ussd_gateway.storage.redis_inboxes import Inboxes
from ussd_gateway.storage.redis_journal import Journal, Record
from ussd_gateway.storage.redis_keys import Bucket, Keys
from ussd_gateway.storage.redis_links import Links
from ussd_gateway.storage.redis_restore import restore
from ussd_gateway.storage.redis_rows import (
    ACCOUNT_FIELDS,
    account_from,
    commit_call,
    company_line,
    entries_of,
    order_from,
)
from ussd_gateway.storage.redis_scripts import COMMIT, FORGET, RESERVE
from ussd_gateway.storage.redis_settings import RedisSettings
from ussd_gateway.storage.redis_start import check_place, check_settings
from ussd_gateway.storage.redis_url import Place

SEEN_ACCOUNTS = 20_000
"""Accounts remembered for `cached`."""
SEEN_ORDERS = 100_000
"""Orders of which we remember the bucket."""
FORGOTTEN_RANGES = 8
"""Ranges of ids left out after a failover, since the new master may not know that they were given."""
MOST_UNSURE = 10_000
"""Commits of unknown outcome that are remembered for the journal."""
EXPECTED_S = 0.02
"""For so long the task that loaded a dialogue may take the account that came with it for the present one."""
HEARTBEAT_S = 1.0
"""How often a write shows that writing is possible."""
PROBE_S = 0.25
"""The same while Redis is gone."""
INBOXES_EVERY = 30
"""Heartbeats between two looks for messages whose inbox has not learned of them."""
PAGE = 64
"""Commits of a history looked at in one go."""
LINES = 1 << 16
"""More than one commit has."""

log = structlog.get_logger(__name__)


class RedisStore:
    """`billing.store.Store` on Redis, shared with other gateways."""

    def __init__(self, place: Place, settings: RedisSettings, *, pepper_id: str = "") -> None:
        """`pepper_id`: of the pepper of our password hasher, which must be that of all gateways."""
        self._keys = Keys(settings.prefix)
        self._place = place
        self._settings = settings
        self._pepper_id = pepper_id
        self._seen: dict[str, Account] = {}
        self._connections = 0
        self._order_places: dict[str, Bucket] = {}
        self._expected: dict[str, tuple[object, float, Account | None]] = {}
        """Number -> the task that has just read it, until when that counts as now, the account."""
        self._journal = None if settings.journal is None else Journal(settings.journal)
        self._unsure: dict[str, Record] = {}
        """Commits of unknown outcome; whoever finds one done by its key, the journal must know it first."""
        self._closed: str | None = "not open"

    # ------------------------------------------------------------ life

    async def open(self) -> None:
        self.links = Links(self._place, self._settings, self._keys)
        self._inboxes = Inboxes(self.links)
        journal = self._journal
        if journal is not None:
            await journal.open()
            self.links.restore = lambda ask: restore(journal, ask)
        try:
            await self.links.open()
            await check_place(self.links, self._pepper_id)
            await check_settings(self.links)
            await self._inboxes.catch_up()
        except BaseException:
            await self._let_go()
            raise
        self.links.starting = False
        self._closed = None
        self._heart = asyncio.get_running_loop().create_task(self._beat())

    async def close(self) -> None:
        self._closed = "the connection to Redis is closed"
        self._heart.cancel()
        await asyncio.gather(self._heart, return_exceptions=True)
        await self._let_go()

    async def _let_go(self) -> None:
        await self.links.close()
        if self._journal is not None:
            await self._journal.close()

    def trouble(self) -> str | None:
        broken = None if self._journal is None else self._journal.broken
        return self._closed or broken or self.links.trouble

    async def _beat(self) -> None:
        """Write something to each server now and then: that is what readiness means."""
        beats, gone = 0, False
        while True:
            await asyncio.sleep(PROBE_S if gone else HEARTBEAT_S)
            beats += 1
            try:
                for bucket in self.links.first_buckets():
                    life = (b"PX", b"60000")
                    await self.links.ask(bucket, b"SET", bucket.alive, b"%d" % beats, *life, writes=True)
                if gone or beats % INBOXES_EVERY == 0:
                    await self._inboxes.catch_up()
            except StoreUnavailable as error:
                if not gone:
                    log.error("Redis is gone", reason=str(error))
                gone = True
            else:
                if gone:
                    log.warning("Redis is back")
                gone, self.links.trouble = False, None

    # ------------------------------------------------------------ accounts

    def cached(self, msisdn: str) -> Account | None:
        return self._seen.get(msisdn)

    async def account(self, msisdn: str) -> Account | None:
        if msisdn in self._expected:
            for_whom, until_s, account = self._expected.pop(msisdn)
            if for_whom is asyncio.current_task() and asyncio.get_running_loop().time() < until_s:
                return account
        bucket = self._keys.bucket(msisdn)
        name = bucket.start + b"a:" + msisdn.encode()
        return self._read(msisdn, await self.links.ask(bucket, b"HMGET", name, *ACCOUNT_FIELDS))

    def _read(self, msisdn: str, fields: Sequence[bytes | None]) -> Account | None:
        """The account of these fields; one whose version we have seen need not be taken apart again."""
        if self._connections != self.links.connections:
            # Another server may remember less, and give the same version to something else.
            self._connections = self.links.connections
            self._seen.clear()
        seen = self._seen.get(msisdn)
        if seen is not None and fields[0] == b"%d" % seen.version:
            return seen
        account = account_from(msisdn, fields)
        return None if account is None else self.see(account)

    def expect(self, msisdn: str, fields: Sequence[bytes | None]) -> None:
        """What the running task has read of an account this moment, in case it asks for it next."""
        if len(self._expected) > SEEN_ACCOUNTS:
            self._expected.clear()
        until_s = asyncio.get_running_loop().time() + EXPECTED_S
        self._expected[msisdn] = (asyncio.current_task(), until_s, self._read(msisdn, fields))

    def see(self, account: Account) -> Account:
        """Remember how an account looked."""
        seen = self._seen
        seen.pop(account.msisdn, None)
        seen[account.msisdn] = account
        if len(seen) > SEEN_ACCOUNTS:
            del seen[next(iter(seen))]
        return account

    # ------------------------------------------------------------ commits

    async def commit(self, commit: Commit) -> Committed:
        bucket = self._keys.bucket(commit.home)
        keys, args = commit_call(commit, bucket)
        answer = await self._run(commit.key, Record(bucket.index, keys, args))
        if answer == 1:
            for account in commit.accounts:
                self.see(account)
            if commit.messages:
                # It is done whatever comes now; inboxes elsewhere learn of it later if not at once.
                with suppress(StoreUnavailable):
                    await self._inboxes.tell(commit)
            return Committed(commit.reply, replayed=False)
        if answer == 0:
            raise Conflict(f"{commit.key}: another writer was first")
        if answer == -1:
            raise BrokenCommit(f"{commit.key}: a pocket changes by more than its entries")
        return Committed(_reply(commit.key, commit.request, answer), replayed=True)

    async def _run(self, key: str, record: Record) -> Any:
        """The script's answer; with a journal, after the flush of what the caller may hear of."""
        bucket = self._keys.buckets[record.bucket]
        journal = self._journal
        if journal is None:
            return await self.links.run(COMMIT, bucket, record.keys, record.args, writes=True)
        if journal.broken:
            raise StoreUnavailable(journal.broken)
        try:
            answer = await self.links.run(COMMIT, bucket, record.keys, record.args, writes=True)
        except StoreUnavailable as error:
            if error.outcome_unknown:
                self._unsure[key] = record
                if len(self._unsure) > MOST_UNSURE:
                    del self._unsure[next(iter(self._unsure))]
            raise
        if answer == 1 or answer == record.args[1]:
            await journal.append(record)
        elif key in self._unsure:
            await journal.append(self._unsure.pop(key))
        return answer

    async def outcome(self, key: str, request: str, home: str) -> Mapping[str, Any] | None:
        bucket = self._keys.bucket(home)
        row = await self.links.ask(bucket, b"HGET", bucket.start + b"k:" + home.encode(), key.encode())
        if row is not None and self._journal is not None and key in self._unsure:
            await self._journal.append(self._unsure.pop(key))
        return None if row is None else _reply(key, request, row)

    async def latest_ms(self) -> int:
        instants = await self.links.everywhere(lambda bucket: (b"HGET", bucket.counters, b"latest"))
        return max((int(instant) for instant in instants if instant), default=0)

    async def phone_states(self) -> dict[str, str]:
        pairs = await self.links.ask(self._keys.buckets[0], b"HGETALL", self._keys.phones)
        texts = [each.decode() for each in pairs]
        return dict(zip(texts[::2], texts[1::2], strict=True))

    async def set_phone_state(self, msisdn: str, state: str | None) -> None:
        bucket, name, field = self._keys.buckets[0], self._keys.phones, msisdn.encode()
        if state is None:
            await self.links.ask(bucket, b"HDEL", name, field, writes=True)
        else:
            await self.links.ask(bucket, b"HSET", name, field, state.encode(), writes=True)

    async def reserve_ids(self, count: int) -> int:
        args = (b"%d" % count, b"%d" % MAX_MESSAGE_ID, b"%d" % (FORGOTTEN_RANGES * count))
        names = (self._keys.ids, self._keys.meta)
        last = await self.links.run(RESERVE, self._keys.buckets[0], names, args, writes=True)
        if not last:
            raise StoreUnavailable("all message ids have been given out")
        return int(last) - count + 1

    # ------------------------------------------------------------ the ledger

    async def ledger(self, msisdn: str, limit: int, kind: str | None = None) -> list[LedgerEntry]:
        return [entry for _, entry in await self.ledger_page(msisdn, limit, kind)]

    async def ledger_page(
        self, msisdn: str, limit: int, kind: str | None = None, before: int | None = None
    ) -> list[tuple[int, LedgerEntry]]:
        bucket = self._keys.bucket(msisdn)
        name = bucket.start + b"l:" + msisdn.encode()
        # The number of a line: the place of its element in the list, which only grows, and its own in it.
        if before is None:
            before = LINES * int(await self.links.ask(bucket, b"LLEN", name))
        found: list[tuple[int, LedgerEntry]] = []
        last = (before - 1) // LINES
        while last >= 0 and len(found) < limit:
            first = max(0, last - PAGE + 1)
            page = await self.links.ask(bucket, b"LRANGE", name, b"%d" % first, b"%d" % last)
            for place, element in reversed([*enumerate(page, first)]):
                for number, entry in reversed([*enumerate(entries_of(element), place * LINES)]):
                    mine = owner(entry.account) == msisdn and (kind is None or entry.kind == kind)
                    if mine and number < before:
                        found.append((number, entry))
            last = first - 1
        return found[:limit]

    async def company_lines(self, company: str, begin_ms: int, end_ms: int) -> list[LedgerEntry]:
        begin, end = b"%d" % begin_ms, b"(%d" % end_ms

        def lines(bucket: Bucket) -> tuple[bytes, ...]:
            return (b"ZRANGEBYSCORE", bucket.lines + company.encode(), begin, end)

        pages = await self.links.everywhere(lines)
        found = [company_line(member) for page in pages for member in page]
        return sorted(found, key=lambda entry: (entry.at_ms, entry.transfer))

    # ------------------------------------------------------------ messages

    async def undelivered(self, limit: int, after: int = 0) -> list[OutMessage]:
        return await self._inboxes.undelivered(limit, after)

    async def pending(self, destination: str) -> list[OutMessage]:
        return await self._inboxes.pending(destination)

    async def message(self, message_id: int) -> OutMessage | None:
        return await self._inboxes.one(message_id)

    async def mark(
        self, message_ids: Sequence[int], state: MessageState, at_ms: int, status: int = 0
    ) -> None:
        await self._inboxes.mark(message_ids, MESSAGE_STATES.index(state), at_ms, status)

    async def amend(self, message: OutMessage) -> bool:
        return await self._inboxes.amend(message)

    async def messages(self, msisdn: str, refs: Sequence[str]) -> list[OutMessage]:
        """Messages to a phone by their names in its inbox (`ID`, or `ID@uYY`), in that order."""
        return await self._inboxes.named(msisdn, refs)

    async def inbox(self, msisdn: str, limit: int) -> list[OutMessage]:
        return await self._inboxes.newest(msisdn, limit)

    async def inbox_after(self, msisdn: str, limit: int, after: int) -> list[OutMessage]:
        return await self._inboxes.after(msisdn, limit, after)

    # ------------------------------------------------------------ time and orders

    async def due(self, now_ms: int, limit: int) -> list[str]:
        now, most = b"%d" % now_ms, b"%d" % limit

        def first(bucket: Bucket) -> tuple[bytes, ...]:
            return (b"ZRANGEBYSCORE", bucket.due, b"-inf", now, b"WITHSCORES", b"LIMIT", b"0", most)

        found: list[tuple[int, str]] = []
        for page in await self.links.everywhere(first):
            found += zip(map(int, page[1::2]), map(bytes.decode, page[::2]), strict=True)
        found.sort()
        return [msisdn for _, msisdn in found[:limit]]

    async def orders_pending(self, now_ms: int, limit: int) -> list[Order]:
        now = b"%d" % now_ms

        def first(bucket: Bucket) -> tuple[bytes, ...]:
            return (b"ZRANGEBYSCORE", bucket.wait, b"-inf", now, b"LIMIT", b"0", b"%d" % limit)

        pages = await self.links.everywhere(first)
        wanted: list[tuple[Bucket, list[bytes]]] = []
        most = limit
        for bucket, ids in zip(self._keys.buckets, pages, strict=True):
            if ids and most > 0:
                wanted.append((bucket, ids))
                most -= len(ids)
        # All at once: a busy gateway comes round to each of its tasks only now and then.
        answers = await asyncio.gather(
            *(self.links.ask(bucket, b"HMGET", bucket.orders, *ids) for bucket, ids in wanted)
        )
        found: list[Order] = []
        for (bucket, ids), rows in zip(wanted, answers, strict=True):
            numbered = [order_from(name.decode(), row) for name, row in zip(ids, rows, strict=True) if row]
            found += [order for _, order in sorted(numbered, key=lambda pair: pair[0])]
            if len(self._order_places) > SEEN_ORDERS:
                self._order_places.clear()
            self._order_places.update((order.order_id, bucket) for _, order in numbered)
        return found[:limit]

    async def mark_orders(self, order_ids: Sequence[str], state: OrderState, at_ms: int) -> None:
        places: dict[Bucket, list[bytes]] = {}
        for order_id in order_ids:
            place = self._order_places.pop(order_id, None)
            # An id does not say where its order lies: unless we have seen it there, all are told.
            for bucket in self._keys.buckets if place is None else (place,):
                places.setdefault(bucket, []).append(order_id.encode())
        await self.links.run_all(
            FORGET,
            [(bucket, (bucket.wait, bucket.orders), tuple(theirs)) for bucket, theirs in places.items()],
            writes=True,
        )

    async def audit(self) -> AuditReport:
        return await audit(self.links)


def _reply(key: str, request: str, row: bytes) -> Mapping[str, Any]:
    """The reply of a row that stands under a key; KeyReused."""
    stored, reply = json.loads(row)
    if stored != request:
        raise KeyReused(f"{key} stands for another request")
    found: Mapping[str, Any] = reply
    return found
