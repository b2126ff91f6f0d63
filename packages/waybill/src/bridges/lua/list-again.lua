-- list-again: pushes jobs again whose message is in the list no more: somebody took it and never began.
-- KEYS: the list, its messages, its times. ARGV: id for each job.
-- Answers one text a job: 'again' · 'there' (it waits in the list still) · 'gone' (it has left)
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local answers = {}
for i, id in ipairs(ARGV) do
  local message = redis.call('HGET', KEYS[2], id)
  if not message then
    answers[i] = 'gone'
  else
    redis.call('ZADD', KEYS[3], now, id)
    local waits = redis.call('LPOS', KEYS[1], message)
    if not waits then redis.call('RPUSH', KEYS[1], message) end
    answers[i] = waits and 'there' or 'again'
  end
end
return answers
