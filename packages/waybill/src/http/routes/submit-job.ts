// POST /jobs: a job in, durable before the answer.
import { WaybillError } from '../../job/errors.ts'
import { isEnd } from '../../job/status.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Submitted } from '../../submit/request.ts'
import { submitBody } from '../../wire/schemas.ts'
import { submittedSchema } from '../../wire/schemas-views.ts'
import { toWireTime } from '../../wire/time.ts'
import { needScope } from '../access.ts'
import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import { rateLimitHeaders } from '../rate-limit.ts'
import { retryAfter } from './answer.ts'
import type { Route } from './route.ts'
import { idempotencyOf, requestOf } from './submitting.ts'

const tokenMs = 3_600_000

export const submitJob: Route = {
  method: 'POST',
  path: '/jobs',
  summary: 'Submit a job',
  scope: 'jobs:submit',
  query: { view_token: '1: adds view_token, with which a browser may watch this job for an hour.' },
  headers: {
    'Idempotency-Key': 'The same key with the same request answers the same job for 24 hours.',
    Prefer: 'wait=N: wait up to N seconds (at most 55) for the end.',
    traceparent: 'W3C trace context, stored with the job.',
  },
  body: { schema: submitBody },
  answers: {
    202: { description: 'Stored. Location names the job.', schema: submittedSchema },
    200: {
      description:
        'A replay (Idempotency-Replayed: true), the job that has the unique key ("deduplicated": true) or whose result is reused ("reused": true), or the job ended within the wait.',
      schema: submittedSchema,
    },
  },
  problems: [
    ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'unknown_type'] as const),
    ...([
      'job_id_conflict',
      'unique_conflict',
      'job_expired',
      'too_large',
      'unsupported_media_type',
      'invalid_input',
    ] as const),
    ...(['rate_limited', 'quota_exceeded', 'too_many_active', 'idempotency_in_progress'] as const),
    ...(['idempotency_key_reused', 'queue_full', 'draining', 'engine_unavailable'] as const),
  ],
  handle: async (call) => {
    needScope(call.principal, 'submit')
    const wantsToken = new Query(call.query, ['view_token']).flag('view_token')
    const waitMs = preferredWaitMs(call.header('prefer'))
    const body = await readBody(call.request, submitBody)
    const idempotency = idempotencyOf(call, 'POST /jobs')
    const request = { ...(await requestOf(call, body)), ...(idempotency ? { idempotency } : {}) }
    if (wantsToken && request.userId === null) throw ownerless()
    const submitted = await call.server.parts.submit.submit(request)
    if (!submitted.replayed && !submitted.instead)
      call.server.metrics.submitted(submitted.record.queue, submitted.record.type)
    const record = waitMs > 0 ? await ended(call, submitted.record, waitMs) : submitted.record
    return answer(call, { ...submitted, record }, wantsToken ? await viewToken(call, record) : null, waitMs)
  },
}

function ownerless(): WaybillError {
  return new WaybillError(
    'bad_request',
    'a view token is for the owner of a job; give user_id, or leave view_token out',
  )
}

/** RFC 7240. */
function preferredWaitMs(prefer: string | null): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,6})/.exec(prefer ?? '')?.[1]
  return seconds === undefined ? 0 : Math.min(55, Number(seconds)) * 1_000
}

async function ended(call: Call, record: JobRecord, timeoutMs: number): Promise<JobRecord> {
  const { watch } = call.server.parts
  const found = await watch.changed(record.id, record.rev, { until: 'end', timeoutMs, signal: call.leaving })
  return found !== null && 'rev' in found ? found : record
}

async function viewToken(call: Call, { id, userId }: JobRecord): Promise<object> {
  if (userId === null) throw ownerless()
  const { token, expiresAt } = await call.server.auth.mint({ userId, jobs: [id], ttlMs: tokenMs })
  return { view_token: token, view_token_expires_at: toWireTime(expiresAt) }
}

async function answer(
  call: Call,
  { record, replayed, instead, standings = [] }: Submitted,
  token: object | null,
  waitMs: number,
): Promise<Response> {
  const { watch, settings } = call.server.parts
  const job = await watch.newJson(record)
  const again = retryAfter(record, watch.now())
  const headers = {
    location: `${settings.basePath}/jobs/${record.id}`,
    ...(replayed ? { 'idempotency-replayed': 'true' } : {}),
    ...(waitMs > 0 ? { 'preference-applied': `wait=${waitMs / 1_000}` } : {}),
    ...(again === null ? {} : { 'retry-after': again }),
    ...rateLimitHeaders(standings, watch.now()),
    ...(token ? { 'cache-control': 'no-store' } : {}),
  }
  const status = replayed || instead || (waitMs > 0 && isEnd(record.status)) ? 200 : 202
  const more = { ...token, ...(instead ? { [instead]: true } : {}) }
  const isMore = token !== null || instead !== undefined
  return call.json(status, isMore ? `${job.slice(0, -1)},${JSON.stringify(more).slice(1)}` : job, headers)
}
