// GET /queues and /queues/{queue}: how queues stand.
import { WaybillError } from '../../job/errors.ts'
import { limitsBody } from '../../job/queue-settings.ts'
import { didYouMean } from '../../lib/suggest.ts'
import type { QueueState } from '../../operate/queues.ts'
import { queueSchema } from '../../wire/schemas-operations.ts'
import { itemsOf } from '../../wire/schemas-views.ts'
import { needExactly } from '../access.ts'
import type { Call } from '../call.ts'
import type { Route } from './route.ts'

export const queues: Route = {
  method: 'GET',
  path: '/queues',
  summary: 'All queues and how they stand',
  scope: 'admin:read',
  answers: { 200: { description: 'By name.', schema: itemsOf(queueSchema) } },
  problems: ['unauthenticated', 'insufficient_scope'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:read')
    const all = await call.server.parts.operate.queues.list()
    return call.value(200, { items: all.map(queueView) })
  },
}

export const queue: Route = {
  method: 'GET',
  path: '/queues/{queue}',
  summary: 'One queue and how it stands',
  scope: 'admin:read',
  answers: { 200: { description: 'The queue.', schema: queueSchema } },
  problems: ['unauthenticated', 'insufficient_scope', 'not_found'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:read')
    return call.value(200, queueView(await findQueue(call)))
  },
}

/** The queue that the path names. Throws `not_found` for one of which nothing is known. */
export async function findQueue(call: Call): Promise<QueueState> {
  const name = call.param('queue')
  const all = await call.server.parts.operate.queues.list()
  const found = all.find((one) => one.name === name)
  if (found) return found
  const known = all.map((one) => one.name)
  throw new WaybillError('not_found', `there is no queue "${name.slice(0, 100)}".${didYouMean(name, known)}`)
}

export function queueView({ name, paused, draining, counts, workers, limits, ...rest }: QueueState): object {
  return {
    name,
    paused,
    draining,
    counts,
    oldest_pending_ms: rest.oldestPendingMs,
    per_minute: rest.perMinute,
    workers: workers.length,
    limits: limitsBody(limits),
    limited_by: null,
  }
}
