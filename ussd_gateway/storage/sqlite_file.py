"""The file behind the embedded store: who owns it, how it is opened, whether it is sound.

One process owns a database file, through one writing connection.  (SQLite before 3.51.3 can corrupt a WAL
that two connections write or checkpoint, and Debian 12 ships 3.40.1; besides, one writer never waits for a
lock.)  Commits are durable: WAL with `synchronous=FULL` flushes before each COMMIT returns.
"""

import fcntl
import os
import sqlite3
from importlib import resources
from pathlib import Path

from ussd_gateway.billing.store import AuditReport, audit_report
from ussd_gateway.errors import ConfigError

SCHEMA = ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql", "schema_5.sql")
"""How the schema came to be, one step a version; a file remembers how many it has been through."""
CACHE_KIB = 65_536
"""Page cache of the writing connection."""
CHECKPOINT_PAGES = 8_000
"""At so many pages of 4 KiB the WAL is folded into the file; a page changed often is copied once."""
BUSY_TIMEOUT_S = 2.0
"""How long we wait for a stranger (someone's sqlite3 shell) that holds the write lock."""
RECENT_ENTRIES = 1_000
"""A quick audit looks at the accounts of so many newest ledger entries."""


class FileLock:
    """The right to use a database file, held by one process at a time (a lock on the file beside it)."""

    def __init__(self, database: Path) -> None:
        """Take it; ConfigError names the process that holds it."""
        path = database.with_name(database.name + ".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise ConfigError(
                f"{database} is in use by another gateway (process {holder}): a SQLite file has one owner. "
                "Stop that process, or give this one another storage.url; "
                "several gateways on one subscriber base need a redis:// store."
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let the next process have it."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes and checkpoints; makes the schema, or brings an old one up to date."""
    try:
        connection = _connect(str(path))
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(SCHEMA):
            raise ConfigError(f"{path} was written by a newer version of the gateway (schema {version})")
        steps = [resources.files(__package__).joinpath(name).read_text("utf-8") for name in SCHEMA[version:]]
        if steps:
            connection.executescript(
                f"BEGIN IMMEDIATE; {' '.join(steps)} PRAGMA user_version = {len(SCHEMA)}; COMMIT;"
            )
    except sqlite3.Error as error:
        raise ConfigError(f"{path} cannot be used as a database: {error}") from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only look; each statement sees what was committed before it began.

    Being read-only it never checkpoints, not even when it is the last to close.
    """
    return _connect(f"{path.absolute().as_uri()}?mode=ro")


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=64,
        uri=name.startswith("file:"),
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


# ---------------------------------------------------------------- soundness


def check(connection: sqlite3.Connection, path: Path, full_check_bytes: int) -> None:
    """ConfigError unless the file is sound.

    Files up to `full_check_bytes` are read whole (structure, then every kopeck).  A larger one would delay
    the start by minutes: of it, the accounts that were touched last are checked against their chain of
    entries; `audit` does the rest at leisure.
    """
    try:
        if path.stat().st_size <= full_check_bytes:
            problems = _structure_problems(connection) or list(audit(connection).problems)
        else:
            problems = _recent_problems(connection)
    except sqlite3.DatabaseError as error:
        problems = [str(error)]
    if problems:
        raise ConfigError(
            f"{path} is damaged; restore it from a copy, or move it away to begin anew:\n"
            + "\n".join(problems[:20])
        )


def _structure_problems(connection: sqlite3.Connection) -> list[str]:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return [] if verdict == "ok" else [verdict]


_POCKETS_THAT_DIFFER = """
WITH lines AS (SELECT account AS name, SUM(amount_kop) AS total FROM ledger GROUP BY account),
held AS (
    SELECT msisdn || ':main' AS name, balance_kop AS amount_kop FROM account
    UNION ALL SELECT msisdn || ':budget', budget_kop FROM account
    UNION ALL SELECT msisdn || ':personal', personal_kop FROM account
)
SELECT held.name, held.amount_kop, COALESCE(lines.total, 0) FROM held LEFT JOIN lines USING (name)
WHERE held.amount_kop <> COALESCE(lines.total, 0)
UNION ALL
SELECT lines.name, 0, lines.total FROM lines
WHERE lines.name < 'system' AND lines.total <> 0
AND NOT EXISTS (SELECT 1 FROM account WHERE msisdn = CAST(lines.name AS INTEGER))
LIMIT 100
"""

_TRANSFERS_NOT_ZERO = """
SELECT transfer, SUM(amount_kop) AS total FROM ledger GROUP BY transfer HAVING total <> 0 LIMIT 100
"""

_RECENT_THAT_DIFFER = """
WITH RECURSIVE recent AS (
    SELECT DISTINCT CAST(account AS INTEGER) AS msisdn
    FROM (SELECT account FROM ledger ORDER BY seq DESC LIMIT ?) WHERE account < 'system'
),
chain (msisdn, amount_kop, previous) AS (
    SELECT account.msisdn, ledger.amount_kop, ledger.previous
    FROM recent JOIN account USING (msisdn) JOIN ledger ON ledger.seq = account.newest_entry
    UNION ALL
    SELECT chain.msisdn, ledger.amount_kop, ledger.previous
    FROM chain JOIN ledger ON ledger.seq = chain.previous
),
lines AS (SELECT msisdn, SUM(amount_kop) AS total FROM chain GROUP BY msisdn)
SELECT recent.msisdn, balance_kop + budget_kop + personal_kop, COALESCE(lines.total, 0)
FROM recent LEFT JOIN account USING (msisdn) LEFT JOIN lines USING (msisdn)
WHERE balance_kop + budget_kop + personal_kop IS NOT COALESCE(lines.total, 0)
LIMIT 100
"""


def audit(connection: sqlite3.Connection) -> AuditReport:
    """Add everything up, in one snapshot."""
    connection.execute("BEGIN")
    try:
        (accounts,) = connection.execute("SELECT COUNT(*) FROM account").fetchone()
        entries, total_kop = connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(amount_kop), 0) FROM ledger"
        ).fetchone()
        transfers = connection.execute(_TRANSFERS_NOT_ZERO).fetchall()
        pockets = connection.execute(_POCKETS_THAT_DIFFER).fetchall()
    finally:
        connection.execute("COMMIT")
    return audit_report(accounts, entries, total_kop, pockets, transfers)


def audit_file(path: Path) -> AuditReport:
    """`audit` through a connection of its own."""
    connection = open_reader(path)
    try:
        return audit(connection)
    finally:
        connection.close()


def _recent_problems(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(_RECENT_THAT_DIFFER, (RECENT_ENTRIES,)).fetchall()
    return [f"{msisdn} holds {held}, its entries sum to {lines}" for msisdn, held, lines in rows]
