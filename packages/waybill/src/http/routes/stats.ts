// GET /jobs/stats/counts, /stats and /jobs/health.
import { statuses } from '../../job/status.ts'
import type { Figures } from '../../watch/stats.ts'
import { countsSchema, healthSchema, statsSchema } from '../../wire/schemas-views.ts'
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

const least = 60_000
const longest = 7 * 86_400_000
const groups = ['type', 'queue'] as const
const filters = { user_id: 'The owner; me is yourself.', queue: 'A queue.', type: 'A job type.' }

export const stats: Route = {
  method: 'GET',
  path: '/stats',
  summary: 'How jobs fared of late: throughput, success, waits and runs',
  scope: 'jobs:read',
  query: {
    window: 'Of how long: 1m to 7d, default 1h.',
    by: 'type or queue: one row each. Left out: all together.',
    ...filters,
  },
  answers: { 200: { description: 'Of your own jobs, or of all with jobs:read:any.', schema: statsSchema } },
  problems: ['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope'],
  handle: async (call) => {
    const query = new Query(call.query, ['window', 'by', ...Object.keys(filters)])
    const filter = filterOf(call, query)
    const by = query.oneOf('by', groups) ?? null
    const windowMs = query.duration('window', least, longest) ?? 3_600_000
    const { at, coversMs, items } = await call.server.parts.watch.stats({ filter, windowMs, by })
    return call.value(200, {
      window_ms: windowMs,
      covers_ms: coversMs,
      by,
      at: toWireTime(at),
      items: items.map(wireOf),
    })
  },
}

function wireOf({ perMinute, successRatio, waitMs, runMs, ...same }: Figures): object {
  return { ...same, per_minute: perMinute, success_ratio: successRatio, wait_ms: waitMs, run_ms: runMs }
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
  const { engine, accelerator } = call.server.parts
  const { kind, durability, problem } = await engine.health()
  const workers = problem === null ? (await engine.workers()).length : 0
  const faster = accelerator?.state ?? 'absent'
  const status = problem !== null ? 'down' : workers === 0 || faster === 'down' ? 'degraded' : 'ok'
  const checks = {
    engine: problem === null ? 'ok' : 'unreachable',
    accelerator: faster,
    workers: workers === 0 ? 'none' : 'ok',
  }
  return call.value(
    status === 'down' ? 503 : 200,
    { status, engine: { kind, durability }, checks },
    { 'cache-control': 'no-store' },
  )
}
