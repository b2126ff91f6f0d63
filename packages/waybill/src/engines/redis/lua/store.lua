-- store: changed records over those that were read, each only if state and lease are still what they were; and jobs of
-- another store as they stood there, each unless its id is known here.
-- ARGV: offset, log_lines (kept of a job at most), jobs, then for each job: id, state expected, "fence:place" expected or '',
--   lease must have run out (1|0), new state, new input or '', status before, status after, queue, lane, rev after,
--   run_at or '', cancel_by or '', expires_at or '', out of start_by (1|0), place n, timeline entries, entry…,
--   steps forgotten, key…, steps, (key, step)…, log lines, line…  (a line is its JSON without the members seq and at)
--   A job of another store has no state expected and no n; its input is its spec without the member n, a newline and the
--   input, and there follow: fence, start_by or '', indexes, index…, its log lines, (seq, line)…
-- Answers: now, then one text a job: 'ok' · 'again' (it has moved on: read and decide anew) · 'early' (the lease stands) ·
--   'present' (its id is known here)
local log_lines = number()

local function read_job()
  local job = {
    id = arg(), state = arg(), holder = arg(), run_out = arg() == '1', next = arg(), input = arg(), from = arg(),
    to = arg(), queue = arg(), lane = arg(), rev = arg(), run_at = arg(), cancel_by = arg(), expires = arg(),
    started = arg() == '1', n = arg(), entries = {}, dropped = {}, steps = {}, logs = {},
  }
  for i = 1, number() do job.entries[i] = arg() end
  for i = 1, number() do job.dropped[i] = arg() end
  for i = 1, 2 * number() do job.steps[i] = arg() end
  for i = 1, number() do job.logs[i] = arg() end
  if job.state == '' then
    job.fence, job.start_by, job.indexes, job.lines = number(), arg(), {}, {}
    for i = 1, number() do job.indexes[i] = arg() end
    for i = 1, 2 * number() do job.lines[i] = arg() end
  end
  return job
end

local function lease_has_run_out(holder)
  local expires = call('HGET', key('lease:' .. string.match(holder, '^%d+')), 'expires_at')
  return not expires or tonumber(expires) <= now
end

local listed = { failed = true, cancelled = true, waiting = true }

-- Out of what told of the job where it was. A pending job's entry stays in its lane, known to be stale.
local function leave(job)
  if job.holder ~= '' and job.to ~= 'processing' then
    call('HDEL', key('leased'), job.id)
    close_lease(string.match(job.holder, '^%d+'), 1)
    call('ZREM', key('cancelling'), job.id)
  end
  if job.from == 'pending' then
    call('SADD', key('stale'), string.match(job.state, '^{"status":"pending","rev":(%d+)') .. ',' .. job.id)
  end
  if job.from == 'scheduled' or job.from == 'waiting' then call('ZREM', key('scheduled'), job.id) end
  if listed[job.from] and job.to ~= job.from then call('ZREM', key('in:' .. job.from), job.n) end
end

-- A job that comes back queues behind all that were inserted so far, and behind those that came back before it.
local function next_ticket()
  local meta = call('HMGET', key('meta'), 'n', 'returns')
  local ticket = whole(1 + math.max(tonumber(meta[2] or '0'), tonumber(meta[1] or '0') * ticket_step))
  call('HSET', key('meta'), 'returns', ticket)
  return ticket
end

local function enter(job)
  if job.to == 'pending' then
    push(key('ready:' .. job.lane .. ':' .. job.queue), { next_ticket() .. ',' .. job.rev .. ',' .. job.id })
    mark_lane(job.lane, job.queue)
    wake(job.queue)
  end
  if job.run_at ~= '' then call('ZADD', key('scheduled'), job.run_at, job.id) end
  if listed[job.to] then call('ZADD', key('in:' .. job.to), job.n, job.n) end
  if job.cancel_by ~= '' and job.to == 'processing' then call('ZADD', key('cancelling'), job.cancel_by, job.id) end
  if job.expires ~= '' then
    local second = whole(math.floor(tonumber(job.expires) / 1000))
    push(key('expiring:' .. second), { job.id })
    call('ZADD', key('expiries'), second, second)
  end
  if job.started then call('ZREM', key('start_by'), job.id) end
