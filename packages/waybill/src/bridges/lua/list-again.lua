-- list-again: pushes jobs again that somebody took and never began: the list had no message of them the last time they
-- were looked at, and has none now.
-- KEYS: the list, its messages, its times, its missed (set of ids that were found missing).
-- ARGV: id for each job. Answers one text a job: 'again' · 'missed' (for the first time) · 'there' · 'gone' (it has left)
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))

local function look(id)
  local message = redis.call('HGET', KEYS[2], id)
  if not message then return 'gone' end
  redis.call('ZADD', KEYS[3], now, id)
  if redis.call('LPOS', KEYS[1], message) then
    redis.call('SREM', KEYS[4], id)
    return 'there'
  end
  if redis.call('SADD', KEYS[4], id) == 1 then return 'missed' end
  redis.call('SREM', KEYS[4], id)
  redis.call('RPUSH', KEYS[1], message)
  return 'again'
end

local answers = {}
for i, id in ipairs(ARGV) do answers[i] = look(id) end
return answers
