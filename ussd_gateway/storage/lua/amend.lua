-- Other contents for a message that is in no final state.
-- KEYS 1 messages; ARGV 1 id, 2 its row without the state.  Answers whether it was there.
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row or tonumber(string.sub(row, 1, 1)) >= 2 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], string.sub(row, 1, 1) .. ARGV[2])
return 1
