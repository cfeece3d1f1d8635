"""The store in a few dictionaries: for trying things out, for tests, and as the oracle of the other stores.

It forgets everything when the process ends.  No method ever waits, so each is atomic by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush, nlargest, nsmallest
from itertools import islice
from typing import Any

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import (
    POCKETS,
    LedgerEntry,
    company_account,
    holding,
    owner,
    pocket_name,
    sums,
)
from ussd_gateway.billing.store import (
    FINAL_STATES,
    MAX_MESSAGE_ID,
    MESSAGE_STATES,
    AuditReport,
    Commit,
    Committed,
    MessageState,
    Order,
    OrderState,
    OutMessage,
    audit_report,
    check_commit,
)
from ussd_gateway.errors import Conflict, KeyReused, StoreUnavailable


class Deadlines:
    """Which account is due when: a heap with an entry for each change, outdated ones dropped on sight."""

    def __init__(self) -> None:
        self._due_ms: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def set(self, msisdn: str, due_ms: int) -> None:
        """Due at that instant from now on; 0: not at all."""
        if self._due_ms.get(msisdn, 0) == due_ms:
            return
        self._due_ms[msisdn] = due_ms
        if due_ms:
            heappush(self._heap, (due_ms, msisdn))

    def first(self) -> int | None:
        """The earliest instant at which one is due."""
        while self._heap:
            due_ms, msisdn = self._heap[0]
            if self._due_ms[msisdn] == due_ms:
                return due_ms
            heappop(self._heap)
        return None

    def come(self, now_ms: int, limit: int) -> list[str]:
        """Those that are due by `now_ms`, earliest first; they stay due until `set` says otherwise."""
        found: list[tuple[int, str]] = []
        while len(found) < limit and (due_ms := self.first()) is not None and due_ms <= now_ms:
            entry = heappop(self._heap)
            if entry not in found[-1:]:
                found.append(entry)
        for entry in found:
            heappush(self._heap, entry)
        return [msisdn for _, msisdn in found]


class MemoryStore:
    """`billing.store.Store` without any disk."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._operations: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._entries: list[LedgerEntry] = []
        self._entries_of: dict[str, list[LedgerEntry]] = {}
        self._messages: dict[int, OutMessage] = {}
        self._states: dict[int, MessageState] = {}
        self._ends: dict[int, tuple[int, int]] = {}
        self._waiting: set[int] = set()
        self._inboxes: dict[str, list[int]] = {}
        self._next_message_id = 1
        self._latest_ms = 0
        self._due = Deadlines()
        self._orders: dict[str, Order] = {}
        self._phone_states: dict[str, str] = {}

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to let go of; the contents stay readable until the process ends."""

    def trouble(self) -> str | None:
        return None

    def cached(self, msisdn: str) -> Account | None:
        return self._accounts.get(msisdn)

    async def account(self, msisdn: str) -> Account | None:
        return self._accounts.get(msisdn)

    async def commit(self, commit: Commit) -> Committed:
        known = self._reply(commit.key, commit.request)
        if known is not None:
            return Committed(known, replayed=True)
        before = {}
        for account in commit.accounts:
            stored = self._accounts.get(account.msisdn)
            if account.version != (stored.version if stored else 0) + 1:
                raise Conflict(f"{commit.key}: another writer was first")
            if stored:
                before[account.msisdn] = holding(stored)
        check_commit(commit, before)
        self._operations[commit.key] = (commit.request, commit.reply)
        self._latest_ms = max(self._latest_ms, commit.at_ms)
        for account in commit.accounts:
            self._accounts[account.msisdn] = account
            self._due.set(account.msisdn, account.due_ms)
        self._entries += commit.entries
        for entry in commit.entries:
            msisdn = owner(entry.account)
            if msisdn:
                self._entries_of.setdefault(msisdn, []).append(entry)
        for message in commit.messages:
            message_id = message.message_id
            self._messages[message_id] = message
            self._states[message_id] = message.state
            self._waiting.add(message_id)
            self._inboxes.setdefault(message.destination, []).append(message_id)
        for order in commit.orders:
            self._orders[order.order_id] = order
        return Committed(commit.reply, replayed=False)

    async def outcome(self, key: str, request: str, home: str) -> Mapping[str, Any] | None:
        return self._reply(key, request)

    def _reply(self, key: str, request: str) -> Mapping[str, Any] | None:
        known = self._operations.get(key)
        if known is None:
            return None
        if known[0] != request:
            raise KeyReused(f"{key} stands for another request")
        return known[1]

    async def ledger(self, msisdn: str, limit: int, kind: str | None = None) -> list[LedgerEntry]:
        return [entry for _, entry in await self.ledger_page(msisdn, limit, kind)]

    async def ledger_page(
        self, msisdn: str, limit: int, kind: str | None = None, before: int | None = None
    ) -> list[tuple[int, LedgerEntry]]:
        entries = self._entries_of.get(msisdn, [])
        newest = len(entries) if before is None else before - 1
        lines = ((number, entries[number - 1]) for number in range(min(newest, len(entries)), 0, -1))
        return list(islice((line for line in lines if kind is None or line[1].kind == kind), limit))

    async def company_lines(self, company: str, begin_ms: int, end_ms: int) -> list[LedgerEntry]:
        name = company_account(company)
        found = (entry for entry in self._entries if entry.account == name)
        return sorted(
            (entry for entry in found if begin_ms <= entry.at_ms < end_ms), key=lambda entry: entry.at_ms
        )

    async def undelivered(self, limit: int, after: int = 0) -> list[OutMessage]:
        waiting = sorted(message_id for message_id in self._waiting if message_id > after)
        return [self._message(message_id) for message_id in waiting[:limit]]

    def _message(self, message_id: int) -> OutMessage:
        """A copy with its present state: the one that was committed belongs to its sender."""
        ended_ms, status = self._ends.get(message_id, (None, 0))
        state = self._states[message_id]
        return replace(self._messages[message_id], state=state, ended_ms=ended_ms, status=status)

    async def pending(self, destination: str) -> list[OutMessage]:
        waiting = self._waiting.intersection(self._inboxes.get(destination, ()))
        return [self._message(message_id) for message_id in sorted(waiting)]

    async def message(self, message_id: int) -> OutMessage | None:
        return self._message(message_id) if message_id in self._messages else None

    async def mark(
        self, message_ids: Sequence[int], state: MessageState, at_ms: int, status: int = 0
    ) -> None:
        rank = MESSAGE_STATES.index(state)
        for message_id in self._waiting.intersection(message_ids):
            if MESSAGE_STATES.index(self._states[message_id]) < rank:
                self._states[message_id] = state
                if state in FINAL_STATES:
                    self._waiting.remove(message_id)
                    self._ends[message_id] = (at_ms, status)

    async def amend(self, message: OutMessage) -> bool:
        if message.message_id not in self._waiting:
            return False
        self._messages[message.message_id] = replace(
            self._messages[message.message_id],
            text=message.text,
            secret=message.secret,
            not_before_ms=message.not_before_ms,
            terms=message.terms,
        )
        return True

    async def inbox(self, msisdn: str, limit: int) -> list[OutMessage]:
        newest = nlargest(limit, self._inboxes.get(msisdn, ()))
        return [self._message(message_id) for message_id in newest]

    async def inbox_after(self, msisdn: str, limit: int, after: int) -> list[OutMessage]:
        fresh = nsmallest(limit, (each for each in self._inboxes.get(msisdn, ()) if each > after))
        return [self._message(message_id) for message_id in fresh]

    async def due(self, now_ms: int, limit: int) -> list[str]:
        return self._due.come(now_ms, limit)

    async def orders_pending(self, now_ms: int, limit: int) -> list[Order]:
        return list(islice((o for o in self._orders.values() if o.not_before_ms <= now_ms), limit))

    async def mark_orders(self, order_ids: Sequence[str], state: OrderState, at_ms: int) -> None:
        for order_id in order_ids:
            self._orders.pop(order_id, None)

    async def phone_states(self) -> dict[str, str]:
        return dict(self._phone_states)

    async def set_phone_state(self, msisdn: str, state: str | None) -> None:
        if state is None:
            self._phone_states.pop(msisdn, None)
        else:
            self._phone_states[msisdn] = state

    async def latest_ms(self) -> int:
        return self._latest_ms

    async def reserve_ids(self, count: int) -> int:
        first = self._next_message_id
        if first + count - 1 > MAX_MESSAGE_ID:
            raise StoreUnavailable("all message ids have been given out")
        self._next_message_id = first + count
        return first

    async def audit(self) -> AuditReport:
        lines = sums(self._entries, by="account")
        held = {
            pocket_name(msisdn, pocket): amount_kop
            for msisdn, account in self._accounts.items()
            for pocket, amount_kop in zip(POCKETS, holding(account), strict=True)
        }
        names = held.keys() | {name for name in lines if owner(name)}
        pockets = [(name, held.get(name, 0), lines.get(name, 0)) for name in sorted(names)]
        return audit_report(
            accounts=len(self._accounts),
            entries=len(self._entries),
            total_kop=sum(lines.values()),
            pockets=[pocket for pocket in pockets if pocket[1] != pocket[2]],
            transfers=[(key, total) for key, total in sums(self._entries, by="transfer").items() if total],
        )
