// What happened to a job: attempts, steps, timeline, log lines, and its children.
import { isGone, type Include, type JobDetails } from '../../engine/engine.ts'
import { attemptViews, logViews, stepViews, timelineViews } from '../../wire/history-view.ts'
import { attemptSchema, itemsOf, jobSchema, logSchema, stepSchema, timelineSchema } from '../../wire/schemas-views.ts'
import type { JobView } from '../../wire/job-view.ts'
import { hasScope } from '../access.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import { ownerView } from './answer.ts'
import { findJob, notFound } from './found.ts'
import type { Route } from './route.ts'

const problems: Route['problems'] = [
  'bad_request',
  'unauthenticated',
  'token_expired',
  'insufficient_scope',
  'not_found',
  'job_expired',
]
const mostLogs = 1_000

export const attempts: Route = {
  method: 'GET',
  path: '/jobs/{job_id}/attempts',
  summary: 'The attempts of a job',
  scope: 'jobs:read',
  answers: { 200: { description: 'Oldest first.', schema: itemsOf(attemptSchema) } },
  problems,
  handle: async (call) => {
    const { timeline = [] } = await details(call, { timeline: true })
    return call.value(200, { items: attemptViews(timeline, seesInside(call)) })
  },
}

export const steps: Route = {
  method: 'GET',
  path: '/jobs/{job_id}/steps',
  summary: 'The finished steps of a job',
  scope: 'jobs:read',
  answers: { 200: { description: 'In the order in which they ended.', schema: itemsOf(stepSchema) } },
  problems,
  handle: async (call) => {
    const found = await details(call, { steps: true })
    return call.value(200, { items: stepViews(found.steps ?? []) })
  },
}

export const timeline: Route = {
  method: 'GET',
  path: '/jobs/{job_id}/timeline',
  summary: 'Every change of state of a job',
  scope: 'jobs:read',
  answers: { 200: { description: 'Oldest first.', schema: itemsOf(timelineSchema) } },
  problems,
  handle: async (call) => {
    const found = await details(call, { timeline: true })
    return call.value(200, { items: timelineViews(found.timeline ?? [], seesInside(call)) })
  },
}

export const logs: Route = {
  method: 'GET',
  path: '/jobs/{job_id}/logs',
  summary: 'The log lines of a job',
  scope: 'jobs:read',
  query: { after: 'Lines with a higher seq only.', limit: `At most ${mostLogs}, default 200.` },
  answers: { 200: { description: 'By seq. Owners see the lines meant for them.', schema: itemsOf(logSchema) } },
  problems,
  handle: async (call) => {
    const query = new Query(call.query, ['after', 'limit'])
    const after = query.whole('after', 0, Number.MAX_SAFE_INTEGER) ?? 0
    const limit = query.whole('limit', 1, mostLogs) ?? 200
    await findJob(call, call.jobId, 'read')
    const lines = await call.server.parts.watch.logs(call.jobId, after, limit)
    const shown = seesInside(call) ? lines : lines.filter((line) => line.audience === 'owner')
    return call.value(200, { items: logViews(shown), next_after: lines.at(-1)?.seq ?? after })
  },
}

export const children: Route = {
  method: 'GET',
  path: '/jobs/{job_id}/children',
  summary: 'The subtasks of a job',
  scope: 'jobs:read',
  answers: { 200: { description: 'Oldest first, at most 1,000.', schema: itemsOf(jobSchema) } },
  problems,
  handle: async (call) => {
    await findJob(call, call.jobId, 'read')
    return call.value(200, { items: await childrenOf(call, call.jobId) })
  },
}

/** The children that the caller may see. */
export async function childrenOf(call: Call, parentId: string): Promise<JobView[]> {
  const { auth, parts } = call.server
  const { watch, settings } = parts
  const page = await watch.list({ filter: { parentId }, limit: 1_000, oldestFirst: true })
  const seen = page.records.filter((record) => auth.authorize(record, call.principal, 'read'))
  return Promise.all(
    seen.map(async (record) => ownerView(record, settings.basePath, watch.now(), await watch.wait(record))),
  )
}

async function details(call: Call, include: Include): Promise<JobDetails> {
  void new Query(call.query, [])
  await findJob(call, call.jobId, 'read')
  const found = await call.server.parts.watch.get(call.jobId, include)
  if (found === null || isGone(found)) throw notFound()
  return found
}

/** May the caller see the inside of errors, and lines meant for operators? */
export function seesInside(call: Call): boolean {
  return hasScope(call.principal, 'admin:read')
}