end

-- Log lines are numbered from 1 without a gap; beyond the limit the oldest go.
local function keep_logs(job)
  local logs = key('logs:' .. job.id)
  local last = call('XREVRANGE', logs, '+', '-', 'COUNT', 1)
  local n = last[1] and tonumber(string.match(last[1][1], '^%d+')) or 0
  for i, line in ipairs(job.logs) do
    call('XADD', logs, 'MAXLEN', log_lines, (n + i) .. '-1', 'line', '{"at":' .. whole(now) .. ',' .. string.sub(line, 2))
  end
end

local function store(job)
  local record, in_done = with_end(call('GET', job_key(job.id)))
  if not record then return 'again' end
  local state = state_of(record)
  if state ~= job.state or (call('HGET', key('leased'), job.id) or '') ~= job.holder then return 'again' end
  if job.run_out and not lease_has_run_out(job.holder) then return 'early' end
  if job.next ~= state then
    local rest = string.sub(record, #state + 1)
    if job.input ~= '' then rest = string.match(rest, '^\n[^\n]*\n') .. job.input end
    call('SET', job_key(job.id), job.next .. rest)
    if in_done then call('HDEL', key('done'), job.n) end
    if job.to == 'processing' and string.sub(job.holder, -1) ~= '*' then
      call('HSET', key('leased'), job.id, job.holder .. '*')
    end
    leave(job)
    enter(job)
    if job.from ~= job.to then count(job.from, job.queue, -1) count(job.to, job.queue, 1) end
    moved(job.id, job.expires ~= '')
  end
  if #job.entries > 0 then push(key('timeline:' .. job.id), job.entries) end
  each_slice(job.dropped, function(...) call('HDEL', key('steps:' .. job.id), ...) end)
  each_slice(job.steps, function(...) call('HSET', key('steps:' .. job.id), ...) end)
  if #job.logs > 0 then keep_logs(job) end
  return 'ok'
end

local function is_known(id)
  local gone = call('GET', key('gone:' .. id))
  return call('EXISTS', job_key(id)) == 1 or (gone and tonumber(string.match(gone, '^%d+')) > now)
end

local function next_place(id)
  local n = call('HINCRBY', key('meta'), 'n', 1)
  local chunk = whole(math.floor((n - 1) / 128))
  push(key('ids:' .. chunk), { id })
  call('HINCRBY', key('chunks'), chunk, 1)
  return whole(n)
end

-- The next fence of this store must be above all that the job was ever leased under.
local function raise_fence(fence)
  local meta = call('HMGET', key('meta'), 'shards', 'fence')
  local least = math.ceil(fence / tonumber(meta[1] or '1'))
  if least > tonumber(meta[2] or '0') then call('HSET', key('meta'), 'fence', whole(least)) end
end

local function restore(job)
  if is_known(job.id) then return 'present' end
  job.n = next_place(job.id)
  call('SET', job_key(job.id), job.next .. '\n{"n":' .. job.n .. ',' .. job.input)
  for _, index in ipairs(job.indexes) do push(key(index), { job.n }) end
  if job.start_by ~= '' then call('ZADD', key('start_by'), job.start_by, job.id) end
  raise_fence(job.fence)
  enter(job)
  count(job.to, job.queue, 1)
  moved(job.id, job.expires ~= '')
  if #job.entries > 0 then push(key('timeline:' .. job.id), job.entries) end
  each_slice(job.steps, function(...) call('HSET', key('steps:' .. job.id), ...) end)
  for i = 1, #job.lines, 2 do call('XADD', key('logs:' .. job.id), job.lines[i] .. '-1', 'line', job.lines[i + 1]) end
  return 'ok'
end

local answers = { whole(now) }
for i = 1, number() do
  local job = read_job()
  answers[i + 1] = job.state == '' and restore(job) or store(job)
end
write_counts()
tell()
return answers
