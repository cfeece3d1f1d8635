"""Commits as rows: what is read before a group of commits, what is written, in few statements.

Between two steps of a statement the sqlite3 module lets go of Python's global lock and must win it back from
the event loop, which under load takes up to 5 ms.  So a group never steps row by row: it reads through
one JSON value, and writes many rows with one INSERT.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ussd_gateway.billing.account import Account, body, from_stored
from ussd_gateway.billing.ledger import Holding, LedgerEntry, holding, owner
from ussd_gateway.billing.store import (
    FINAL_STATES,
    MESSAGE_STATES,
    Commit,
    MessageState,
    Order,
    OrderState,
    OutMessage,
)
from ussd_gateway.terms import Terms, as_json, from_json

SIZES = (256, 64, 16, 4, 1)
"""Rows per statement: few different statements, so that each stays prepared."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Row = tuple[object, ...]


class Stored(NamedTuple):
    """What a commit must know about an account as it is stored."""

    version: int
    newest_entry: int | None
    due_ms: int
    holding: Holding


class Reply(NamedTuple):
    """What stands under an idempotency key."""

    request: str
    reply: Mapping[str, Any]


# ---------------------------------------------------------------- reading


_STORED = """
SELECT json_group_array(
    json_array(msisdn, version, newest_entry, due_ms, balance_kop, budget_kop, personal_kop)
)
FROM account WHERE msisdn IN ({})
"""
_REPLIES = "SELECT json_group_array(json_array(key, request, reply)) FROM operation WHERE key IN ({})"
_ACCOUNTS = """
SELECT msisdn, version, balance_kop, floor_kop, budget_kop, personal_kop, due_ms, body
FROM account WHERE msisdn IN ({})
"""


def read_stored(connection: sqlite3.Connection, msisdns: Sequence[str]) -> dict[str, Stored]:
    """What is stored of these accounts; those that do not exist are absent."""
    found: dict[str, Stored] = {}
    for (text,) in _select(connection, _STORED, [int(msisdn) for msisdn in msisdns]):
        for msisdn, version, newest_entry, due_ms, *amounts in json.loads(text):
            found[str(msisdn)] = Stored(version, newest_entry, due_ms, tuple(amounts))
    return found


def read_replies(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Reply]:
    """What stands under these keys; those never committed are absent."""
    found: dict[str, Reply] = {}
    for (text,) in _select(connection, _REPLIES, keys):
        for key, request, reply in json.loads(text):
            found[key] = Reply(request, json.loads(reply))
    return found


def read_accounts(connection: sqlite3.Connection, msisdns: Sequence[str]) -> list[Account]:
    """The accounts of these numbers that exist."""
    rows = _select(connection, _ACCOUNTS, [int(msisdn) for msisdn in msisdns])
    return [from_stored(str(row[0]), row[1], row[2:7], row[7]) for row in rows]


