-- A gateway says that it lives and what it takes, and hears the same of all others.
-- KEYS 1 gateways, 2 until when each lives; ARGV 1 gateway, 2 what it takes, 3 for how long that counts (ms; 0: it leaves)
-- Answers {whether it was still counted as alive, gateway, what it takes, gateway, ...}.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], dead)
  redis.call('HDEL', KEYS[1], dead)
end
local known = redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0
if ARGV[3] == '0' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, known)
return answer
