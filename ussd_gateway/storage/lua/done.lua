-- Messages that are at their end are under way no more; a phone with none left is put down.
-- KEYS 1 holder, 2 messages under way; ARGV 1 we, 2 put it down?, 3... ids as they stand there
-- Answers how many are left.
for n = 3, #ARGV do
  redis.call('LREM', KEYS[2], 0, ARGV[n])
end
local left = redis.call('LLEN', KEYS[2])
if left == 0 and ARGV[2] == '1' and redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return left
