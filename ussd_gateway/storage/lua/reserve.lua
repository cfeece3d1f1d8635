-- A range of message ids.  KEYS 1 the counter; ARGV 1 how many, 2 the largest id.  Answers the last one, or 0.
if tonumber(redis.call('GET', KEYS[1]) or 0) + tonumber(ARGV[1]) > tonumber(ARGV[2]) then
  return 0
end
return redis.call('INCRBY', KEYS[1], ARGV[1])
