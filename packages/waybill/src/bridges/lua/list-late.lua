-- list-late: jobs that were pushed a while ago and have not left since.
-- KEYS: the list, its messages, its times. ARGV: how long ago in ms, how many at most. Answers their ids.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%d', now - ARGV[1]), 'LIMIT', 0, ARGV[2])
