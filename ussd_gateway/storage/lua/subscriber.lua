-- All the money of one subscriber at one instant, for the audit.  KEYS 1 account, 2 ledger.
return {redis.call('HMGET', KEYS[1], 'v', 'main', 'budget', 'personal'), redis.call('LRANGE', KEYS[2], 0, -1)}
