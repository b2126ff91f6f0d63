// PATCH /queues/{queue}, POST …/pause, …/resume, …/drain: what operators say of a queue.
import { WaybillError } from '../../job/errors.ts'
import { isName } from '../../job/limits.ts'
import type { QueueLimits, QueueSettings } from '../../job/queue-settings.ts'
import type { JsonObject } from '../../lib/json.ts'
import { queuePatchBody, queueSchema, type QueuePatchBody } from '../../wire/schemas-operations.ts'
import { needExactly } from '../access.ts'
import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import { audited } from './audit.ts'
import { findQueue, queueView } from './queues.ts'
import type { Route } from './route.ts'

const problems: Route['problems'] = [
  ...(['bad_request', 'unauthenticated', 'insufficient_scope', 'not_found', 'engine_unavailable'] as const),
]
const answers = { 200: { description: 'The queue as it stands now.', schema: queueSchema } }

function action(name: 'pause' | 'resume' | 'drain', summary: string, said: Partial<QueueSettings>): Route {
  return {
    method: 'POST',
    path: `/queues/{queue}/${name}`,
    summary,
    scope: 'admin:write',
    answers,
    problems,
    handle: (call) => {
      needExactly(call.principal, 'admin:write')
      return changed(call, name, {}, (settings) => ({ ...settings, ...said }))
    },
  }
}

export const pauseQueue: Route = action('pause', 'Begin no more jobs of a queue; new ones may wait in it', {
  paused: true,
})
export const drainQueue: Route = action('drain', 'Take no new jobs into a queue; those that are there go on', {
  draining: true,
})
export const resumeQueue: Route = action('resume', 'End the pause and the draining of a queue', {
  paused: false,
  draining: false,
})

export const limitQueue: Route = {
  method: 'PATCH',
  path: '/queues/{queue}',
  summary: "Set a queue's limits; null takes one away, what is left out stays",
  scope: 'admin:write',
  body: { schema: queuePatchBody },
  answers,
  problems: [...problems, 'too_large', 'unsupported_media_type'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:write')
    const { limits } = await readBody(call.request, queuePatchBody)
    return changed(call, 'limits', { ...limits }, (settings) => ({
      ...settings,
      limits: { ...settings.limits, ...limitsOf(limits) },
    }))
  },
}

async function changed(
  call: Call,
  what: string,
  detail: JsonObject,
  change: (settings: QueueSettings) => QueueSettings,
): Promise<Response> {
  const { name } = await findQueue(call)
  if (!isName(name)) throw new WaybillError('bad_request', `queue "${name}" is the system's own and stays as it is`)
  await audited(call, `queue.${what}`, name, detail)
  await call.server.parts.operate.queues.change(name, change)
  return call.value(200, queueView(await findQueue(call)))
}

function limitsOf(given: QueuePatchBody['limits']): Partial<QueueLimits> {
  const { concurrency, per_user_concurrency: perUser, rate_per_minute: rate, max_pending: maxPending } = given
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(perUser === undefined ? {} : { perUserConcurrency: perUser }),
    ...(rate === undefined ? {} : { ratePerMinute: rate }),
    ...(maxPending === undefined ? {} : { maxPending }),
  }
}
