// One question about many jobs, and lists as they come.
import { networkError } from './errors.ts'
import type { Told } from './told.ts'
import { bodyOf, type Transport } from './transport.ts'
import { jobOf } from './views.ts'

/** Asks for those of many jobs that have changed. */
export async function lookUp(transport: Transport, told: Told, ids: string[], signal: AbortSignal): Promise<void> {
  const revs = Object.fromEntries(ids.map((id) => [id, told.newest.rev(id)]))
  const ask = { method: 'POST', body: { ids, revs }, signal }
  const { items, missing } = listsOf(await transport.once('/jobs/lookup', ask, bodyOf))
  for (const job of items) told.job(jobOf(job))
  await Promise.all(missing.map((id) => told.lost(String(id))))
}

/** Throws when it is no list: then something on the way gave the answer. */
export function listsOf(body: unknown): { items: unknown[]; missing: unknown[] } {
  const found: { items?: unknown; missing?: unknown } = typeof body === 'object' && body !== null ? body : {}
  if (!Array.isArray(found.items)) throw networkError('an answer came that is no list; is the url that of the API?')
  return { items: found.items, missing: Array.isArray(found.missing) ? found.missing : [] }
}
