-- insert: jobs, each wholly or not at all. Once an id, once an idempotency key, never past the queue's cap.
-- ARGV: offset, mode (each | all: all or none | check: only say what would be),
--   kinds, then for each kind (what many jobs of a batch have in common):
--     queue, lane, delay_ms, start_within_ms or '', max_pending or ''
--   jobs, then for each job: its kind's number and marks ('1', '2gk': 'g': the id is the caller's own, 'k': a key, 'h': holds),
--     the lists of places it is found in ('' · the name of one · a JSON array of names), id, body (spec without its brace,
--     newline, input), with a key: key, hash, keep_ms, and with holds: how many, then for each: name, ms or '', instead or '', strict (1|0)
--   An empty body takes key and holds alone: the job itself lives on another shard, and so may those that have the holds;
--     such a hold stands until somebody takes it instead.
-- Answers: now, and nothing more when every job is 'created'; else two values a job:
--   'created', '' · 'replayed', id · 'key_reused', id · 'id_taken', '' · 'queue_full', pending · 'not_stored', '' ·
--   'held', key and id in two lines
local args, at = ARGV, 4
local mode = args[2]
local now_text = whole(now)

-- Pending and scheduled jobs of a queue, those of this batch included.
local queued = {}
local function queued_in(queue)
  if not queued[queue] then
    local found = call('HMGET', key('counts'), 'pending:' .. queue, 'scheduled:' .. queue)
    local n = (tonumber(found[1]) or 0) + (tonumber(found[2]) or 0)
    queued[queue] = { before = n, n = n }
  end
  return queued[queue]
end

local kinds = {}
for k = 1, tonumber(args[3]) do
  local kind = {
    queue = args[at], lane = args[at + 1] .. ':' .. args[at], delay = tonumber(args[at + 2]), queued = queued_in(args[at]),
    start_within = tonumber(args[at + 3]), max_pending = tonumber(args[at + 4]), made = 0, ready = {}, state = fresh .. '{"n":',
  }
  at = at + 5
  if kind.delay > 0 then
    kind.run_at = whole(now + kind.delay)
    kind.state = '{"status":"scheduled","rev":1,"wait_reason":"delay","run_at":' .. kind.run_at .. '}\n{"n":'
  end
  kinds[k] = kind
end
local jobs = tonumber(args[at])
at = at + 1

