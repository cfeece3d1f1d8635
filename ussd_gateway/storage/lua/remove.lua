-- Forget a dialogue unless another has taken its place.  KEYS 1 dialogue, 2 deadlines; ARGV 1 id, 2 number
local stored = redis.call('GET', KEYS[1])
if not stored or string.match(stored, '^[^\n]*') ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
