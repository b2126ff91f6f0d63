-- doc: stores or deletes a document if its rev is still what the writer saw; claims look at the paused queues.
-- ARGV: offset, kind, name, body (JSON) or '' to delete, expected rev or '' for whatever it is,
--   pause: '' not a queue's · '1' the queue is paused · '0' it is not
-- Answers: 1 stored · 0 its rev is another
local kind, name, body, expected, pause = arg(), arg(), arg(), arg(), arg()
local docs = key('docs:' .. kind)
local rev = tonumber(string.match(call('HGET', docs, name) or '0', '^%d+'))
if expected ~= '' and rev ~= tonumber(expected) then return 0 end
if body == '' then call('HDEL', docs, name)
else call('HSET', docs, name, (rev + 1) .. ' ' .. whole(now) .. ' ' .. body) end
if pause == '1' then call('SADD', key('paused'), name) end
if pause == '0' then
  call('SREM', key('paused'), name)
  wake(name)
  tell()
end
return 1
