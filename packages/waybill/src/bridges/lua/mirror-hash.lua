-- mirror-hash: brings hashes of jobs forward, never back, and never over the word of a foreign writer unseen.
-- KEYS: one a job. ARGV: ttl in seconds; the names of the fields status, progress, progress message ('' where not
--   shown); then for each job: rev, created_at, heard (what of a foreign writer's words has been dealt with, as hear.lua told it;
--   '*': whatever they are; '': none), how many fields, and field, value for each.
-- Bookkeeping in the hash itself: waybill_rev, waybill_born (created_at), waybill_mark (status, progress and message as we wrote
--   them: what differs was said by somebody else), waybill_fields (those that we wrote).
-- Answers one text a job: 'written' · 'older' (what is there is as new, or newer) · 'foreign' (nothing was written)
local ttl = ARGV[1]
local telling = {}
for i = 2, 4 do
  if ARGV[i] ~= '' then telling[#telling + 1] = ARGV[i] end
end
local at = 5
local function arg()
  at = at + 1
  return ARGV[at - 1]
end

local function said(key)
  local words = {}
  for i, name in ipairs(telling) do words[i] = redis.call('HGET', key, name) or '' end
  return cjson.encode(words)
end

local function read_job()
  local job = { rev = tonumber(arg()), born = arg(), heard = arg(), fields = {}, names = {} }
  for i = 1, tonumber(arg()) do
    job.fields[2 * i - 1], job.fields[2 * i] = arg(), arg()
    job.names[i] = job.fields[2 * i - 1]
  end
  return job
end

-- A job of the same id that was made later is another job.
local function is_older(job, rev, born)
  if born ~= job.born then return born > job.born end
  return rev > job.rev or (rev == job.rev and job.heard == '')
end

local function mirror(key, job)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', key) end
  local kept = redis.call('HMGET', key, 'waybill_rev', 'waybill_born', 'waybill_mark', 'waybill_fields')
  if is_older(job, tonumber(kept[1] or '0'), kept[2] or job.born) then return 'older' end
  if job.heard ~= '*' and redis.call('EXISTS', key) == 1 then
    local words = said(key)
    if words ~= kept[3] and words ~= job.heard then return 'foreign' end
  end
  for _, name in ipairs(telling) do redis.call('HDEL', key, name) end
  for _, name in ipairs(cjson.decode(kept[4] or '[]')) do redis.call('HDEL', key, name) end
  redis.call('HSET', key, 'waybill_rev', job.rev, 'waybill_born', job.born, 'waybill_fields', cjson.encode(job.names))
  if #job.fields > 0 then redis.call('HSET', key, unpack(job.fields)) end
  redis.call('HSET', key, 'waybill_mark', said(key))
  redis.call('EXPIRE', key, ttl)
  return 'written'
end

local answers = {}
for i, key in ipairs(KEYS) do answers[i] = mirror(key, read_job()) end
return answers
