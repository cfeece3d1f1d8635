"""Billing: integer money, pure rules, one commit per request.

    account     one subscriber: money, packages, password, counters; an immutable value
    ledger      the accountant's lines; those of one operation sum to zero
    purse       which pocket pays, and the counters that spending moves
    passwords   what a password may look like, and what becomes of it at each guess
    calendar    the subscriber's day and month
    money       kopecks <-> what people write
    files       the shape of catalogue/*.yaml
    catalogue   those files, loaded: tariffs, settings, texts, demo subscribers
    operations/ what can be done to an account: (account, arguments, context) -> Decision
    subscribers the account behind a number, opened at first sight
    draft       the decisions of one request, gathered until its one commit
    store       the port that commits it (implemented in `storage/`)

Nothing here reads a clock, rolls dice or touches a file by itself: `now_ms`, ids, digits and hashes are
arguments.  A refusal (no money, wrong password) is a result; an exception is a bug or a lost store.
"""
