-- Time and orders.

-- When time will next change something on an account, 0 for never. Accounts that were there before are looked
-- at once, at the first opportunity.
ALTER TABLE account ADD COLUMN due_ms INTEGER NOT NULL DEFAULT 1;

-- The same once more, to be found by. A table of its own, written only when the instant moves: an index on
-- account.due_ms would be rewritten by every commit and make it several times as dear.
CREATE TABLE due (
    msisdn INTEGER PRIMARY KEY,
    due_ms INTEGER NOT NULL
) STRICT;

INSERT INTO due SELECT msisdn, due_ms FROM account;

CREATE INDEX due_first ON due (due_ms, msisdn);

-- What commits left to be done elsewhere. `state`: 0 pending, 1 done, 2 refused and refunded.
CREATE TABLE orders (
    seq           INTEGER PRIMARY KEY,
    order_id      TEXT NOT NULL,
    kind          TEXT NOT NULL,
    origin        TEXT NOT NULL,
    target        TEXT NOT NULL,
    action        TEXT NOT NULL,
    args          TEXT NOT NULL,
    refund        TEXT,
    not_before_ms INTEGER NOT NULL,
    state         INTEGER NOT NULL,
    marked_ms     INTEGER
) STRICT;

CREATE INDEX orders_pending ON orders (seq, not_before_ms) WHERE state = 0;
CREATE UNIQUE INDEX orders_by_id ON orders (order_id) WHERE state = 0;
