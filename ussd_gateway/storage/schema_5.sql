-- What the sender of a message asked for (JSON; nothing for our own), and why it ended.
-- `state` goes on: 4 expired, 5 deleted.
ALTER TABLE outbox ADD COLUMN terms TEXT;
ALTER TABLE outbox ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
