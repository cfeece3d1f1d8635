-- Save a dialogue unless another state has been saved since it was loaded.
-- KEYS 1 dialogue, 2 deadlines; ARGV 1 id, 2 version loaded, 3 new value, 4 its life (ms), 5 deadline, 6 number,
--      7 may the deadline have come nearer?
-- Answers 1, or who is stored instead (empty: nobody).  A value is `id LF version LF ...`.
local stored = redis.call('GET', KEYS[1])
if stored then
  local id, version = string.match(stored, '^([^\n]*)\n(%d+)\n')
  if id ~= ARGV[1] or version ~= ARGV[2] then
    return id .. ' version ' .. version
  end
  if ARGV[7] == '1' then
    redis.call('ZADD', KEYS[2], 'LT', ARGV[5], ARGV[6])
  end
elseif ARGV[2] ~= '0' then
  return ''
else
  -- A later step only postpones the deadline, and that is found out when the time comes.
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[6])
end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
