// Finding the job that a request names, for whoever may see it. Somebody else's job answers like one that never was:
// the same words, and the same work.
import { isGone } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { Entry } from '../../watch/entry.ts'
import type { Found, Source } from '../../watch/near-cache.ts'
import { isExpired } from '../../watch/watch.ts'
import { needScope, type Verb } from '../access.ts'
import type { Call } from '../call.ts'

/** No job can have this id, so asking for it costs what asking for any absent job costs. */
const neverAnId = '~'

export interface Located {
  entry: Entry
  source: Source
}

/** The job. Throws `insufficient_scope`, `not_found`, `job_expired`. */
export async function findJob(call: Call, id: string, verb: Verb): Promise<Entry> {
  return (await locate(call, id, verb)).entry
}

/** The same, and where it was read. One who has seen `rev` of it is answered no older one from memory. */
export async function locate(call: Call, id: string, verb: Verb, rev = 0): Promise<Located> {
  needScope(call.principal, verb)
  return permitted(call, await call.server.parts.watch.look(id, rev), verb)
}

/** What was found, if the caller may know of it. Throws `not_found`, `job_expired`. */
export async function permitted(call: Call, { id, found, source }: Found, verb: Verb): Promise<Located> {
  const { watch } = call.server.parts
  if (found === null) throw notFound()
  const owned = found instanceof Entry ? found.record : { id, userId: found.userId }
  if (!call.server.auth.authorize(owned, call.principal, verb)) throw await hidden(call)
  if (!(found instanceof Entry) || isExpired(found.record, watch.now())) throw expired()
  return { entry: found, source }
}

/** The job from memory, when that needs no waiting and nothing stands in the way; else null: then `locate`. */
export function freshJob(call: Call, id: string): Entry | null {
  const { watch } = call.server.parts
  needScope(call.principal, 'read')
  const entry = watch.glance(id)
  if (!entry || !call.server.auth.authorize(entry.record, call.principal, 'read')) return null
  if (isExpired(entry.record, watch.now())) throw expired()
  return entry
}

async function hidden(call: Call): Promise<WaybillError> {
  const missing = await call.server.parts.watch.get(neverAnId)
  return missing === null || isGone(missing) ? notFound() : notFound()
}

export function notFound(): WaybillError {
  return new WaybillError('not_found', 'there is no job with this id')
}

function expired(): WaybillError {
  return new WaybillError('job_expired', 'the job has been removed after its retention')
}
