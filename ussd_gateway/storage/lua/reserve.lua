-- A range of message ids.
-- KEYS 1 the counter, 2 the meta hash; ARGV 1 how many, 2 the largest id, 3 how many a failover may hide.
-- Answers the last one, or 0.
local run = redis.pcall('INFO', 'server')
local server = type(run) == 'string' and string.match(run, 'run_id:(%w+)') or ''
local count = tonumber(ARGV[1])
local before = redis.call('HGET', KEYS[2], 'counter')
if before and before ~= server then
  -- Another process counts now: it may not know of the latest ranges the one before it has given.
  count = count + tonumber(ARGV[3])
end
if tonumber(redis.call('GET', KEYS[1]) or 0) + count > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[2], 'counter', server)
return redis.call('INCRBY', KEYS[1], count)
