-- extend: renews leases by fence, for their own worker alone and never shortening one, and the worker's own row; says
-- which running jobs are lost or to be cancelled.
-- ARGV: offset, worker, lease_ms, leases, (fence, begun)…, jobs, (id, fence)…
-- Answers: now, then for each job: 'ok' · 'lost' · 'cancel'
local worker, lease_ms = arg(), number()
local expires = now + lease_ms

local function renew(fence, begun)
  local row = key('lease:' .. fence)
  local found = call('HMGET', row, 'worker', 'expires_at', 'begun')
  if found[1] ~= worker then return end
  local later = math.max(expires, tonumber(found[2]))
  call('HSET', row, 'heartbeat_at', whole(now), 'expires_at', whole(later), 'begun', math.max(begun, tonumber(found[3])))
  call('ZADD', key('leases'), whole(later), fence)
end
for _ = 1, number() do renew(arg(), number()) end

local known = call('HGET', key('workers'), worker)
if known then
  local ttl = string.match(known, '^%d+ %d+ %d+ (%d+)')
  local started = string.match(known, '^%d+ %d+ (%d+)')
  call('HSET', key('workers'), worker,
    whole(now + tonumber(ttl)) .. ' ' .. whole(now) .. ' ' .. started .. ' ' .. ttl .. string.match(known, '^%d+ %d+ %d+ %d+( .*)$'))
end

local answers = { whole(now) }
for i = 1, number() do
  local id, fence = arg(), arg()
  local holder = string.match(call('HGET', key('leased'), id) or '', '^%d+')
  if holder ~= fence then answers[i + 1] = 'lost'
  elseif string.find(state_of(call('GET', job_key(id))), '"cancel_requested_at":', 1, true) then answers[i + 1] = 'cancel'
  else answers[i + 1] = 'ok' end
end
return answers
