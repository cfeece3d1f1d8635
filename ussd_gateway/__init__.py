"""ussd-gateway: an operator's USSD centre and SMS centre that a tester starts in one command.

    bytes in                                                             bytes out
       |  access/     sockets, lanes, delivery (asyncio lives here)          ^
       v                                                                     |
    smpp/             bytes <-> PDU <-> event, no socket, no clock           |
       v                                                                     |
    ussd/dialects     PDU <-> Begin Continue Abort | Ask End Notify ---------+
       v                                                                     ^
    gateway.py        load dialogue . advance menu . do action . commit . reply
       |-> ussd/      which dialogue, until when; which code leads where
       |-> menu/      position + answer -> a screen, or the name of an action
       |-> sms/       keyword commands, long messages
       |-> actions    a pure decision of billing/ on the loaded account
       +-> storage/   one atomic commit, then the reply

Where to begin reading: `gateway.py`, top to bottom; then one scenario in `tests/scenarios/`; then
`smpp/pdus.py`.  The rooms, what each may import and why: `docs/architecture.md`.

    __main__, cli/       the command line, one module a command
    app, config          the composition root; config.yaml -> frozen models
    web/, phone/         HTTP; a phone's end of the wire
    access/, storage/    ways in and out; memory and SQLite behind one port
    gateway              one request -> its replies (service, ids, ports: what it works with)
    actions              names a file may call -> operations of billing/
    ussd/ sms/ menu/ billing/   the pure rooms of the trade
    smpp/                the protocol
    templates, vocabulary, documents, logs, msisdn, clock, errors   what everybody needs
"""

__version__ = "0.1.0"
