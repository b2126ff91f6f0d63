-- exchange: what ended goes out, the next jobs come in. Only the commonest life ends here: fresh, claimed once,
-- completed, nothing noted meanwhile; any other end is answered 0 and takes store.lua. Neither reads or writes a record.
-- ARGV: offset, worker, claim or '' (no claim), channel on which the worker can be handed a job or '' (with no claim: that it can), lease_ms, begins, max, queues, queue…,
--   begun, then for each: fence, begun;
--   ends as JSON or '': [[[fence, queue, keep_ms, result]…], [id, n, kind, id, n, kind…]]
-- Answers: now, ends as text of one digit each (1 ended, 0 not of this kind), fence of the claim (0: none), started_at,
--   heartbeat_at, expires_at, begun of its lease, its ids by line, their places by blank ('': 0, 1, 2…), their records
--   with NUL between ('' for one that is gone)
local worker, claim, channel = arg(), arg(), arg()
local lease_ms, begins, max = number(), number(), number()
local queues = {}
for i = 1, number() do queues[i] = arg() end

-- Begun: how many jobs of an earlier claim the worker may have begun; never fewer than before.
local function begin(fence, begun)
  local row = key('lease:' .. fence)
  local before = call('HGET', row, 'begun')
  if before and tonumber(before) < begun then call('HSET', row, 'begun', begun) end
end
for _ = 1, number() do begin(arg(), number()) end

-- ── ends ──
local leases = {}
local function lease_of(fence)
  local lease = leases[fence]
  if lease == nil then
    local found = call('HMGET', key('lease:' .. fence), 'worker', 'started_at')
    lease = found[1] and { worker = cjson.encode(found[1]), started = found[2], mark = fence .. ':', ends = 0 } or false
    leases[fence] = lease
  end
  return lease
end

-- What many ends have in common: the lease, and the line that `done` keeps of them.
local function kind_of(fence, queue, keep, result)
  local lease = lease_of(whole(fence))
  if not lease then return false end
  local line = '{"fence":' .. whole(fence) .. ',"started_at":' .. lease.started .. ',"completed_at":' .. whole(now) .. ',"expires_at":'
    .. whole(now + keep) .. ',"worker_id":' .. lease.worker .. (result == 'null' and '' or ',"result":' .. result) .. '}'
  return { lease = lease, queue = queue, line = line, second = math.floor((now + keep) / 1000), ends = 0 }
end

