-- list-leave: jobs that were begun, taken elsewhere or ended: nothing of them stays in the list.
-- KEYS: the list, its messages, its times, its missed. ARGV: id for each job. Answers how many messages were taken out of the list.
local gone = 0
for _, id in ipairs(ARGV) do
  local message = redis.call('HGET', KEYS[2], id)
  if message then
    gone = gone + redis.call('LREM', KEYS[1], 0, message)
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[3], id)
    redis.call('SREM', KEYS[4], id)
  end
end
return gone