-- What a job begins with, read once for all that begin alike.
local heads = {}
local function head_of(text)
  local k, marks = string.match(text, '^(%d+)(.*)$')
  local function has(mark) return string.find(marks, mark, 1, true) ~= nil end
  local head = { kind = kinds[tonumber(k)], plain = marks == '', given = has('g'), keyed = has('k'), holding = has('h') }
  heads[text] = head
  return head
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
local function size_of(i, head)
  if head.plain then return 4 end
  local before = head.keyed and 7 or 4
  if not head.holding then return before end
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
local chunk, places, records = nil, {}, {}
local function write_places()
  if #places == 0 then return end
  call('RPUSH', key('ids:' .. chunk), unpack(places))
  call('HINCRBY', key('chunks'), chunk, #places)
  places = {}
end

-- Gives the job the next place; its record is written with those of the whole batch, and so are the places it is found at.
local born, is_watched = ',"created_at":' .. now_text .. ',', is_heard('readers')
local names_of, places_in = {}, {}
local function add_to_lists(lists, place)
  local names = names_of[lists]
  if not names then
    names = string.sub(lists, 1, 1) == '[' and cjson.decode(lists) or { lists }
    names_of[lists] = names
  end
  for i = 1, #names do
    local its_places = places_in[names[i]]
    if its_places then its_places[#its_places + 1] = place else places_in[names[i]] = { place } end
  end
end
local function store(kind, lists, id, body)
  local its_chunk = math.floor(n / 128) -- places begin with 1, so that the first chunk holds 1 to 128
  if its_chunk ~= chunk then
    write_places()
    chunk = its_chunk
  end
  n = n + 1
  local place, made = whole(n), kind.made + 1
  records[#records + 1] = job_key(id)
  records[#records + 1] = kind.state .. place .. born .. body
  places[#places + 1] = id
  if lists ~= '' then add_to_lists(lists, place) end
  kind.made = made
  if kind.run_at then call('ZADD', key('scheduled'), kind.run_at, id) else kind.ready[made] = id end
  if kind.start_within then call('ZADD', key('start_by'), whole(now + kind.start_within), id) end
  if is_watched then changed(id) end
end

-- Whether any id of the batch is taken is asked once: it hardly ever is.
local function some_exist()
  local keys, i = {}, at
  for j = 1, jobs do
    keys[j] = job_key(args[i + 2])
    i = i + size_of(i, heads[args[i]] or head_of(args[i]))
  end
  local found = 0
  each_slice(keys, function(...) found = found + call('EXISTS', ...) end)
  return found > 0
end
local look_closer = some_exist()
local dry, taken_ids = mode ~= 'each', {}

-- What becomes of one job; a dry run writes nothing but remembers what it would have. Nil: it is created.
local function insert(head, i, holds_from)
  local kind, id, body = head.kind, args[i + 2], args[i + 3]
  local name, hash, keep, holds
  if head.keyed then
    name, hash, keep = args[i + 4], args[i + 5], tonumber(args[i + 6])
    local holder = holder_of(name)
    if holder then return holder.hash == hash and 'replayed' or 'key_reused', holder.id end
  end
  if holds_from then
    holds = holds_at(holds_from)
    local hold, held_by = first_held(holds, body == '')
    if hold then return 'held', hold.name .. '\n' .. held_by, hold.strict end
  end
  local queue = kind.queued
  if kind.max_pending and queue.n >= kind.max_pending then return 'queue_full', whole(queue.n) end
  if body ~= '' then
    if taken_ids[id] or (head.given and is_buried(id)) or (look_closer and call('EXISTS', job_key(id)) == 1) then return 'id_taken', '' end
    taken_ids[id] = true
    if not dry then store(kind, args[i + 1], id, body) end
  end
  queue.n = queue.n + 1
  if name then
    taken_keys[name] = { hash = hash, id = id }
    if not dry then call('SET', key('key:' .. name), whole(now + keep) .. ' ' .. hash .. ' ' .. id, 'PX', whole(keep)) end
  end
  if holds then take_holds(holds, id, dry, body == '') end
end

local soft = {} -- the jobs that have what others of this batch would have held, had they not been content with these
local function insert_all()
  local i, others, refused = at, {}, false
  for j = 1, jobs do
    local head = heads[args[i]]
    local size, holds_from = size_of(i, head)
    local outcome, more, strict = insert(head, i, holds_from)
    if outcome then
      others[j] = { outcome, more }
      if outcome ~= 'replayed' and (outcome ~= 'held' or strict) then refused = true end
      if outcome == 'held' and not strict then soft[j] = string.match(more, '\n([^\n]*)$') end
    end
    i = i + size
  end
  return others, refused
end
local function answered(others)
  local answers = { now_text }
  if not next(others) then return answers end
  for j = 1, jobs do
    local outcome = others[j] or { 'created', '' }
    answers[2 * j], answers[2 * j + 1] = outcome[1], outcome[2]
  end
  return answers
end

local others, refused = insert_all()
if mode == 'check' then return answered(others) end
if mode == 'all' then
  if refused then
    for j = 1, jobs do
      local outcome, id = unpack(others[j] or { 'created' })
      if outcome == 'created' or (outcome == 'replayed' and taken_ids[id]) or taken_ids[soft[j] or ''] then others[j] = { 'not_stored', '' } end
    end
    return answered(others)
  end
  for _, queue in pairs(queued) do queue.n = queue.before end
  dry, taken_ids, taken_keys, taken_holds = false, {}, {}, {}
  others = insert_all()
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

each_slice(records, function(...) call('MSET', ...) end)
write_places()
for name, its_places in pairs(places_in) do push(key(name), its_places) end
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
return answered(others)
