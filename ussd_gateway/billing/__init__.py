"""Billing: integer money, pure rules, one commit per request.

    account     one subscriber: money and holdings; an immutable value, true at an instant
    holdings    what it is made of: services, packages, codes, points, orders that wait
    quotas, codes, numbers, periods, services, rating   what operations of several families need
    ledger      the accountant's lines; those of one operation sum to zero
    purse       which pocket pays, and the counters that spending moves
    passwords   what a password may look like, and what becomes of it at each guess
    calendar    the subscriber's day and month
    money       kopecks <-> what people write
    files       the shape of catalogue/*.yaml (files_…: one module a file)
    texts       which texts billing names by itself
    catalogue   those files, loaded: tariffs, services, packages, settings, texts, demo subscribers
    operations/ what can be done to an account: (account, arguments, context) -> Decision
    rules/      what time does to an account, one module a rule
    settle      all that is due by now, in the order of time
    reactions   what follows when money has moved
    subscribers the account behind a number, opened at first sight
    draft       settled account, decisions, reactions of one request, gathered until its one commit
    store       the port that commits it (implemented in `storage/`)

Nothing here reads a clock, rolls dice or touches a file by itself: `now_ms`, ids, digits and hashes are
arguments.  A refusal (no money, wrong password) is a result; an exception is a bug or a lost store.
"""