local verdicts, gone, done, expiring = {}, {}, {}, {}
local function end_one(kind, holder, id, n)
  if not kind or not holder or string.find(holder, kind.lease.mark, 1, true) ~= 1 or string.byte(holder, -1) == 42 then return '0' end
  kind.ends = kind.ends + 1
  gone[#gone + 1] = id
  done[#done + 1] = n
  done[#done + 1] = kind.line
  local list = expiring[kind.second]
  if not list then list = {} expiring[kind.second] = list end
  list[#list + 1] = id
  changed(id, true)
  return '1'
end

local function end_all(kinds, rows)
  for k, kind in ipairs(kinds) do kinds[k] = kind_of(unpack(kind)) end
  local ids, seen = {}, {}
  for i = 1, #rows / 3 do ids[i] = rows[3 * i - 2] end
  for i, holder in ipairs(fields_of(key('leased'), ids)) do
    local id = ids[i]
    verdicts[i] = seen[id] and '0' or end_one(kinds[rows[3 * i]], holder, id, rows[3 * i - 1])
    seen[id] = true
  end
  each_slice(done, function(...) call('HSET', key('done'), ...) end)
  each_slice(gone, function(...) call('HDEL', key('leased'), ...) end)
  for second, list in pairs(expiring) do
    push(key('expiring:' .. whole(second)), list)
    call('ZADD', key('expiries'), whole(second), whole(second))
  end
  for _, kind in ipairs(kinds) do
    if kind and kind.ends > 0 then
      count('processing', kind.queue, -kind.ends)
      count('completed', kind.queue, kind.ends)
      kind.lease.ends = kind.lease.ends + kind.ends
    end
  end
  for fence, lease in pairs(leases) do
    if lease and lease.ends > 0 then close_lease(fence, lease.ends) end
  end
end
local ends = arg()
if ends ~= '' then end_all(unpack(cjson.decode(ends))) end

-- ── claim ──
local answer = { whole(now), table.concat(verdicts), '0', '0', '0', '0', '0', '', '', '' }
local function give(fence, ids, places)
  local row = call('HMGET', key('lease:' .. fence), 'started_at', 'heartbeat_at', 'expires_at', 'begun')
  local names = {}
  for i, id in ipairs(ids) do names[i] = job_key(id) end
  local records = get_all(names)
  for i = 1, #ids do records[i] = records[i] or '' end
  answer[3], answer[4], answer[5], answer[6], answer[7] = fence, row[1], row[2], row[3], row[4]
  answer[8], answer[9], answer[10] = table.concat(ids, '\n'), table.concat(places, ' '), table.concat(records, '\0')
end

-- The reply to an earlier claim was lost: the same leases, as far as they still stand.
local function same_again(fence)
  local ids, places = {}, {}
  for id in string.gmatch(call('HGET', key('lease:' .. fence), 'ids'), '[^\n]+') do
    local holder_fence, place = string.match(call('HGET', key('leased'), id) or '', '^(%d+):(%d+)')
    if holder_fence == fence then ids[#ids + 1], places[#places + 1] = id, place end
  end
  give(fence, ids, places)
end

-- An entry of a lane is an id (a job that was never anything but pending) or "ticket,rev,id" (one that came back). It is
-- stale when the job has moved on since: store.lua has noted it then, as "rev,id".
local stale_left = call('SCARD', key('stale'))
local function is_stale(entry)
  if stale_left == 0 then return false end
  local removed = call('SREM', key('stale'), string.match(entry, '^%d+,(%d+,.*)$') or '1,' .. entry)
  stale_left = stale_left - removed
  return removed == 1
end

local chosen = {}
local function take(lane, most)
  local list, queue = key('ready:' .. lane), string.match(lane, '^%d+:(.*)$')
  while most > 0 do
    local entries = call('LPOP', list, most)
    if not entries then call('SREM', key('lanes'), lane) return end
    local good = 0
    for _, entry in ipairs(entries) do
      if not is_stale(entry) then
        good = good + 1
        chosen[#chosen + 1] = string.match(entry, '^%d+,%d+,(.*)$') or entry
      end
    end
    count('pending', queue, -good)
    count('processing', queue, good)
    most = most - good
  end
end

-- The place in the order of all lanes: of a job that never came back that of its insert.
local function ticket_of(entry)
  if not entry then return nil end
  local ticket = string.match(entry, '^(%d+),%d+,')
  if ticket then return tonumber(ticket) end
  local record = call('GET', job_key(entry))
  return tonumber(record and place_of(record) or '0') * ticket_step
end

-- The first entry of a lane that is not stale: what does not count any more must not lend its age to what stands behind it.
local function head_of(lane)
  local list = key('ready:' .. lane)
  local entry = call('LINDEX', list, 0)
  while entry and is_stale(entry) do
    call('LPOP', list)
    entry = call('LINDEX', list, 0)
  end
  return entry
end

-- Lanes of several queues: always the older head, so that the oldest job of the best lane goes first.
local function take_oldest(lanes)
  while #lanes > 1 and #chosen < max do
    local best, oldest
    for i = #lanes, 1, -1 do
      local ticket = ticket_of(head_of(lanes[i]))
      if not ticket then
        call('SREM', key('lanes'), lanes[i])
        table.remove(lanes, i)
        best = best and best - 1
      elseif not oldest or ticket < oldest then best, oldest = i, ticket end
    end
    if best then take(lanes[best], 1) end
  end
  if lanes[1] and #chosen < max then take(lanes[1], max - #chosen) end
end

local function open_lanes()
  local paused, by_queue, by_lane = {}, {}, {}
  for _, queue in ipairs(call('SMEMBERS', key('paused'))) do paused[queue] = true end
  for _, lane in ipairs(call('SMEMBERS', key('lanes'))) do
    local at, queue = string.match(lane, '^(%d+):(.*)$')
    if not paused[queue] then
      by_queue[queue] = by_queue[queue] or {}
      table.insert(by_queue[queue], lane)
      by_lane[tonumber(at)] = by_lane[tonumber(at)] or {}
      table.insert(by_lane[tonumber(at)], lane)
    end
  end
  return by_queue, by_lane
end

local function by_number(a, b)
  return tonumber(string.match(a, '^%d+')) < tonumber(string.match(b, '^%d+'))
end

local function choose()
  local by_queue, by_lane = open_lanes()
  if #queues == 0 then
    for lane = 0, 10 do
      if by_lane[lane] and #chosen < max then take_oldest(by_lane[lane]) end
    end
    return
  end
  for _, queue in ipairs(queues) do
    local lanes = by_queue[queue] or {}
    by_queue[queue] = nil
    table.sort(lanes, by_number)
    for _, lane in ipairs(lanes) do
      if #chosen < max then take(lane, max - #chosen) end
    end
  end
end

local function lease_chosen()
  give(lease_to(worker, claim, lease_ms, begins, chosen), chosen, {})
end

-- The worker has room left: the next job of its queues may be handed to it in the moment it comes (insert.lua).
local function wait_for_work()
  call('HSET', key('idlers'), worker, channel .. ' ' .. whole(lease_ms))
  if #queues == 0 then call('SADD', key('idle:'), worker) end
  for _, queue in ipairs(queues) do call('SADD', key('idle:' .. queue), worker) end
end

if claim ~= '' then
  local known = call('HGET', key('claims'), worker .. '\n' .. claim)
  if known then same_again(known)
  elseif max > 0 then
    choose()
    if #chosen > 0 then lease_chosen() end
    if #chosen == max then call('HDEL', key('idlers'), worker)
    elseif channel ~= '' and begins > #chosen then wait_for_work() end
  end
end
if claim == '' and channel ~= '' then wait_for_work() end
write_counts()
tell()
return answer
