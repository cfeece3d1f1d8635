-- One commit: everything is looked at before the first write, for what a script has written stays written.
-- KEYS 1 account, 2 idempotency keys, 3 ledger, 4 inbox, 5 messages under way to it (of the home)
--      6 due, 7 messages, 8 undelivered, 9 inboxes elsewhere, 10 orders, 11 waiting orders, 12 counters (of the bucket)
--      13... lines of companies
-- ARGV 1 key, 2 its row, 3 new version (0: no account), 4-6 kopecks moved, 7-9 kopecks then held
--      10 floor, 11 due, 12 body, 13 number, 14 ledger element, 15 its instant
--      then a count and so many: messages (id, destination at home?, row); orders (id, not before, row);
--      lines of companies (instant, line)
-- Answers 1, or the row that stands under the key, or 0: another version is stored, or -1: money out of nothing.
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then
  return known
end
local version = tonumber(ARGV[3])
local stored
if version > 0 then
  stored = redis.call('HMGET', KEYS[1], 'v', 'main', 'budget', 'personal', 'due')
  if tonumber(stored[1] or 0) ~= version - 1 then
    return 0
  end
  for pocket = 1, 3 do
    if tonumber(stored[pocket + 1] or 0) + tonumber(ARGV[pocket + 3]) ~= tonumber(ARGV[pocket + 6]) then
      return -1
    end
  end
end

redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
if version > 0 then
  redis.call('HSET', KEYS[1], 'v', ARGV[3], 'floor', ARGV[10], 'due', ARGV[11], 'body', ARGV[12])
  for pocket, name in ipairs({'main', 'budget', 'personal'}) do
    if ARGV[pocket + 3] ~= '0' then
      redis.call('HINCRBY', KEYS[1], name, ARGV[pocket + 3])
    end
  end
  if ARGV[11] == '0' then
    if (stored[5] or '0') ~= '0' then
      redis.call('ZREM', KEYS[6], ARGV[13])
    end
  elseif ARGV[11] ~= stored[5] then
    redis.call('ZADD', KEYS[6], ARGV[11], ARGV[13])
  end
end
if ARGV[14] ~= '' then
  redis.call('RPUSH', KEYS[3], ARGV[14])
end
if tonumber(ARGV[15]) > tonumber(redis.call('HGET', KEYS[12], 'latest') or 0) then
  redis.call('HSET', KEYS[12], 'latest', ARGV[15])
end
local at = 16
local last = at + 3 * tonumber(ARGV[at])
while at < last do
  local id = ARGV[at + 1]
  redis.call('HSET', KEYS[7], id, ARGV[at + 3])
  redis.call('ZADD', KEYS[8], id, id)
  if ARGV[at + 2] == '1' then
    redis.call('ZADD', KEYS[4], id, id)
    redis.call('RPUSH', KEYS[5], id)
  else
    redis.call('ZADD', KEYS[9], id, id)
  end
  at = at + 3
end
at = at + 1
last = at + 3 * tonumber(ARGV[at])
while at < last do
  local number = redis.call('HINCRBY', KEYS[12], 'orders', 1)
  redis.call('HSET', KEYS[10], ARGV[at + 1], string.format('%.0f', number) .. ' ' .. ARGV[at + 3])
  redis.call('ZADD', KEYS[11], ARGV[at + 2], ARGV[at + 1])
  at = at + 3
end
at = at + 1
for line = 1, tonumber(ARGV[at]) do
  redis.call('ZADD', KEYS[12 + line], ARGV[at + 2 * line - 1], ARGV[at + 2 * line])
end
return 1
