// POST /jobs/lookup: many jobs at once, and of those only what changed since the caller looked last.
import type { Entry } from '../../watch/entry.ts'
import { lookupBody } from '../../wire/schemas.ts'
import { lookupSchema } from '../../wire/schemas-views.ts'
import { needScope } from '../access.ts'
import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import { WaybillError } from '../../job/errors.ts'
import type { Found } from '../../watch/near-cache.ts'
import { permitted } from './found.ts'
import type { Route } from './route.ts'

export const lookup: Route = {
  method: 'POST',
  path: '/jobs/lookup',
  summary: 'Up to 200 jobs by id; with revs, only those that changed',
  scope: 'jobs:read',
  body: { schema: lookupBody },
  answers: { 200: { description: 'Jobs that are not yours are missing.', schema: lookupSchema } },
  problems: [
    'bad_request',
    'unauthenticated',
    'token_expired',
    'insufficient_scope',
    'too_large',
    'unsupported_media_type',
  ],
  handle: async (call) => {
    needScope(call.principal, 'read')
    const { ids, revs = {} } = await readBody(call.request, lookupBody)
    const known = new Map(Object.entries(revs))
    const unique = [...new Set(ids)]
    const looks = await call.server.parts.watch.lookMany(unique, known)
    const found = await Promise.all(looks.map((look) => entryOrNull(call, look)))
    const present = found.filter((entry) => entry !== null)
    const unchanged = present.filter(({ record }) => record.rev <= (known.get(record.id) ?? -1))
    const changed = present.filter((entry) => !unchanged.includes(entry))
    const items = await Promise.all(changed.map(({ record }) => call.server.parts.watch.json(record)))
    const missing = unique.filter((_, i) => found[i] === null)
    const rest = JSON.stringify({ unchanged: unchanged.map(({ record }) => record.id), missing }).slice(1)
    return call.json(200, `{"items":[${items.join(',')}],${rest}`)
  },
}

async function entryOrNull(call: Call, look: Found): Promise<Entry | null> {
  try {
    return (await permitted(call, look, 'read')).entry
  } catch (error) {
    if (error instanceof WaybillError && (error.code === 'not_found' || error.code === 'job_expired')) return null
    throw error
  }
}
