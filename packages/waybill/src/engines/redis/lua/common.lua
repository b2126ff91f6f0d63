-- common: what every script of the engine begins with; put in front of each by scripts.ts.
-- KEYS[1] is the shard, such as "wb:{0}": every key a script touches begins with it and so lies in the same slot.
-- ARGV[1] is the offset of the engine's clock in milliseconds (tests move time with it); 0 in life.
local shard = KEYS[1]
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
local next_arg = 2

-- The next argument; `number` where one is meant.
local function arg()
  next_arg = next_arg + 1
  return ARGV[next_arg - 1]
end
local function number()
  return tonumber(arg())
end

-- Whole numbers as text: Lua itself would write 1.7e+12, and any number that is left to Redis costs as much as a command.
local function whole(n)
  return string.format('%d', n)
end

local function job_key(id)
  return shard .. ':' .. id
end
local function key(name)
  return shard .. '.' .. name
end

-- A record is three lines: state, spec, input. Compact JSON holds no raw newline, so the first one ends the state.
local function state_of(record)
  return string.sub(record, 1, string.find(record, '\n', 1, true) - 1)
end
local function status_of(record)
  return string.match(record, '^{"status":"(%l+)"')
end

-- A job that was never anything but pending. Claims do not write the record, and the commonest end goes into the hash
-- `done` (place → what the end adds), so most records keep this first line for life.
local fresh = '{"status":"pending","rev":1}\n'
local function is_fresh(record)
  return string.find(record, fresh, 1, true) == 1
end
local function place_of(record)
  return string.match(record, '\n{"n":(%d+)')
end
-- The record as it stands, with the end that `done` knows of; also says whether it does.
local function with_end(record)
  if not record or not is_fresh(record) then return record, false end
  local ended = call('HGET', key('done'), place_of(record))
  if not ended then return record, false end
  return '{"status":"completed","rev":3,"attempt":1,' .. string.sub(ended, 2) .. string.sub(record, #fresh), true
end

-- Commands with very many values go in slices: Lua's stack is finite.
local slice = 4000
local function each_slice(list, run)
  for from = 1, #list, slice do
    run(unpack(list, from, math.min(from + slice - 1, #list)))
  end
end
local function push(name, list)
  if #list == 1 then return call('RPUSH', name, list[1]) end
  each_slice(list, function(...) call('RPUSH', name, ...) end)
end
local function get_all(keys)
  local found = {}
  each_slice(keys, function(...)
    for _, value in ipairs(call('MGET', ...)) do found[#found + 1] = value end
  end)
  return found
end
local function fields_of(hash, names)
  local found = {}
  each_slice(names, function(...)
    for _, value in ipairs(call('HMGET', hash, ...)) do found[#found + 1] = value end
  end)
  return found
end

-- Counts a queue and status. Gathered while a script runs and written once by `write_counts`.
local counts = {}
local function count(status, queue, n)
  local field = status .. ':' .. queue
  counts[field] = (counts[field] or 0) + n
end
local function write_counts()
  for field, n in pairs(counts) do
    if n ~= 0 then call('HINCRBY', key('counts'), field, n) end
  end
end

-- Where a job stands in the order of all lanes. Between two fresh jobs there is room for this many that come back.
local ticket_step = 1048576

-- A lane of a queue holds something: claims look for it.
local function mark_lane(lane, queue)
  call('SADD', key('lanes'), lane .. ':' .. queue)
end

-- Hints: "queue,queue\nid\n!id…", with ! for jobs that have ended and * for more jobs than can be named. Readers are told which
-- jobs changed and where something became runnable; workers of the latter, and of jobs that somebody else `moved`.
-- Nobody listening: nothing is sent.
local changed_ids, moved_ids, woken, woken_once, heard = {}, {}, {}, {}, {}
local function is_heard(audience)
  if heard[audience] == nil then heard[audience] = call('PUBSUB', 'SHARDNUMSUB', key('hints:' .. audience))[2] > 0 end
  return heard[audience]
end
local function note_id(ids, id)
  if ids[#ids] ~= id then ids[#ids + 1] = id end
end
local function changed(id, has_ended)
  if is_heard('readers') then note_id(changed_ids, has_ended and '!' .. id or id) end
end
local function moved(id, has_ended)
  changed(id, has_ended)
  if is_heard('workers') then note_id(moved_ids, has_ended and '!' .. id or id) end
end
local function wake(queue)
  if not woken_once[queue] then
    woken_once[queue] = true
    woken[#woken + 1] = queue
  end
end
-- Fences rise with the clock as well as by one, so that a failover that lost some writes cannot give one twice.
local function next_fence()
  local meta = call('HMGET', key('meta'), 'shards', 'fence')
  local fence = math.max(tonumber(meta[2] or '0') + 1, now * 16)
  call('HSET', key('meta'), 'fence', whole(fence))
  return whole(fence * tonumber(meta[1] or '1') + tonumber(string.match(shard, '{(%d+)}$')))
end

-- Leases jobs to a worker under one fence; their order is their place.
local function lease_to(worker, claim, lease_ms, begins, ids)
  local fence, expires = next_fence(), whole(now + lease_ms)
  local holders, mark = {}, fence .. ':'
  for i, id in ipairs(ids) do
    holders[2 * i - 1], holders[2 * i] = id, mark .. (i - 1)
    changed(id)
  end
  each_slice(holders, function(...) call('HSET', key('leased'), ...) end)
  call('HSET', key('lease:' .. fence), 'worker', worker, 'claim', claim, 'started_at', whole(now),
    'heartbeat_at', whole(now), 'expires_at', expires, 'begun', begins, 'open', #ids, 'ids', table.concat(ids, '\n'))
  call('ZADD', key('leases'), expires, fence)
  call('HSET', key('claims'), worker .. '\n' .. claim, fence)
  if call('EXISTS', key('start_by')) == 1 then
    each_slice(ids, function(...) call('ZREM', key('start_by'), ...) end)
  end
  return fence
end

-- Takes `n` jobs out of a lease; the last one closes it.
local function close_lease(fence, n)
  local row = key('lease:' .. fence)
  if call('HINCRBY', row, 'open', -n) > 0 then return end
  local owner = call('HMGET', row, 'worker', 'claim')
  call('HDEL', key('claims'), (owner[1] or '') .. '\n' .. (owner[2] or ''))
  call('ZREM', key('leases'), fence)
  call('DEL', row)
end

local function tell_audience(audience, ids)
  if (#ids == 0 and #woken == 0) or not is_heard(audience) then return end
  if #ids > 1000 then ids = { '*' } end
  call('SPUBLISH', key('hints:' .. audience), table.concat(woken, ',') .. '\n' .. table.concat(ids, '\n'))
end
local function tell()
  tell_audience('readers', changed_ids)
  tell_audience('workers', moved_ids)
end
