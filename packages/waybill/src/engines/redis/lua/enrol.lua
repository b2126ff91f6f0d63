-- enrol: makes a worker known for a while, or forgets it.
-- ARGV: offset, id, ttl_ms (0 forgets), info (JSON)
-- Answers: now
local id, ttl, info = arg(), number(), arg()
if ttl <= 0 then
  call('HDEL', key('workers'), id)
  call('HDEL', key('idlers'), id)
  return { whole(now) }
end
local known = call('HGET', key('workers'), id)
local started = known and string.match(known, '^%d+ %d+ (%d+)') or whole(now)
call('HSET', key('workers'), id, whole(now + ttl) .. ' ' .. whole(now) .. ' ' .. started .. ' ' .. whole(ttl) .. ' ' .. info)
return { whole(now) }
