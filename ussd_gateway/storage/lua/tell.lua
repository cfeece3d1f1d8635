-- An inbox learns of a message that lies elsewhere.  KEYS 1 inbox, 2 messages under way; ARGV 1 id, 2 member
-- Told twice (a gateway died in between) it is under way once.
if redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('RPUSH', KEYS[2], ARGV[2])
end
return 1
