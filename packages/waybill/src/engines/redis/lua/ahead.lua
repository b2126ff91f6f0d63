-- ahead: how many jobs of the same queue a claim would take before each of these.
-- ARGV: offset, most (looked at of a queue), jobs, id…
-- Answers: one number a job, in order; -1 for one that is not pending, or is not among the first `most`
local most = number()
local ids, keys = {}, {}
for i = 1, number() do
  ids[i] = arg()
  keys[i] = job_key(ids[i])
end

local lanes_of = {}
for _, lane in ipairs(call('SMEMBERS', key('lanes'))) do
  local at, queue = string.match(lane, '^(%d+):(.*)$')
  lanes_of[queue] = lanes_of[queue] or {}
  table.insert(lanes_of[queue], tonumber(at))
end

-- Entries of a lane as in exchange.lua: an id, or "ticket,rev,id"; those known to be stale are nobody.
local some_are_stale = call('EXISTS', key('stale')) == 1
local function is_stale(entry)
  return some_are_stale
    and call('SISMEMBER', key('stale'), string.match(entry, '^%d+,(%d+,.*)$') or '1,' .. entry) == 1
end

local function front_of(queue)
  local before, n, lanes = {}, 0, lanes_of[queue] or {}
  table.sort(lanes)
  for _, lane in ipairs(lanes) do
    local from, list = 0, key('ready:' .. lane .. ':' .. queue)
    while n < most do
      local entries = call('LRANGE', list, from, from + most - n - 1)
      if #entries == 0 then break end
      from = from + #entries
      for _, entry in ipairs(entries) do
        if not is_stale(entry) then
          before[string.match(entry, '^%d+,%d+,(.*)$') or entry] = n
          n = n + 1
        end
      end
    end
  end
  return before
end

local fronts, answer, records = {}, {}, get_all(keys)
for i, id in ipairs(ids) do
  answer[i] = -1
  if records[i] and status_of(records[i]) == 'pending' then
    local queue = cjson.decode(string.match(records[i], '\n([^\n]*)\n')).queue
    fronts[queue] = fronts[queue] or front_of(queue)
    answer[i] = fronts[queue][id] or -1
  end
end
return answer
