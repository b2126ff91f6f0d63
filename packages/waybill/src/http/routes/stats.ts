// GET /jobs/stats/counts and /jobs/health.
import { statuses } from '../../job/status.ts'
import { countsSchema, healthSchema } from '../../wire/schemas-views.ts'
import { toWireTime } from '../../wire/time.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import { filterOf } from './list-jobs.ts'
import type { Route } from './route.ts'

export const counts: Route = {
  method: 'GET',
  path: '/jobs/stats/counts',
  summary: 'How many jobs there are in each status',
  scope: 'jobs:read',
  query: { user_id: 'The owner; me is yourself.', queue: 'A queue.', type: 'A job type.' },
  answers: { 200: { description: 'Of your own jobs, or of all with jobs:read:any.', schema: countsSchema } },
  problems: ['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope'],
  handle: async (call) => {
    const { watch } = call.server.parts
    const found = await watch.count(filterOf(call, new Query(call.query, ['user_id', 'queue', 'type'])))
    const total = statuses.reduce((sum, status) => sum + found[status], 0)
    return call.value(200, { counts: found, total, at: toWireTime(watch.now()) })
  },
}

export const health: Route = {
  method: 'GET',
  path: '/jobs/health',
  open: true,
  summary: 'Whether jobs can be stored and run',
  answers: {
    200: { description: 'ok, or degraded: slower or without workers, but nothing is lost.', schema: healthSchema },
    503: { description: 'down: the engine does not answer, or cannot store jobs.', schema: healthSchema },
  },
  problems: [],
  handle: healthOf,
}

async function healthOf(call: Call): Promise<Response> {
  const { engine } = call.server.parts
  const { kind, durability, problem } = await engine.health()
  const workers = problem === null ? (await engine.workers()).length : 0
  const status = problem !== null ? 'down' : workers === 0 ? 'degraded' : 'ok'
  const checks = {
    engine: problem === null ? 'ok' : 'unreachable',
    accelerator: 'off',
    workers: workers === 0 ? 'none' : 'ok',
  }
  return call.value(
    status === 'down' ? 503 : 200,
    { status, engine: { kind, durability }, checks },
    { 'cache-control': 'no-store' },
  )
}
