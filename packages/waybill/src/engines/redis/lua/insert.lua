-- insert: jobs, each wholly or not at all. Once an id, once an idempotency key, never past the queue's cap.
-- ARGV: offset, mode (each | all: all or none | check: only say what would be),
--   kinds, then for each kind (what many jobs of a batch have in common):
--     queue, lane, delay_ms, start_within_ms or '', max_pending or ''
--   sets of indexes, then for each set: indexes, index…
--   jobs, then for each job: kind, set, id, spec without its brace, input, marks ('g': the id is the caller's own, 'k': a key,
--     'h': holds), with a key: key, hash, keep_ms, and with holds: how many, then for each: name, ms or '', instead or '', strict (1|0)
--   An empty spec takes key and holds alone: the job itself lives on another shard, and so may those that have the holds;
--     such a hold stands until somebody takes it instead.
-- Answers: now, then two values a job:
--   'created', '' · 'replayed', id · 'key_reused', id · 'id_taken', '' · 'queue_full', pending · 'not_stored', '' ·
--   'held', key and id in two lines
local args, at = ARGV, 4
local mode = args[2]
local now_text = whole(now)

local kinds = {}
for k = 1, tonumber(args[3]) do
  local kind = {
    queue = args[at], lane = args[at + 1] .. ':' .. args[at], delay = tonumber(args[at + 2]),
    start_within = tonumber(args[at + 3]), max_pending = tonumber(args[at + 4]), made = 0, ready = {},
  }
  at = at + 5
  kind.state = '{"status":"pending","rev":1}\n'
  if kind.delay > 0 then
    kind.run_at = whole(now + kind.delay)
    kind.state = '{"status":"scheduled","rev":1,"wait_reason":"delay","run_at":' .. kind.run_at .. '}\n'
  end
  kinds[k] = kind
end
local sets = {}
local sets_given = tonumber(args[at])
at = at + 1
for s = 1, sets_given do
  local names = tonumber(args[at])
  sets[s] = { from = at + 1, to = at + names, places = {} }
  at = at + names + 1
end
local jobs = tonumber(args[at])
at = at + 1

-- Pending and scheduled jobs of a queue, those of this batch included.
local queued = {}
local function queued_in(queue)
  if not queued[queue] then
    local found = call('HMGET', key('counts'), 'pending:' .. queue, 'scheduled:' .. queue)
    queued[queue] = (tonumber(found[1]) or 0) + (tonumber(found[2]) or 0)
  end
  return queued[queue]
end

-- The key as it stands, or as this batch has taken it already.
local taken_keys = {}
local function holder_of(name)
  if taken_keys[name] then return taken_keys[name] end
  local value = call('GET', key('key:' .. name))
  if not value then return nil end
  local expires, hash, id = string.match(value, '^(%d+) (%S+) (.*)$')
  if tonumber(expires) <= now then return nil end
  return { hash = hash, id = id }
end

local function is_buried(id)
  local value = call('GET', key('gone:' .. id))
  return value and tonumber(string.match(value, '^%d+')) > now
end

-- How many arguments a job takes, and where among them its holds are told.
local function size_of(i)
  local marks = args[i + 5]
  if marks == '' then return 6 end
  local before = string.find(marks, 'k', 1, true) and 9 or 6
  if not string.find(marks, 'h', 1, true) then return before end
  return before + 1 + 4 * tonumber(args[i + before]), i + before
end
local function holds_at(from)
  local list = {}
  for h = 1, from and tonumber(args[from]) or 0 do
    local j = from + 4 * h - 3
    list[h] = { name = args[j], ms = tonumber(args[j + 1]), instead = args[j + 2], strict = args[j + 3] == '1' }
  end
  return list
end

-- Who has a name, as it stands or as this batch has taken it. Written as "until id", until 0: as long as the job has not ended.
local taken_holds = {}
local function holder_of_name(name, elsewhere)
  if taken_holds[name] then return taken_holds[name] end
  local value = call('GET', key('hold:' .. name))
  if not value then return nil end
  local expires, id = string.match(value, '^(%d+) (.*)$')
  if expires ~= '0' then return tonumber(expires) > now and id or nil end
  if elsewhere then return id end
  local record = with_end(call('GET', job_key(id)))
  local status = record and status_of(record)
  return status and status ~= 'completed' and status ~= 'failed' and status ~= 'cancelled' and id or nil
