-- read: jobs as they stand, in one consistent view.
-- ARGV: offset, timeline (1|0), steps (1|0), jobs, id…
-- Answers: now, then one list a job: {} not there · {user_id as JSON} purged ·
--   {record, "fence:place" (with * once the lease is written into the record) or '', worker, started_at, heartbeat_at, expires_at, begun ('' without a lease), has timeline (1|0),
--    timeline entries or {}, flat list of steps or {}}
local with_timeline, with_steps = arg() == '1', arg() == '1'
local ids, keys = {}, {}
for i = 1, number() do
  ids[i] = arg()
  keys[i] = job_key(ids[i])
end

local rows = {}
local function lease_row(fence)
  if not rows[fence] then
    rows[fence] = call('HMGET', key('lease:' .. fence), 'worker', 'started_at', 'heartbeat_at', 'expires_at', 'begun')
  end
  return rows[fence]
end

local function tombstone_of(id)
  local value = call('GET', key('gone:' .. id))
  local expires, user = string.match(value or '', '^(%d+) (.*)$')
  return expires and tonumber(expires) > now and { user } or {}
end

local none = { '', '', '', '', '' }
local answer = { whole(now) }
local records, holders = get_all(keys), fields_of(key('leased'), ids)
for i, id in ipairs(ids) do
  local record, holder = with_end(records[i]), holders[i] or ''
  if not record then answer[i + 1] = tombstone_of(id)
  else
    local row = holder == '' and none or lease_row(string.match(holder, '^%d+'))
    local written = call('EXISTS', key('timeline:' .. id))
    answer[i + 1] = {
      record, holder, row[1], row[2], row[3], row[4], row[5], written,
      with_timeline and written == 1 and call('LRANGE', key('timeline:' .. id), 0, -1) or {},
      with_steps and call('HGETALL', key('steps:' .. id)) or {},
    }
  end
end
return answer
