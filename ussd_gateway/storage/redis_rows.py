"""Commits, accounts, messages and orders as values in Redis, and back."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ussd_gateway.billing.account import Account, body, from_stored
from ussd_gateway.billing.ledger import LedgerEntry, holding
from ussd_gateway.billing.store import (
    MESSAGE_STATES,
    BrokenCommit,
    Commit,
    Order,
    OutMessage,
    pocket_moves,
)
from ussd_gateway.storage.redis_keys import Bucket
from ussd_gateway.terms import as_json, from_json

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
LARGEST = 2**53
"""Scripts in Redis count with floating point: beyond this a kopeck would get lost."""
ACCOUNT_FIELDS = (b"v", b"main", b"floor", b"budget", b"personal", b"due", b"body")
_COMPANY = "system:company:"
_NO_ACCOUNT = (b"0",) * 9 + (b"", b"")

Words = tuple[bytes, ...]


def commit_call(commit: Commit, bucket: Bucket) -> tuple[Words, Words]:
    """KEYS and ARGV of `commit.lua`; BrokenCommit when its money does not add up or it cannot be stored."""
    try:
        return _commit_call(commit, bucket)
    except (TypeError, OverflowError, UnicodeError) as error:
        raise BrokenCommit(f"cannot be stored: {error}") from error


def _commit_call(commit: Commit, bucket: Bucket) -> tuple[Words, Words]:
    moves = pocket_moves(commit)
    home, start = commit.home.encode(), bucket.start
    keys = tuple(start + kind + home for kind in (b"a:", b"k:", b"l:", b"i:", b"q:"))
    args = [commit.key.encode(), _encode([commit.request, commit.reply]).encode()]
    if commit.accounts:
        account = commit.accounts[0]
        held = holding(account)
        numbers = (account.version, *moves, *held, account.floor_kop, account.due_ms)
        if max(numbers) > LARGEST or min(numbers) < -LARGEST:
            raise BrokenCommit(f"{commit.key}: a number is too large for Redis")
        args += [b"%d" % number for number in numbers]
        args += (body(account).encode(), home)
    else:
        args += _NO_ACCOUNT
    args.append(_element(commit).encode() if commit.entries else b"")
    args += (b"%d" % commit.at_ms, b"%d" % len(commit.messages))
    for message in commit.messages:
        at_home = b"1" if message.destination == commit.home else b"0"
        args += (b"%d" % message.message_id, at_home, _message_row(message).encode())
    args.append(b"%d" % len(commit.orders))
    for order in commit.orders:
        args += (order.order_id.encode(), b"%d" % order.not_before_ms, _order_row(order).encode())
    lines = [(n, entry) for n, entry in enumerate(commit.entries) if entry.account.startswith(_COMPANY)]
    args.append(b"%d" % len(lines))
    for n, entry in lines:
        args += (b"%d" % entry.at_ms, _encode([*entry, n]).encode())
    companies = tuple(bucket.lines + entry.account.removeprefix(_COMPANY).encode() for _, entry in lines)
    return (*keys, *bucket.shared, *companies), tuple(args)


# ---------------------------------------------------------------- the ledger


def _element(commit: Commit) -> str:
    """The lines of one commit: an element of the list."""
    return _encode([commit.key, [entry[1:] for entry in commit.entries]])


def entries_of(element: bytes) -> Iterator[LedgerEntry]:
    """The lines of an element, in the order of the commit."""
    transfer, lines = json.loads(element)
    return (LedgerEntry(transfer, *line) for line in lines)


def company_line(member: bytes) -> LedgerEntry:
    """A line of a company, which is kept once more for its report."""
    return LedgerEntry(*json.loads(member)[:-1])


# ---------------------------------------------------------------- accounts


def account_from(msisdn: str, fields: Sequence[bytes | None]) -> Account | None:
    """An account from the values of ACCOUNT_FIELDS; None when there is none."""
    version, main, floor, budget, personal, due, text = fields
    if version is None or text is None:
        return None
    columns = (int(main or 0), int(floor or 0), int(budget or 0), int(personal or 0), int(due or 0))
    return from_stored(msisdn, int(version), columns, text.decode())


# ---------------------------------------------------------------- messages and orders


def _message_row(message: OutMessage) -> str:
    """The rank of the state, then the rest: a mark rewrites the one digit, and adds a line about the end."""
    return f"{MESSAGE_STATES.index(message.state)}{message_contents(message)}"


def message_contents(message: OutMessage) -> str:
    """The row of a message without its state."""
    rest: tuple[Any, ...] = (
        message.source,
        message.destination,
        message.text,
        int(message.secret),
        message.created_ms,
        message.not_before_ms,
    )
    return _encode(rest if message.terms is None else (*rest, as_json(message.terms)))


def message_from(message_id: int, row: bytes) -> OutMessage:
    """A message from its row."""
    contents, _, end = row[1:].partition(b"\n")
    source, destination, text, secret, created_ms, not_before_ms, *terms = json.loads(contents)
    ended_ms, status = end.split() if end else (None, 0)
    return OutMessage(
        message_id,
        source,
        destination,
        text,
        bool(secret),
        created_ms,
        not_before_ms,
        MESSAGE_STATES[int(row[:1])],
        from_json(terms[0]) if terms else None,
        None if ended_ms is None else int(ended_ms),
        int(status),
    )


def _order_row(order: Order) -> str:
    rest: tuple[Any, ...] = (
        order.kind,
        order.origin,
        order.target,
        order.action,
        dict(order.args),
        order.refund,
        order.not_before_ms,
    )
    return _encode(rest)


def order_from(order_id: str, row: bytes) -> tuple[int, Order]:
    """(its number in the bucket, the order) from a row, which begins with that number."""
    number, _, rest = row.partition(b" ")
    return int(number), Order(order_id, *json.loads(rest))