end
local function first_held(holds, elsewhere)
  for _, hold in ipairs(holds) do
    local id = holder_of_name(hold.name, elsewhere)
    if id and id ~= hold.instead then return hold, id end
  end
end
-- A name without a time is looked at by purge.lua; where its job lives on another shard it ends by itself, after 30 days.
local function take_holds(holds, id, dry, elsewhere)
  for _, hold in ipairs(holds) do
    taken_holds[hold.name] = id
    local name = key('hold:' .. hold.name)
    if dry then -- nothing is written
    elseif hold.ms then
      call('SET', name, whole(now + hold.ms) .. ' ' .. id, 'PX', whole(hold.ms))
      call('ZREM', key('holds'), hold.name)
    elseif elsewhere then call('SET', name, '0 ' .. id, 'PX', 2592000000)
    else
      call('SET', name, '0 ' .. id)
      call('ZADD', key('holds'), whole(now + 86400000), hold.name)
    end
  end
end

local n = tonumber(call('HGET', key('meta'), 'n') or '0')
local chunk, places = nil, {}
local function write_places()
  if #places == 0 then return end
  call('RPUSH', key('ids:' .. chunk), unpack(places))
  call('HINCRBY', key('chunks'), chunk, #places)
  places = {}
end

-- Stores the job under the next place unless its id is taken.
local function store(kind, places_of_set, id, spec, input)
  local place = whole(n + 1)
  local record = kind.state .. '{"n":' .. place .. ',"created_at":' .. now_text .. ',' .. spec .. '\n' .. input
  if not call('SET', job_key(id), record, 'NX') then return false end
  local its_chunk = math.floor(n / 128) -- places begin with 1, so that the first chunk holds 1 to 128
  n = n + 1
  if its_chunk ~= chunk then
    write_places()
    chunk = its_chunk
  end
  places[#places + 1] = id
  kind.made = kind.made + 1
  places_of_set[#places_of_set + 1] = place
  if kind.run_at then call('ZADD', key('scheduled'), kind.run_at, id) else kind.ready[kind.made] = id end
  if kind.start_within then call('ZADD', key('start_by'), whole(now + kind.start_within), id) end
  changed(id)
  return true
end

-- Whether any id of the batch is taken is asked once: it hardly ever is.
local dry = mode ~= 'each'
local function some_exist()
  local keys, i = {}, at
  for j = 1, jobs do
    keys[j] = job_key(args[i + 2])
    i = i + size_of(i)
  end
  local found = 0
  each_slice(keys, function(...) found = found + call('EXISTS', ...) end)
  return found > 0
end
local look_closer = dry and some_exist()
local taken_ids = {}

-- What becomes of one job; a dry run writes nothing but remembers what it would have.
local function insert(kind, set, id, spec, input, given, name, hash, keep, holds)
  local holder = hash and holder_of(name)
  if holder then return holder.hash == hash and 'replayed' or 'key_reused', holder.id end
  if holds then
    local hold, held_by = first_held(holds, spec == '')
    if hold then return 'held', hold.name .. '\n' .. held_by, hold.strict end
  end
  local pending = queued_in(kind.queue)
  if kind.max_pending and pending >= kind.max_pending then return 'queue_full', whole(pending) end
  if spec ~= '' then
    if taken_ids[id] or (given and is_buried(id)) or (dry and look_closer and call('EXISTS', job_key(id)) == 1) then return 'id_taken', '' end
    if not dry and not store(kind, set.places, id, spec, input) then return 'id_taken', '' end
  end
  if dry then taken_ids[id] = true end
  queued[kind.queue] = pending + 1
  if hash then
    taken_keys[name] = { hash = hash, id = id }
    if not dry then call('SET', key('key:' .. name), whole(now + keep) .. ' ' .. hash .. ' ' .. id, 'PX', whole(keep)) end
  end
  if holds then take_holds(holds, id, dry, spec == '') end
  return 'created', ''
end

local soft = {} -- the jobs that have what others of this batch would have held, had they not been content with these
local function insert_all()
  local i, answers, refused = at, { now_text }, false
  for j = 1, jobs do
    local marks, size, holds_from = args[i + 5], size_of(i)
    local given, name, hash, keep = false, nil, nil, nil
    if marks ~= '' then
      given = string.sub(marks, 1, 1) == 'g'
      if string.find(marks, 'k', 1, true) then name, hash, keep = args[i + 6], args[i + 7], tonumber(args[i + 8]) end
    end
    local kind, set = kinds[tonumber(args[i])], sets[tonumber(args[i + 1])]
    local holds = holds_from and holds_at(holds_from)
    local outcome, more, strict = insert(kind, set, args[i + 2], args[i + 3], args[i + 4], given, name, hash, keep, holds)
    answers[2 * j], answers[2 * j + 1] = outcome, more
    if outcome ~= 'created' and outcome ~= 'replayed' and (outcome ~= 'held' or strict) then refused = true end
    if outcome == 'held' and not strict then soft[j] = string.match(more, '\n([^\n]*)$') end
    i = i + size
  end
  return answers, refused
end

local answers, refused = insert_all()
if mode == 'check' then return answers end
if mode == 'all' then
  if refused then
    for j = 1, jobs do
      local outcome, id = answers[2 * j], answers[2 * j + 1]
      if outcome == 'created' or (outcome == 'replayed' and taken_ids[id]) or taken_ids[soft[j] or ''] then answers[2 * j], answers[2 * j + 1] = 'not_stored', '' end
    end
    return answers
  end
  dry, taken_ids, taken_keys, taken_holds, queued = false, {}, {}, {}, {}
  answers = insert_all()
end

-- A lone job goes straight to a worker that waits for it, if one does and hears of it, and nothing else waits in its
-- queue: no claim, no lane.
local function idle_worker(queue)
  while true do
    local worker = call('SPOP', key('idle:' .. queue)) or call('SPOP', key('idle:'))
    if not worker then return nil end
    local waits = call('HGET', key('idlers'), worker)
    if waits then
      call('HDEL', key('idlers'), worker)
      return worker, string.match(waits, '^(%S+) (%d+)$')
    end
  end
end
local function hand_over(kind)
  if jobs ~= 1 or kind.made ~= 1 or kind.run_at or call('SISMEMBER', key('paused'), kind.queue) == 1 then return false end
  if tonumber(call('HGET', key('counts'), 'pending:' .. kind.queue) or '0') > 0 then return false end
  local worker, channel, lease_ms = idle_worker(kind.queue)
  if not worker then return false end
  local id, to = kind.ready[1], key('to:' .. channel)
  if call('PUBSUB', 'SHARDNUMSUB', to)[2] == 0 then return false end
  local fence = lease_to(worker, 'handed ' .. whole(now) .. ' ' .. id, tonumber(lease_ms), 1, { id })
  local terms = { fence, now_text, whole(now + tonumber(lease_ms)), kind.queue, id, worker }
  call('SPUBLISH', to, table.concat(terms, '\n') .. '\n' .. call('GET', job_key(id)))
  count('processing', kind.queue, 1)
  return true
end

write_places()
for _, set in ipairs(sets) do
  if #set.places > 0 then
    for i = set.from, set.to do push(key(args[i]), set.places) end
  end
end
for _, kind in ipairs(kinds) do
  if kind.made > 0 then
    if kind.run_at then count('scheduled', kind.queue, kind.made)
    elseif not hand_over(kind) then
      push(key('ready:' .. kind.lane), kind.ready)
      call('SADD', key('lanes'), kind.lane)
      count('pending', kind.queue, kind.made)
      wake(kind.queue)
    end
  end
end
call('HSET', key('meta'), 'n', whole(n))
write_counts()
tell()
return answers
