-- mirror-text: brings texts of jobs forward, never back. Each begins with its head, which alone is read:
--   {"waybill_rev":7,"waybill_born":"<created_at>",
-- KEYS: one a job. ARGV: ttl in seconds, then for each job: rev, created_at, the whole text.
-- Answers one text a job: 'written' · 'older'
local head = '^{"waybill_rev":(%d+),"waybill_born":"([^"]+)"'
local answers = {}
for i, key in ipairs(KEYS) do
  local rev, born, text = tonumber(ARGV[3 * i - 1]), ARGV[3 * i], ARGV[3 * i + 1]
  local kept = redis.pcall('GETRANGE', key, 0, 127)
  local kept_rev, kept_born = string.match(type(kept) == 'string' and kept or '', head)
  if kept_born and (kept_born > born or (kept_born == born and tonumber(kept_rev) >= rev)) then
    answers[i] = 'older'
  else
    redis.call('SET', key, text, 'EX', ARGV[1])
    answers[i] = 'written'
  end
end
return answers
