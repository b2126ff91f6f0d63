// GET /audit: who did what. And the entry that every route writes before it does something for an operator.
import type { JsonObject } from '../../lib/json.ts'
import type { AuditEntry } from '../../operate/audit.ts'
import { auditSchema } from '../../wire/schemas-operations.ts'
import { toWireTime } from '../../wire/time.ts'
import { needExactly } from '../access.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import type { Route } from './route.ts'

export const audit: Route = {
  method: 'GET',
  path: '/audit',
  summary: 'Who did what, newest first: the last 1,000 things that operators did',
  scope: 'admin:read',
  query: { limit: 'At most 200, default 50.', before: 'next_before of the page before.' },
  answers: { 200: { description: 'A page.', schema: auditSchema } },
  problems: ['bad_request', 'unauthenticated', 'insufficient_scope'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:read')
    const query = new Query(call.query, ['limit', 'before'])
    const limit = query.whole('limit', 1, 200) ?? 50
    const entries = await call.server.parts.operate.audit.list(limit, query.whole('before', 1, 1e15))
    const next = entries.length < limit ? null : (entries.at(-1)?.seq ?? null)
    return call.value(200, { items: entries.map(wireOf), next_before: next })
  },
}

/** To be called once all is checked, before it is done. Throws when the entry cannot be stored. */
export function audited(call: Call, action: string, target: string | null, detail: JsonObject = {}): Promise<void> {
  const { name, userId } = call.principal
  return call.server.parts.operate.audit.record({ name, userId }, action, target, detail)
}

function wireOf({ seq, at, who, action, target, detail }: AuditEntry): object {
  return { seq, at: toWireTime(at), who: who.name, user_id: who.userId, action, target, detail }
}
