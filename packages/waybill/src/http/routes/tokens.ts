// POST /tokens: a token with which a browser may watch one owner's jobs, or some of them, for a while.
import { tokenBody } from '../../wire/schemas.ts'
import { tokenSchema } from '../../wire/schemas-views.ts'
import { toWireTime } from '../../wire/time.ts'
import { needExactly } from '../access.ts'
import { readBody } from '../body.ts'
import type { Route } from './route.ts'

export const tokens: Route = {
  method: 'POST',
  path: '/tokens',
  summary: 'Mint a view token for a user',
  scope: 'tokens:mint',
  body: { schema: tokenBody },
  answers: { 200: { description: 'Good until expires_at.', schema: tokenSchema } },
  problems: ['bad_request', 'unauthenticated', 'insufficient_scope', 'too_large', 'unsupported_media_type'],
  handle: async (call) => {
    needExactly(call.principal, 'tokens:mint')
    const { user_id: userId, jobs, scope, ttl_ms: ttlMs = 3_600_000 } = await readBody(call.request, tokenBody)
    const signal = scope === 'jobs:signal'
    const { token, expiresAt } = await call.server.auth.mint({ userId, ttlMs, signal, ...(jobs ? { jobs } : {}) })
    return call.value(200, { token, expires_at: toWireTime(expiresAt) }, { 'cache-control': 'no-store' })
  },
}
