"""How fast the gateway is, measured from outside over real sockets.

One command, `python -m benchmarks` (or `make bench`), starts each server in turn on core 0 and loads it from
core 1.  The modules in the order of a run:

    wire         the few PDUs the load needs, encoded once and patched; nothing shared with the gateway
    histogram    latencies in microseconds, and their percentiles
    generator    connections, the event loop, warm-up, measured seconds, draining
    traffic      what flows: SMS from phone to phone, USSD dialogues
    machine      cores, processor time, the conditions a result was taken under
    servers      the gateway over memory and SQLite, an asyncio echo, a bare npm server
    audit        the ledger in the gateway's file agrees with what the generator was shown
    matrix       servers x modes x windows -> results
    report       results -> terminal table, JSON, Markdown

Beside it two single figures: `startup` (first dial after start, time of --help) and `dialogues_memory`
(megabytes held by open dialogues).
"""
