-- Who delivers to a phone: one gateway at a time, as long as it lives and has not put the phone down.
-- KEYS 1 holder, 2 where the phone last spoke, 3 messages under way
-- ARGV 1 we, 2 is the phone in our hand?, 3 life of the claim (ms), 4 age (ms) from which the claim of a gateway
--      that we do not know may be broken, 5 how many messages at most, 6 how many gateways take the phone, those
--      gateways, the preferred first, then all that live
-- Answers {gateway} or, when that is us, {us, id, id, ...}; an empty name: nobody takes the phone.
local we, takers = ARGV[1], tonumber(ARGV[6])
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= we then
  local lives = redis.call('PTTL', KEYS[1]) > tonumber(ARGV[3]) - tonumber(ARGV[4])
  for n = 7 + takers, #ARGV do
    lives = lives or ARGV[n] == holder
  end
  if lives then
    return {holder}
  end
end
local target = takers > 0 and ARGV[7] or ''
if holder == we and ARGV[2] == '1' then
  target = we
else
  local where = redis.call('GET', KEYS[2])
  for n = 7, 6 + takers do
    if ARGV[n] == where then
      target = where
    end
  end
end
if target ~= we then
  if holder then
    redis.call('DEL', KEYS[1])
  end
  return {target}
end
redis.call('SET', KEYS[1], we, 'PX', ARGV[3])
local answer = redis.call('LRANGE', KEYS[3], 0, tonumber(ARGV[5]) - 1)
table.insert(answer, 1, we)
return answer
