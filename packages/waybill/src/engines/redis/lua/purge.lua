-- purge: ended jobs past their retention go with all that told of them, leaving a tombstone; so do workers and roles past
-- theirs. Idempotency keys and tombstones end by their own TTL.
-- ARGV: offset, limit, id (only this one, whatever its age) or '', tombstone_ms
-- Answers: how many jobs went
local limit, only, tombstone_ms = number(), arg(), number()
local ended = { completed = true, failed = true, cancelled = true }
local purged = 0

local function indexes_of(spec)
  local lists = {}
  for member, name in pairs({ user_id = 'user', subject = 'subject', batch_id = 'batch', parent_id = 'parent', schedule_key = 'schedule' }) do
    if type(spec[member]) == 'string' then lists[#lists + 1] = name .. ':' .. spec[member] end
  end
  return lists
end

-- A place stays, empty, until nothing is left of its chunk and nothing will be added to it: places are counted from its begin.
local last_place = tonumber(call('HGET', key('meta'), 'n') or '0')
local function drop_place(n)
  local chunk = math.floor((n - 1) / 128)
  if call('HINCRBY', key('chunks'), chunk, -1) > 0 or last_place < (chunk + 1) * 128 then
    call('LSET', key('ids:' .. chunk), (n - 1) % 128, '')
  else
    call('HDEL', key('chunks'), chunk)
    call('DEL', key('ids:' .. chunk))
  end
end

local function purge(id, record)
  local status, spec = status_of(record), cjson.decode(string.match(record, '\n([^\n]*)\n'))
  call('DEL', job_key(id), key('timeline:' .. id), key('steps:' .. id), key('logs:' .. id))
  call('ZREM', key('start_by'), id)
  if status ~= 'completed' then call('ZREM', key('in:' .. status), whole(spec.n)) end
  call('HDEL', key('done'), whole(spec.n))
  drop_place(spec.n)
  for _, list in ipairs(indexes_of(spec)) do call('LREM', key(list), 1, whole(spec.n)) end
  local user = type(spec.user_id) == 'string' and cjson.encode(spec.user_id) or 'null'
  call('SET', key('gone:' .. id), whole(now + tombstone_ms) .. ' ' .. user, 'PX', whole(tombstone_ms))
  count(status, spec.queue, -1)
  changed(id, true)
  purged = purged + 1
end

-- Why an entry of `expiring` may say nothing any more: the job was purged by name, retried, or runs out later.
local function expiry_of(record)
  if not record or not ended[status_of(record)] then return nil end
  return tonumber(string.match(state_of(record), '"expires_at":(%d+)'))
end

local function purge_second(second)
  local list, kept = key('expiring:' .. second), {}
  while purged < limit do
    local ids = call('LPOP', list, math.min(limit - purged, 1000))
    if not ids then break end
    for _, id in ipairs(ids) do
      local record = with_end(call('GET', job_key(id)))
      local expires = expiry_of(record)
      if expires and expires <= now then purge(id, record)
      elseif expires and math.floor(expires / 1000) == tonumber(second) then kept[#kept + 1] = id end
    end
  end
  if #kept > 0 then push(list, kept) end
  if call('EXISTS', list) == 0 then call('ZREM', key('expiries'), second) end
end

local function drop_past(hash)
  local rows = call('HGETALL', key(hash))
  for i = 1, #rows, 2 do
    if tonumber(string.match(rows[i + 1], '^%d+')) <= now then call('HDEL', key(hash), rows[i]) end
  end
end

-- Holds without a time go once their job has ended or is gone; those of living jobs are looked at again in a day.
local function drop_holds()
  for _, name in ipairs(call('ZRANGE', key('holds'), '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, math.max(limit, 1000))) do
    local value = call('GET', key('hold:' .. name))
    local record = value and with_end(call('GET', job_key(string.match(value, '^%d+ (.*)$'))))
    if record and not ended[status_of(record)] then
      call('ZADD', key('holds'), whole(now + 86400000), name)
    else
      call('DEL', key('hold:' .. name))
      call('ZREM', key('holds'), name)
    end
  end
end

if only ~= '' then
  local record = with_end(call('GET', job_key(only)))
  if record and ended[status_of(record)] then purge(only, record) end
else
  for _, second in ipairs(call('ZRANGE', key('expiries'), '-inf', whole(math.floor(now / 1000)), 'BYSCORE', 'LIMIT', 0, limit)) do
    if purged < limit then purge_second(second) end
  end
  drop_past('workers')
  drop_past('roles')
  drop_holds()
end
write_counts()
tell()
return purged
