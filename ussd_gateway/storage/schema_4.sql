-- The network state of phones that are not simply switched on.
CREATE TABLE phone (
    msisdn INTEGER PRIMARY KEY,
    state  TEXT NOT NULL
) STRICT;
