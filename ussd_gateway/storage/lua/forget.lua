-- Orders that are done, or never were here.  KEYS 1 waiting orders, 2 orders; ARGV ids
redis.call('ZREM', KEYS[1], unpack(ARGV))
return redis.call('HDEL', KEYS[2], unpack(ARGV))
