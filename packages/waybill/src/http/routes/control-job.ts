// DELETE /jobs/{job_id}, POST …/cancel, POST …/retry: people change their mind about a job.
import { cancelWish } from '../../wire/requests.ts'
import { cancelBody, rerunBody } from '../../wire/schemas.ts'
import { jobSchema } from '../../wire/schemas-views.ts'
import { needExactly } from '../access.ts'
import { readOptionalBody } from '../body.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import { rateLimitHeaders } from '../rate-limit.ts'
import { audited } from './audit.ts'
import { findJob } from './found.ts'
import type { Route } from './route.ts'
import { tierFor } from './submitting.ts'

const problems: Route['problems'] = [
  ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'not_found', 'job_expired'] as const),
  ...(['job_finished', 'job_not_finished', 'too_large', 'unsupported_media_type', 'engine_unavailable'] as const),
]
const cancelAnswers: Route['answers'] = {
  200: { description: 'Cancelled, or it was already.', schema: jobSchema },
  202: { description: 'It runs: its worker has been told. cancel_requested_at is set.', schema: jobSchema },
}

export const deleteJob: Route = {
  method: 'DELETE',
  path: '/jobs/{job_id}',
  summary: 'Cancel a job; with purge=true erase an ended one',
  scope: 'jobs:control',
  query: { purge: 'true: erase (scope admin:write); afterwards the job answers 410.' },
  body: { schema: cancelBody, optional: true },
  answers: { ...cancelAnswers, 204: { description: 'Erased.' } },
  problems,
  handle: (call) => (new Query(call.query, ['purge']).flag('purge') ? purge(call) : cancel(call)),
}

export const cancelJob: Route = {
  method: 'POST',
  path: '/jobs/{job_id}/cancel',
  summary: 'Cancel a job',
  scope: 'jobs:control',
  body: { schema: cancelBody, optional: true },
  answers: cancelAnswers,
  problems,
  handle: cancel,
}

export const retryJob: Route = {
  method: 'POST',
  path: '/jobs/{job_id}/retry',
  summary: 'Run an ended job again, under the same id',
  scope: 'jobs:control',
  body: { schema: rerunBody, optional: true },
  answers: { 202: { description: 'Pending again; rev goes on.', schema: jobSchema } },
  problems: [...problems, 'invalid_input', 'rate_limited', 'quota_exceeded', 'too_many_active'],
  handle: async (call) => {
    const { record } = await findJob(call, call.jobId, 'control')
    const { input, from_step: fromStep } = await readOptionalBody(call.request, rerunBody)
    const { control, watch, submit } = call.server.parts
    const wish = { ...(input === undefined ? {} : { input }), ...(fromStep === undefined ? {} : { fromStep }) }
    const tier = tierFor(call, 'control')
    const { value: again, standings } = await submit.quotas.rerun({ record, ...(tier === null ? {} : { tier }) }, () =>
      control.retry(record.id, wish),
    )
    return call.json(202, await watch.json(again), rateLimitHeaders(standings, watch.now()))
  },
}

async function cancel(call: Call): Promise<Response> {
  const { record } = await findJob(call, call.jobId, 'control')
  const wish = cancelWish(await readOptionalBody(call.request, cancelBody))
  const { control, watch } = call.server.parts
  const done = await control.cancel(record.id, wish)
  return call.json(done.outcome === 'requested' ? 202 : 200, await watch.json(done.record))
}

async function purge(call: Call): Promise<Response> {
  needExactly(call.principal, 'admin:write')
  const { record } = await findJob(call, call.jobId, 'control')
  await audited(call, 'job.purge', record.id, { type: record.type, status: record.status })
  await call.server.parts.control.purge(record.id)
  return new Response(null, { status: 204, headers: call.headers() })
}
