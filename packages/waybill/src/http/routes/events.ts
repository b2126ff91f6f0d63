// GET /events and /jobs/{job_id}/events: server-sent events for all that a page shows, over one connection.
import { WaybillError } from '../../job/errors.ts'
import { isJobId, limits } from '../../job/limits.ts'
import type { Interest, InterestFilter } from '../../watch/interest.ts'
import { newId } from '../../lib/ids.ts'
import { logViews } from '../../wire/history-view.ts'
import { mayAll, needScope } from '../access.ts'
import { corsHeaders, type Call } from '../call.ts'
import { Query } from '../query.ts'
import { frame, helloFrame } from '../sse/frames.ts'
import { nodeSink, webSink, type Sink, type SinkEvents } from '../sse/sink.ts'
import type { EventStream } from '../sse/stream.ts'
import { seesInside } from './history.ts'
import { findJob } from './found.ts'
import { ownerOf } from './list-jobs.ts'
import type { Route } from './route.ts'

const problems: Route['problems'] = [
  ...([
    'bad_request',
    'unauthenticated',
    'token_expired',
    'insufficient_scope',
    'too_many_active',
    'draining',
  ] as const),
]
const shared = {
  logs: '1: also log lines.',
  since: 'Only what changed since this event id; Last-Event-ID is the same.',
  access_token: 'A view token, for EventSource, which cannot send headers.',
}
const interests = {
  jobs: `Job ids, separated by commas, at most ${limits['lookupIds']}.`,
  user_id: 'me: all your jobs.',
  batch: 'A batch_id.',
  queue: 'A queue.',
  type: 'A job type.',
  subject: 'What the job is about.',
}
const answers: Route['answers'] = {
  200: {
    description: 'hello, then job for each job, then sync, then job, progress, log, gone as they happen; reset, bye.',
    mediaType: 'text/event-stream',
  },
}

export const events: Route = {
  method: 'GET',
  path: '/events',
  summary: 'Watch many jobs over one connection (server-sent events)',
  scope: 'jobs:read',
  query: { ...interests, ...shared },
  headers: { 'Last-Event-ID': 'Resumes after this event.' },
  answers,
  problems,
  handle: (call) => {
    needScope(call.principal, 'read')
    const query = new Query(call.query, [...Object.keys(interests), ...Object.keys(shared)])
    return open(call, interestOf(call, query), query)
  },
}

export const jobEvents: Route = {
  method: 'GET',
  path: '/jobs/{job_id}/events',
  summary: 'Watch one job (server-sent events)',
  scope: 'jobs:read',
  query: shared,
  headers: { 'Last-Event-ID': 'Resumes after this event.' },
  answers,
  problems: [...problems, 'not_found', 'job_expired'],
  handle: async (call) => {
    const query = new Query(call.query, Object.keys(shared))
    const { record } = await findJob(call, call.jobId, 'read')
    return open(call, { ids: [record.id] }, query)
  },
}

function interestOf(call: Call, query: Query): Interest {
  const ids = query.texts('jobs', limits['lookupIds'])
  if (ids) return { ids: [...new Set(ids.filter((id) => isJobId(id) || refuseId(id)))] }
  if (call.principal.jobs) return { ids: [...call.principal.jobs] }
  const filter: InterestFilter = {}
  const owner = ownerOf(call, query.text('user_id'))
  if (owner !== undefined) filter.userId = owner
  for (const [name, member] of filters) {
    const value = query.text(name)
    if (value !== undefined) filter[member] = value
  }
  if (Object.keys(filter).length > 0) return { filter }
  throw new WaybillError('bad_request', 'say what to watch: jobs=id,id or user_id=, batch=, queue=, type=, subject=')
}

const filters = [
  ['batch', 'batchId'],
  ['queue', 'queue'],
  ['type', 'type'],
  ['subject', 'subject'],
] as const

function refuseId(id: string): never {
  throw new WaybillError('bad_request', `query parameter jobs: "${id.slice(0, 100)}" is no job id`)
}

function open(call: Call, interest: Interest, query: Query): Response {
  const { server, principal } = call
  const { watch, clock } = server.parts
  if (server.stopping.aborted)
    throw new WaybillError('draining', 'this server is shutting down; connect again', { retryAfter: 1 })
  const since = sinceOf(call, query.text('since'))
  if (call.request.method === 'HEAD') return new Response(null, { headers: streamHeaders(call) })
  const logs = query.flag('logs')
  const user = mayAll(principal, 'read') ? null : (principal.userId ?? principal.name)
  const stream = server.streams.open(user, () => watch.toldUntil, principal.expiresAt)
  const { sink, response } = connect(call, { drained: stream.drained, closed: stream.over })
  stream.start(sink, helloFrame(newId(), clock.now()))
  if (since === 'too_old') stream.sendText(frame('reset', {}))
  follow(call, stream, interest, { logs, ...(typeof since === 'number' ? { since } : {}) })
  return response
}

function connect(call: Call, events: SinkEvents): { sink: Sink; response: Response } {
  const headers = streamHeaders(call)
  const { node } = call
  if (!node) return webSink(headers, events)
  if (node.outgoing.socket) call.server.peers.watch(node.outgoing.socket)
  return nodeSink(node.outgoing, headers, events)
}

function streamHeaders(call: Call): Record<string, string> {
  return {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-request-id': call.requestId,
    ...corsHeaders(call.server.parts.settings.corsOrigins, call.request),
  }
}

function follow(call: Call, stream: EventStream, interest: Interest, options: { logs: boolean; since?: number }): void {
  const { auth, parts } = call.server
  const see = (job: Parameters<typeof auth.authorize>[0]) => auth.authorize(job, call.principal, 'read')
  const since = options.since === undefined ? {} : { since: options.since }
  const tail = options.logs
    ? parts.watch.tailLogs({
        operator: seesInside(call),
        ...since,
        listener: (id, line) => stream.sendText(frame('log', { job_id: id, ...logViews([line])[0] })),
      })
    : null
  const following = parts.watch.follow(
    interest,
    (event) => {
      stream.send(event)
      if (tail && (event.type === 'job' || event.type === 'progress')) tail.saw(event.record)
    },
    {
      see,
      room: stream.room,
      reset: () => stream.sendText(frame('reset', {})),
      unchanged: (job) => tail?.saw(job),
      ...since,
    },
  )
  stream.onClose(() => {
    following.close()
    tail?.close()
  })
  following.ready.catch((error: unknown) => {
    parts.log.warn({ error }, 'a stream could not be given its first state; it is ended so that the client comes again')
    stream.bye('shutdown')
  })
}

/** State older than this is told anew, from the beginning. */
const oldestMs = 24 * 3_600_000

function sinceOf(call: Call, given: string | undefined): number | 'too_old' | undefined {
  const id = given ?? call.header('last-event-id') ?? ''
  if (id === '') return undefined
  const now = call.server.parts.watch.now()
  const at = /^\d{1,15}$/.test(id) ? Number(id) : Number.NaN
  if (given !== undefined && Number.isNaN(at))
    throw new WaybillError('bad_request', 'query parameter since: an event id, or ms since 1970')
  return at >= now - oldestMs && at <= now + 60_000 ? at : 'too_old'
}
