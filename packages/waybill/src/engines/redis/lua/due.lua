-- due: ids of the jobs that time has something to say about, most overdue first.
-- ARGV: offset, kind (run_at | lease | cancel | start_by), limit
-- Answers: ids
local kind, limit = arg(), number()
local sets = { run_at = 'scheduled', cancel = 'cancelling', start_by = 'start_by', lease = 'leases' }
local due = call('ZRANGE', key(sets[kind]), '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, limit)
if kind ~= 'lease' then return due end

local ids = {}
for _, fence in ipairs(due) do
  for id in string.gmatch(call('HGET', key('lease:' .. fence), 'ids') or '', '[^\n]+') do
    if #ids < limit and string.match(call('HGET', key('leased'), id) or '', '^%d+') == fence then ids[#ids + 1] = id end
  end
end
return ids
