// GET /jobs/{job_id}: the status of a job. Without parameters, answered from memory without waiting for anything.
import { isGone, type JobDetails } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { sha256 } from '../../lib/ids.ts'
import { didYouMean } from '../../lib/suggest.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Entry } from '../../watch/entry.ts'
import { attemptViews, stepViews, timelineViews } from '../../wire/history-view.ts'
import { jobSchema } from '../../wire/schemas-views.ts'
import { needExactly } from '../access.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import { jobAnswer, matchesTag, operatorView, ownerView, retryAfter, revOfTag } from './answer.ts'
import { freshJob, locate, notFound, type Located } from './found.ts'
import { childrenOf, seesInside } from './history.ts'
import type { Route } from './route.ts'

const includes = ['input', 'attempts', 'steps', 'children', 'timeline'] as const
type Included = (typeof includes)[number]

interface Wish {
  include: Included[]
  operator: boolean
  waitMs: number
  until: 'change' | 'end'
}

export const getJob: Route = {
  method: 'GET',
  path: '/jobs/{job_id}',
  summary: 'The status of a job',
  scope: 'jobs:read',
  query: {
    include: 'Of input (operators, or the owner), attempts, steps, children, timeline; separated by commas.',
    wait: 'Long-poll: seconds to wait for a change, at most 55.',
    for: 'What to wait for: change (default; the next rev after that of If-None-Match) or end.',
    view: 'owner (default) or operator (scope admin:read).',
  },
  headers: { 'If-None-Match': 'The ETag of an earlier answer: 304 when nothing has changed.' },
  answers: { 200: { description: 'The job.', schema: jobSchema }, 304: { description: 'Unchanged.' } },
  problems: ['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'not_found', 'job_expired'],
  handle(call) {
    if (call.hasQuery) return withWishes(call)
    const id = call.jobId
    const entry = freshJob(call, id)
    const wait = entry && !hasSeenMore(call, entry) ? call.server.parts.watch.waitNow(entry.record) : null
    return entry && wait ? jobAnswer(call, entry, wait, 'memory') : looking(call, id)
  },
}

// Another process may know more than this one's memory.
function hasSeenMore(call: Call, { etag, record }: Entry): boolean {
  const tag = call.header('if-none-match')
  return tag !== null && tag !== etag && (revOfTag(tag) ?? 0) > record.rev
}

async function looking(call: Call, id: string): Promise<Response> {
  return answered(call, await locate(call, id, 'read', seenRev(call) ?? 0))
}

async function answered(call: Call, { entry, source }: Located): Promise<Response> {
  return jobAnswer(call, entry, await call.server.parts.watch.wait(entry.record), source)
}

function seenRev(call: Call): number | null {
  return revOfTag(call.header('if-none-match'))
}

async function withWishes(call: Call): Promise<Response> {
  const wish = wishOf(call)
  const id = call.jobId
  const located = await changedJob(call, await locate(call, id, 'read', seenRev(call) ?? 0), wish)
  if (wish.include.length > 0 || wish.operator) return detailed(call, located.entry.record, wish)
  return answered(call, located)
}

function wishOf(call: Call): Wish {
  const query = new Query(call.query, ['include', 'wait', 'for', 'view', 'access_token'])
  const given = query.texts('include', includes.length) ?? []
  const operator = query.oneOf('view', ['owner', 'operator'] as const) === 'operator'
  if (operator) needExactly(call.principal, 'admin:read')
  return {
    include: given.map(includable),
    operator,
    waitMs: (query.whole('wait', 0, 55) ?? 0) * 1_000,
    until: query.oneOf('for', ['change', 'end'] as const) ?? 'change',
  }
}

function includable(word: string): Included {
  const found = includes.find((one) => one === word)
  if (found) return found
  const detail = `"${word.slice(0, 50)}" cannot be included; it is one of ${includes.join(', ')}.${didYouMean(word, includes)}`
  throw new WaybillError('bad_request', detail, { errors: [{ pointer: '/query/include', detail }] })
}

async function changedJob(call: Call, present: Located, { waitMs, until }: Wish): Promise<Located> {
  if (waitMs === 0) return present
  const { record } = present.entry
  const rev = seenRev(call) ?? record.rev
  await call.server.parts.watch.changed(record.id, rev, { until, timeoutMs: waitMs, signal: call.leaving })
  return locate(call, record.id, 'read', rev)
}

// Steps and logs change without a new rev: the tag is made from what is answered.
async function detailed(call: Call, job: JobRecord, wish: Wish): Promise<Response> {
  const { watch, settings } = call.server.parts
  const more = await included(call, job.id, wish)
  const wait = await watch.wait(more.record)
  const view = (wish.operator ? operatorView : ownerView)(more.record, settings.basePath, watch.now(), wait)
  const name = [wish.operator ? 'operator' : 'owner', ...wish.include].join('.')
  const etag = `W/"${more.record.rev}-${name}-${sha256(JSON.stringify(more)).slice(0, 12)}"`
  call.server.metrics.read('engine')
  const again = retryAfter(more.record, watch.now())
  const headers = { etag, 'waybill-source': 'engine', ...(again === null ? {} : { 'retry-after': again }) }
  if (matchesTag(call.header('if-none-match'), etag)) return call.json(304, null, headers)
  return call.value(200, { ...view, ...more.members }, headers)
}

async function included(call: Call, id: string, { include, operator }: Wish) {
  const wants = (name: Included) => include.includes(name)
  const timeline = wants('timeline') || wants('attempts')
  const found = await call.server.parts.watch.get(id, { input: wants('input'), timeline, steps: wants('steps') })
  if (found === null || isGone(found)) throw notFound()
  const children = wants('children') ? { child_jobs: await childrenOf(call, id) } : {}
  return { record: found.record, members: { ...historyOf(found, include, operator || seesInside(call)), ...children } }
}

function historyOf({ record, timeline = [], steps = [] }: JobDetails, include: Included[], operator: boolean) {
  return {
    ...(include.includes('input') ? { input: record.input ?? null } : {}),
    ...(include.includes('attempts') ? { attempts: attemptViews(timeline, operator) } : {}),
    ...(include.includes('steps') ? { steps: stepViews(steps) } : {}),
    ...(include.includes('timeline') ? { timeline: timelineViews(timeline, operator) } : {}),
  }
}
