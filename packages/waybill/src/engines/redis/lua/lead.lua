-- lead: takes or renews a role for a while; one holder at a time.
-- ARGV: offset, role, holder, ttl_ms
-- Answers: 1 the role is held by `holder` · 0 by another
local role, holder, ttl = arg(), arg(), number()
local expires, held = string.match(call('HGET', key('roles'), role) or '', '^(%d+) (.*)$')
if expires and tonumber(expires) > now and held ~= holder then return 0 end
call('HSET', key('roles'), role, whole(now + ttl) .. ' ' .. holder)
return 1
