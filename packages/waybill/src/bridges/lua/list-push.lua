-- list-push: pushes jobs that became pending, each once until it leaves (list-leave.lua).
-- KEYS: the list, its messages (hash, id → message), its times (sorted set, id → when it was pushed last).
-- ARGV: id, message for each job. Answers one text a job: 'pushed' · 'known'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = {}
for i = 1, #ARGV, 2 do
  local id, message = ARGV[i], ARGV[i + 1]
  if redis.call('HSETNX', KEYS[2], id, message) == 1 then
    redis.call('RPUSH', KEYS[1], message)
    redis.call('ZADD', KEYS[3], now, id)
    answers[#answers + 1] = 'pushed'
  else
    answers[#answers + 1] = 'known'
  end
end
return answers
