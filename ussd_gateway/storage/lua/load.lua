-- What a step begins with.  KEYS 1 dialogue, 2 account.
return {
  redis.call('GET', KEYS[1]),
  redis.call('HMGET', KEYS[2], 'v', 'main', 'floor', 'budget', 'personal', 'due', 'body')
}