def _select(connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> Iterator[Any]:
    """Rows of a statement with `IN ({})`."""
    for part in _padded(values):
        yield from connection.execute(sql.format(",".join("?" * len(part))), part).fetchall()


def _padded(values: Sequence[object]) -> Iterator[list[object]]:
    """The values in lists of a few sizes, filled up with NULL, which matches nothing."""
    largest = SIZES[0]
    for start in range(0, len(values), largest):
        part = values[start : start + largest]
        size = next(size for size in reversed(SIZES) if size >= len(part))
        yield [*part, *[None] * (size - len(part))]


# ---------------------------------------------------------------- writing


class Group:
    """The rows of a group of commits, and the state they lead to, before anything is written."""

    def __init__(self, stored: dict[str, Stored], replies: dict[str, Reply], next_seq: int) -> None:
        self.stored = stored
        self.replies = replies
        self.next_seq = next_seq
        self._operations: list[Row] = []
        self._accounts: dict[str, Row] = {}
        self._ledger: list[Row] = []
        self._outbox: list[Row] = []
        self._due: dict[str, int] = {}
        self._orders: list[Row] = []

    def add(self, commit: Commit) -> None:
        """Take a commit that was found right into the group."""
        self.replies[commit.key] = Reply(commit.request, commit.reply)
        self._operations.append((commit.key, commit.request, commit.at_ms, _encode(commit.reply)))
        newest = self._chain(commit.entries)
        for account in commit.accounts:
            msisdn = account.msisdn
            before = self.stored.get(msisdn)
            newest_entry = newest.get(msisdn, before.newest_entry if before else None)
            self.stored[msisdn] = Stored(account.version, newest_entry, account.due_ms, holding(account))
            if account.due_ms != (before.due_ms if before else 0):
                self._due[msisdn] = account.due_ms
            # Of two commits of one group on an account, the later state is the one to keep.
            self._accounts[msisdn] = (
                int(msisdn),
                account.version,
                account.balance_kop,
                account.floor_kop,
                account.budget_kop,
                account.personal_kop,
                account.due_ms,
                newest_entry,
                body(account),
            )
        self._outbox += [_message_row(message) for message in commit.messages]
        self._orders += [_order_row(order) for order in commit.orders]

    def _chain(self, entries: Sequence[LedgerEntry]) -> dict[str, int]:
        """Number the entries and tie each to the one before it; returns subscriber -> newest entry."""
        newest: dict[str, int] = {}
        for entry in entries:
            previous = None
            msisdn = owner(entry.account)
            if msisdn is not None:
                before = self.stored.get(msisdn)
                previous = newest.get(msisdn, before.newest_entry if before else None)
                newest[msisdn] = self.next_seq
            self._ledger.append((self.next_seq, *entry, previous))
            self.next_seq += 1
        return newest

    def write(self, connection: sqlite3.Connection) -> None:
        """Insert everything; the caller's transaction makes it one."""
        _insert(connection, "INSERT INTO operation VALUES {}", self._operations)
        _insert(connection, _UPSERT_ACCOUNTS, list(self._accounts.values()))
        _insert(connection, _UPSERT_DUE, [(int(msisdn), due_ms) for msisdn, due_ms in self._due.items()])
        _insert(connection, "INSERT INTO ledger VALUES {}", self._ledger)
        _insert(connection, "INSERT INTO outbox VALUES {}", self._outbox)
        _insert(connection, _INSERT_ORDERS, self._orders)


_UPSERT_ACCOUNTS = """
INSERT INTO account (
    msisdn, version, balance_kop, floor_kop, budget_kop, personal_kop, due_ms, newest_entry, body
) VALUES {} ON CONFLICT (msisdn) DO UPDATE SET
    version = excluded.version, balance_kop = excluded.balance_kop, floor_kop = excluded.floor_kop,
    budget_kop = excluded.budget_kop, personal_kop = excluded.personal_kop, due_ms = excluded.due_ms,
    newest_entry = excluded.newest_entry, body = excluded.body
"""
_UPSERT_DUE = """
INSERT INTO due VALUES {} ON CONFLICT (msisdn) DO UPDATE SET due_ms = excluded.due_ms
"""
_INSERT_ORDERS = """
INSERT INTO orders (order_id, kind, origin, target, action, args, refund, not_before_ms, state) VALUES {}
"""


def _insert(connection: sqlite3.Connection, sql: str, rows: Sequence[Row]) -> None:
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            one = f"({','.join('?' * len(rows[0]))})"
            values = [value for row in rows[start : start + size] for value in row]
            connection.execute(sql.format(",".join([one] * size)), values)
            start += size


# ---------------------------------------------------------------- message ids and messages


PHONE_STATES = "SELECT msisdn, state FROM phone"


def set_phone_state(connection: sqlite3.Connection, msisdn: str, state: str | None) -> None:
    """Remember the network state of a phone; None forgets it."""
    if state is None:
        connection.execute("DELETE FROM phone WHERE msisdn = ?", (int(msisdn),))
    else:
        connection.execute("INSERT OR REPLACE INTO phone VALUES (?, ?)", (int(msisdn), state))


def reserve_ids(connection: sqlite3.Connection, count: int, largest: int) -> int | None:
    """The first of `count` message ids given out for good; None when they would pass the largest."""
    row = connection.execute(
        """
        UPDATE counter SET value = value + ?1 WHERE name = 'next_message_id' AND value + ?1 <= ?2 + 1
        RETURNING value - ?1
        """,
        (count, largest),
    ).fetchone()
    return int(row[0]) if row else None


def mark_messages(
    connection: sqlite3.Connection, message_ids: Sequence[int], state: MessageState, at_ms: int, status: int
) -> None:
    """Move messages forward to a state; those that are as far already stay, and so do final ones."""
    rank = MESSAGE_STATES.index(state)
    below = min(rank, MESSAGE_STATES.index("acked"))
    sql = "UPDATE outbox SET state = ?, marked_ms = ?, status = ? WHERE state < ? AND message_id IN ({})"
    for ids in _padded(message_ids):
        connection.execute(sql.format(",".join("?" * len(ids))), [rank, at_ms, status, below, *ids])


def amend_message(connection: sqlite3.Connection, message: OutMessage) -> bool:
    """Put other contents into a message that is in no final state; whether it was."""
    terms = _terms_text(message.terms)
    found = connection.execute(
        """
        UPDATE outbox SET text = ?, secret = ?, not_before_ms = ?, terms = ?
        WHERE state < 2 AND message_id = ?
        """,
        (message.text, int(message.secret), message.not_before_ms, terms, message.message_id),
    )
    return found.rowcount == 1


def mark_orders(
    connection: sqlite3.Connection, order_ids: Sequence[str], state: OrderState, at_ms: int
) -> None:
    """Say what became of pending orders; the others stay as they are."""
    rank = _ORDER_STATES.index(state)
    sql = "UPDATE orders SET state = ?, marked_ms = ? WHERE state = 0 AND order_id IN ({})"
    for ids in _padded(order_ids):
        connection.execute(sql.format(",".join("?" * len(ids))), [rank, at_ms, *ids])


_ORDER_STATES = ("pending", "done", "refunded")

ORDERS_PENDING = """
SELECT order_id, kind, origin, target, action, args, refund, not_before_ms
FROM orders WHERE state = 0 AND not_before_ms <= ? ORDER BY seq LIMIT ?
"""
DUE = "SELECT msisdn FROM due WHERE due_ms > 0 AND due_ms <= ? ORDER BY due_ms, msisdn LIMIT ?"

_MESSAGE = """
SELECT message_id, source, destination, text, secret, created_ms, not_before_ms, state,
    terms, marked_ms, status
FROM outbox
"""
UNDELIVERED = f"{_MESSAGE} WHERE state < 2 AND message_id > ? ORDER BY message_id LIMIT ?"
PENDING = f"{_MESSAGE} WHERE destination = ? AND state < 2 ORDER BY message_id"
MESSAGE = f"{_MESSAGE} WHERE message_id = ?"
INBOX = f"{_MESSAGE} WHERE destination = ? ORDER BY message_id DESC LIMIT ?"
INBOX_AFTER = INBOX.replace("ORDER BY message_id DESC", "AND message_id > ? ORDER BY message_id")
LATEST = "SELECT coalesce(max(at_ms), 0) FROM operation"
HISTORY = """
WITH RECURSIVE history AS (
    SELECT ledger.* FROM account JOIN ledger ON ledger.seq = account.newest_entry
    WHERE account.msisdn = ?1 AND ?4 IS NULL
    UNION ALL
    SELECT older.* FROM ledger AS known JOIN ledger AS older ON older.seq = known.previous
    WHERE known.seq = ?4 AND known.account >= ?1 || ':' AND known.account < ?1 || ';'
    UNION ALL
    SELECT ledger.* FROM history JOIN ledger ON ledger.seq = history.previous
)
SELECT seq, transfer, account, amount_kop, kind, at_ms, note FROM history
WHERE ?2 IS NULL OR kind = ?2 LIMIT ?3
"""

# The bounds say again what the index of companies holds, so that it is used.
COMPANY_LINES = """
SELECT transfer, account, amount_kop, kind, at_ms, note FROM ledger
WHERE account = ?1 AND account >= 'system:company:' AND account < 'system:company;'
AND at_ms >= ?2 AND at_ms < ?3
ORDER BY at_ms, seq
"""


def _message_row(message: OutMessage) -> Row:
    return (
        message.message_id,
        message.source,
        message.destination,
        message.text,
        int(message.secret),
        message.created_ms,
        message.not_before_ms,
        MESSAGE_STATES.index(message.state),
        None,
        _terms_text(message.terms),
        0,
    )


def _terms_text(terms: Terms | None) -> str | None:
    return None if terms is None else _encode(as_json(terms))


def _order_row(order: Order) -> Row:
    args = _encode(dict(order.args))
    return (
        order.order_id,
        order.kind,
        order.origin,
        order.target,
        order.action,
        args,
        order.refund,
        order.not_before_ms,
        0,
    )


def order_from_row(row: Sequence[Any]) -> Order:
    """An order from a row of ORDERS_PENDING."""
    order_id, kind, origin, target, action, args, refund, not_before_ms = row
    return Order(order_id, kind, origin, target, action, json.loads(args), refund, not_before_ms)


def message_from_row(row: Sequence[Any]) -> OutMessage:
    """A message from a row of one of the statements above."""
    message_id, source, destination, text, secret, created_ms, not_before_ms, rank, *end = row
    terms, marked_ms, status = end
    state = MESSAGE_STATES[rank]
    return OutMessage(
        message_id,
        source,
        destination,
        text,
        bool(secret),
        created_ms,
        not_before_ms,
        state,
        None if terms is None else from_json(json.loads(terms)),
        marked_ms if state in FINAL_STATES else None,
        status,
    )
