// GET /scaling/{queue}: for autoscalers, such as KEDA's metrics-api.
import { scalingOf } from '../../operate/scaling.ts'
import { scalingSchema } from '../../wire/schemas-operations.ts'
import { needExactly } from '../access.ts'
import { findQueue } from './queues.ts'
import type { Route } from './route.ts'

export const scaling: Route = {
  method: 'GET',
  path: '/scaling/{queue}',
  summary: 'How many workers a queue could use',
  scope: 'admin:read',
  answers: { 200: { description: 'load counts running jobs too.', schema: scalingSchema } },
  problems: ['unauthenticated', 'insufficient_scope', 'not_found'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:read')
    const queue = await findQueue(call)
    const { oldestWaitMs, suggestedWorkers, ...rest } = scalingOf(queue, call.server.parts.settings.concurrency)
    const more = { oldest_wait_ms: oldestWaitMs, suggested_workers: suggestedWorkers }
    return call.value(200, { queue: queue.name, ...rest, ...more }, { 'cache-control': 'no-store' })
  },
}
