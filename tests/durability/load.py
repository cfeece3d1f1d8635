"""A process that charges accounts through a SQLite store until it is killed or its disk fails.

    python -m tests.durability.load DATABASE RUN [FILE_SIZE_LIMIT]

It writes one line to standard output as soon as it knows something, unbuffered:
`ack KEY`, `unknown KEY`, `refused KEY`, `fatal`.  Keys say what was asked: RUN:ACCOUNT:AMOUNT:NUMBER.
"""

import asyncio
import os
import resource
import sys
from itertools import count
from pathlib import Path

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.ledger import FEES, OPENING, LedgerEntry
from ussd_gateway.billing.store import Commit, OutMessage
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.storage.sqlite import SqliteStore

ACCOUNTS = 40
OPENING_KOP = 10**9


def number(index: int) -> str:
    return str(79260000000 + index)


def say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


async def open_account(store: SqliteStore, msisdn: str) -> Account:
    known = await store.account(msisdn)
    if known is not None:
        return known
    key = f"open:{msisdn}"
    account = Account(msisdn, 1, balance_kop=OPENING_KOP)
    entries = [
        LedgerEntry(key, f"{msisdn}:main", OPENING_KOP, "opening", 0),
        LedgerEntry(key, OPENING, -OPENING_KOP, "opening", 0),
    ]
    await store.commit(Commit(key, "open", 0, {}, [account], entries))
    return account


async def client(store: SqliteStore, run: str, index: int, message_ids: "count[int]") -> None:
    """One subscriber who charges without end: each commit moves money and sends a message."""
    msisdn = number(index)
    account = await open_account(store, msisdn)
    for n in count():
        amount_kop = 1 + (n * 7 + index) % 90
        key = f"{run}:{msisdn}:{amount_kop}:{n}"
        account = account._replace(version=account.version + 1, balance_kop=account.balance_kop - amount_kop)
        entries = [
            LedgerEntry(key, f"{msisdn}:main", -amount_kop, "fee", n),
            LedgerEntry(key, FEES, amount_kop, "fee", n),
        ]
        message = OutMessage(next(message_ids), "000105", msisdn, key, False, n, n)
        try:
            await store.commit(Commit(key, "charge", n, {"key": key}, [account], entries, [message]))
        except StoreUnavailable as error:
            say(f"{'unknown' if error.outcome_unknown else 'refused'} {key}")
            return
        say(f"ack {key}")


async def main(database: str, run: str, file_size_limit: str = "") -> None:
    store = SqliteStore(Path(database), on_fatal=lambda error: say("fatal"))
    await store.open()
    if file_size_limit:
        limit = int(file_size_limit)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    message_ids = count(await store.reserve_ids(1_000_000))
    await asyncio.gather(*(client(store, run, index, message_ids) for index in range(ACCOUNTS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
