-- The lines of companies, which pay for many numbers: their papers read them. Nobody else's are in the index.
CREATE INDEX ledger_company ON ledger (account, at_ms)
WHERE account >= 'system:company:' AND account < 'system:company;';
