"""Give a server again what it has forgotten: the commits of our journal, by their keys.

of each record: does the server know the key?       nearly always yes
those missing, in order, home by home -> commit     the same commit, the same key: never twice
an account of another version than expected         another gateway's journal has what comes between: wait
still so after a while                              somebody went on without it: its money is added, the
                                                    newer account stays as it is otherwise
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.exceptions import AskError, MovedError

from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.storage.redis_journal import Journal, Record
from ussd_gateway.storage.redis_rows import ACCOUNT_FIELDS
from ussd_gateway.storage.redis_scripts import COMMIT
from ussd_gateway.storage.redis_wire import pack

ROUND_S = 0.1
PATIENCE = 20
"""Rounds in which nothing moves until we go on without the other gateways."""
AT_ONCE = 1000

Ask = Callable[[Sequence[bytes]], Awaitable[list[Any]]]
"""Packed commands to one server -> replies, errors in their places; StoreUnavailable."""
Missing = dict[bytes, deque[Record]]
"""Name of a home's keys -> its commits, in their order."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Restored:
    """What became of the commits that a server did not know."""

    again: int = 0
    merged: int = 0
    """Their money was added to an account that had gone on without them."""


async def restore(journal: Journal, ask: Ask) -> Restored:
    """Commit what the journal has and the server has not; StoreUnavailable when the server goes meanwhile.

    What lies on other servers of a cluster is left to them.
    """
    missing = await _missing(journal, ask)
    restored = Restored()
    vain = 0
    while missing:
        homes = list(missing)
        moved = 0
        for first in range(0, len(homes), AT_ONCE):
            part = homes[first : first + AT_ONCE]
            # One of each home: with the first of two turned away the second could take its place.
            # The first one brings the script along: a server that forgets commits may have forgotten it too.
            heads = [missing[home][0] for home in part]
            calls = [COMMIT.full_call(heads[0].keys, heads[0].args)]
            calls += [COMMIT.call(each.keys, each.args) for each in heads[1:]]
            for home, reply in zip(part, await ask(calls), strict=True):
                if isinstance(reply, Exception):
                    raise StoreUnavailable(f"what is missing cannot be restored: {reply}")
                if reply in (0, -1):
                    continue
                _done(missing, home)
                restored.again += 1
                moved += 1
        if moved:
            continue
        # Waited for once; another gateway that could help has done so by then.
        vain += 1
        if vain < PATIENCE:
            await asyncio.sleep(ROUND_S)
        else:
            await _go_on_without(missing, ask, restored)
    if restored != Restored():
        log.warning(
            "a server did not know commits of ours: done again",
            again=restored.again,
            money_only=restored.merged,
        )
    return restored


async def _missing(journal: Journal, ask: Ask) -> Missing:
    missing: dict[bytes, list[Record]] = {}
    async for page in journal.pages():
        replies = await ask([pack((b"HEXISTS", record.keys[1], record.args[0])) for record in page])
        for record, known in zip(page, replies, strict=True):
            if isinstance(known, MovedError | AskError) or known == 1:
                continue
            if isinstance(known, Exception):
                raise StoreUnavailable(f"what is missing cannot be found out: {known}")
            missing.setdefault(record.keys[1], []).append(record)
    # A journal that was taken over lies behind ours, whatever came first; the versions of the account tell.
    return {home: deque(sorted(records, key=_version)) for home, records in missing.items()}


def _version(record: Record) -> int:
    return int(record.args[2])


def _done(missing: Missing, home: bytes) -> None:
    missing[home].popleft()
    if not missing[home]:
        del missing[home]


async def _go_on_without(missing: Missing, ask: Ask, restored: Restored) -> None:
    """Fit the first commit of each home to the account as it is now."""
    homes = list(missing)
    accounts = await ask([pack((b"HMGET", missing[home][0].keys[0], *ACCOUNT_FIELDS)) for home in homes])
    for home, account in zip(homes, accounts, strict=True):
        if isinstance(account, Exception):
            raise StoreUnavailable(f"what is missing cannot be restored: {account}")
        record = missing[home][0]
        # From here on it is a commit of this version like any other: another writer may still be faster.
        missing[home][0] = _fitted(record, account)
        restored.merged += 1
        restored.again -= 1


def _fitted(record: Record, account: Sequence[Any]) -> Record:
    """The same key, reply, lines, messages and orders; the account as it stands, moved by the money.

    Where there is none, what was before lies in another gateway's journal: until it comes, the account holds
    what this commit has moved, perhaps less than nothing.
    """
    version, main, floor, budget, personal, due, body = account
    args = list(record.args)
    args[2] = b"%d" % (int(version or 0) + 1)
    for n, held in enumerate((main, budget, personal)):
        args[6 + n] = b"%d" % (int(held or 0) + int(args[3 + n]))
    if version is not None:
        args[9], args[10], args[11] = floor, due, body
    return record._replace(args=tuple(args))
