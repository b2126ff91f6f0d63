-- hear: which hashes say something that we did not write, and what they say.
-- KEYS: one a job. ARGV: the names of the fields status, progress, progress message ('' where not shown).
-- Answers for each such hash: its number among KEYS, its telling fields as one text (for mirror-hash.lua), then field,
--   value for all it has.
local telling = {}
for i = 1, 3 do
  if ARGV[i] ~= '' then telling[#telling + 1] = ARGV[i] end
end
local answers = {}
for n, key in ipairs(KEYS) do
  if redis.call('TYPE', key).ok == 'hash' then
    local words = {}
    for i, name in ipairs(telling) do words[i] = redis.call('HGET', key, name) or '' end
    local said = cjson.encode(words)
    if said ~= redis.call('HGET', key, 'waybill_mark') then
      local answer = redis.call('HGETALL', key)
      table.insert(answer, 1, said)
      table.insert(answer, 1, n)
      answers[#answers + 1] = answer
    end
  end
end
return answers
