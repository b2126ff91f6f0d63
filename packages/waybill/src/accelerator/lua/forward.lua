-- forward: brings entries of the status cache forward, never back. An entry begins with a head of this order:
--   {"seen_at":"<24 characters>","store":"…","created_at":"…","rev":7,
-- KEYS: one a job
-- ARGV: ttl in seconds, then five a job: store, created_at, rev, seen_at, and the whole entry or '' to renew alone.
-- A whole entry is written over nothing, over another store's, over an earlier job of the same id, and over a lower rev.
-- Of the same rev the later `seen_at` stays. Renewing changes `seen_at` of the very same rev and nothing else.
-- Answers: the clock of this Redis, as TIME does.
local head = '^{"seen_at":"([^"]+)","store":"([^"]*)","created_at":"([^"]+)","rev":(%d+),'
local ttl = ARGV[1]

local function forward(key, store, created, rev, seen, entry)
  local kept = redis.pcall('GETRANGE', key, 0, 255)
  if type(kept) ~= 'string' then kept = '' end -- no text at all: somebody else's, and written over
  local kseen, kstore, kcreated, krev = string.match(kept, head)
  local same = kseen and kstore == store and kcreated == created
  if entry == '' then
    -- Twelve characters stand before seen_at; an entry without a given creation is known by its rev alone.
    if kseen and kstore == store and tonumber(krev) == rev and kseen < seen then
      redis.call('SETRANGE', key, 12, seen)
      redis.call('EXPIRE', key, ttl)
    end
    return
  end
  if kseen and kstore == store then
    if created < kcreated then return end
    if same and rev < tonumber(krev) then return end
    if same and rev == tonumber(krev) and seen <= kseen then return end
  end
  redis.call('SET', key, entry, 'EX', ttl)
end

for i, key in ipairs(KEYS) do
  local at = 2 + (i - 1) * 5
  forward(key, ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4])
end
return redis.call('TIME')
