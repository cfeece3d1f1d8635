-- Messages that have come a step further: never back, never on from a final state.
-- KEYS 1 messages, 2 undelivered; ARGV 1 the state's rank, 2 when and why it ended, 3... ids.
-- A row begins with the rank of its state; a final one has its end on a second line.
local rank = tonumber(ARGV[1])
for n = 3, #ARGV do
  local row = redis.call('HGET', KEYS[1], ARGV[n])
  if row then
    local was = tonumber(string.sub(row, 1, 1))
    if was < rank and was < 2 then
      if rank >= 2 then
        redis.call('HSET', KEYS[1], ARGV[n], ARGV[1] .. string.sub(row, 2) .. '\n' .. ARGV[2])
        redis.call('ZREM', KEYS[2], ARGV[n])
      else
        redis.call('HSET', KEYS[1], ARGV[n], ARGV[1] .. string.sub(row, 2))
      end
    end
  end
end
return 1
