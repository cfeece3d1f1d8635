-- Take an expired dialogue to end it, so that no other gateway does.
-- KEYS 1 dialogue, 2 deadlines; ARGV 1 number, 2 now, 3 until when it is ours.  Answers the dialogue, or nothing.
local at = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not at or tonumber(at) > tonumber(ARGV[2]) then
  return false
end
local stored = redis.call('GET', KEYS[1])
if not stored then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return false
end
local deadline = string.match(stored, '^[^\n]*\n%d+\n(%d+)\n')
local due = tonumber(deadline) <= tonumber(ARGV[2])
redis.call('ZADD', KEYS[2], due and ARGV[3] or deadline, ARGV[1])
return due and stored
