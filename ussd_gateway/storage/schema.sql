-- The embedded store. One process writes, through one connection (storage/sqlite_writer.py).
-- Money is in kopecks, instants are milliseconds since the Unix epoch, UTC.

-- Every commit leaves a row: the key for ever stands for that request and that reply.
CREATE TABLE operation (
    key     TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    reply   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What each subscriber's account is now. `newest_entry` is the head of its chain in the ledger.
CREATE TABLE account (
    msisdn       INTEGER PRIMARY KEY,
    version      INTEGER NOT NULL,
    balance_kop  INTEGER NOT NULL,
    floor_kop    INTEGER NOT NULL CHECK (floor_kop <= 0),
    budget_kop   INTEGER NOT NULL CHECK (budget_kop >= 0),
    personal_kop INTEGER NOT NULL CHECK (personal_kop >= 0),
    newest_entry INTEGER,
    body         TEXT NOT NULL,
    CHECK (balance_kop >= floor_kop)
) STRICT;

-- Double entry. `previous` is the entry before this one of the same subscriber: history is a walk along
-- the chain, newest first, so it needs no index, whose upkeep would cost a third of all commits.
CREATE TABLE ledger (
    seq        INTEGER PRIMARY KEY,
    transfer   TEXT NOT NULL REFERENCES operation (key),
    account    TEXT NOT NULL,
    amount_kop INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    note       TEXT NOT NULL,
    previous   INTEGER
) STRICT;

CREATE TRIGGER ledger_keeps_what_it_has BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_forgets_nothing BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Messages to phones. `state`: 0 queued, 1 sent, 2 acked, 3 failed.
CREATE TABLE outbox (
    message_id    INTEGER PRIMARY KEY,
    source        TEXT NOT NULL,
    destination   TEXT NOT NULL,
    text          TEXT NOT NULL,
    secret        INTEGER NOT NULL,
    created_ms    INTEGER NOT NULL,
    not_before_ms INTEGER NOT NULL,
    state         INTEGER NOT NULL,
    marked_ms     INTEGER
) STRICT;

CREATE INDEX outbox_undelivered ON outbox (message_id) WHERE state < 2;
CREATE INDEX outbox_inbox ON outbox (destination, message_id);

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counter VALUES ('next_message_id', 1);
