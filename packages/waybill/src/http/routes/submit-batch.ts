// POST /jobs/batch: up to 1,000 jobs in one request, all or none, or each on its own.
import { WaybillError } from '../../job/errors.ts'
import { limits as sizes } from '../../job/limits.ts'
import type { Standing } from '../../job/quota.ts'
import type { SubmitRequest, Submitted } from '../../submit/request.ts'
import { submittedBatchSchema } from '../../wire/batch-view.ts'
import { checked } from '../../wire/faults.ts'
import { batchBody, batchEnvelope, submitBody } from '../../wire/schemas.ts'
import { needScope } from '../access.ts'
import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import { problemOfError } from '../problem.ts'
import { rateLimitHeaders } from '../rate-limit.ts'
import type { Route } from './route.ts'
import { idempotencyOf, ownerFor, requestOf, tierFor } from './submitting.ts'

export const submitBatch: Route = {
  method: 'POST',
  path: '/jobs/batch',
  summary: 'Submit up to 1,000 jobs as one batch',
  scope: 'jobs:submit',
  headers: { 'Idempotency-Key': 'The same key with the same request answers the same batch for 24 hours.' },
  body: { schema: batchBody },
  answers: {
    202: {
      description: 'Stored. With atomic false, each item has its job or its problem.',
      schema: submittedBatchSchema,
    },
  },
  problems: [
    ...([
      'bad_request',
      'unauthenticated',
      'token_expired',
      'insufficient_scope',
      'unknown_type',
      'not_found',
    ] as const),
    ...(['job_id_conflict', 'unique_conflict', 'too_large', 'unsupported_media_type', 'invalid_input'] as const),
    ...(['rate_limited', 'quota_exceeded', 'too_many_active', 'idempotency_in_progress'] as const),
    ...(['idempotency_key_reused', 'queue_full', 'draining', 'engine_unavailable'] as const),
  ],
  handle: async (call) => {
    needScope(call.principal, 'submit')
    const { jobs, atomic = true, batch = {} } = await readBody(call.request, batchEnvelope)
    if (jobs.length > sizes['batchJobs']) throw tooMany(jobs.length)
    const requests = await Promise.all(jobs.map((job, i) => requestOrError(call, job, i)))
    const fault = requests.find((one) => one instanceof WaybillError)
    if (atomic && fault) throw fault
    const userId = ownerFor(call, undefined)
    const tier = userId === null ? null : tierFor(call, 'submit')
    const { batchId, answers } = await call.server.parts.batches.submit({
      jobs: requests.flatMap((one) => (one instanceof WaybillError ? [] : one)),
      atomic,
      userId,
      ...(tier === null ? {} : { tier }),
      name: batch.name ?? null,
      onFinish: batch.on_finish ? { type: batch.on_finish.type, input: batch.on_finish.input } : null,
      idempotency: idempotencyOf(call, 'POST /jobs/batch'),
    })
    const left = [...answers]
    const items = requests.map((one) => (one instanceof WaybillError ? one : (left.shift() ?? lost())))
    const texts = await Promise.all(items.map((item, index) => itemJson(call, item, index)))
    const location = `${call.server.parts.settings.basePath}/batches/${batchId}`
    const limits = rateLimitHeaders(lastStandings(answers), call.server.parts.watch.now())
    return call.json(202, `{"batch_id":"${batchId}","items":[${texts.join(',')}]}`, { location, ...limits })
  },
}

async function requestOrError(call: Call, body: unknown, index: number): Promise<SubmitRequest | WaybillError> {
  const verdict = checked(submitBody, body)
  if ('errors' in verdict) {
    const errors = verdict.errors.map(({ pointer, detail }) => ({ pointer: `/jobs/${index}${pointer}`, detail }))
    return new WaybillError('bad_request', `${errors[0]?.pointer}: ${errors[0]?.detail}`, { errors })
  }
  try {
    return await requestOf(call, verdict.value)
  } catch (error) {
    if (error instanceof WaybillError) return error
    throw error
  }
}

async function itemJson(call: Call, item: Submitted | WaybillError, index: number): Promise<string> {
  if (item instanceof WaybillError) return JSON.stringify({ index, problem: problemOfError(item, call.requestId) })
  const { watch } = call.server.parts
  if (!item.replayed && !item.instead) call.server.metrics.submitted(item.record.queue, item.record.type)
  const job = await watch.json(item.record)
  return `{"index":${index},"job":${item.instead ? `${job.slice(0, -1)},"${item.instead}":true}` : job}}`
}

function lastStandings(answers: readonly (Submitted | WaybillError)[]): readonly Standing[] {
  const last = answers.findLast((one) => 'standings' in one)
  return (last && 'standings' in last && last.standings) || []
}

function tooMany(jobs: number): WaybillError {
  return new WaybillError('too_large', `the batch has ${jobs} jobs, the limit is ${sizes['batchJobs']}; send several`)
}

function lost(): WaybillError {
  return new WaybillError('internal', 'a job of the batch was left without an answer')
}
