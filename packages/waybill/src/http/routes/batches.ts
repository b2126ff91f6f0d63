// GET and DELETE /batches/{batch_id}, POST …/retry: many jobs looked at, cancelled or retried as one.
import { WaybillError } from '../../job/errors.ts'
import type { Batch } from '../../submit/batch-doc.ts'
import { batchSchema, batchView, retriedBatchSchema } from '../../wire/batch-view.ts'
import { needScope, type Verb } from '../access.ts'
import type { Call } from '../call.ts'
import type { Route } from './route.ts'
import { tierFor } from './submitting.ts'

const problems: Route['problems'] = [
  ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'not_found'] as const),
  ...(['engine_unavailable'] as const),
]

export const getBatch: Route = {
  method: 'GET',
  path: '/batches/{batch_id}',
  summary: 'How a batch stands',
  scope: 'jobs:read',
  answers: { 200: { description: 'The batch.', schema: batchSchema } },
  problems,
  handle: async (call) => call.value(200, shown(call, await find(call, 'read'))),
}

export const cancelBatch: Route = {
  method: 'DELETE',
  path: '/batches/{batch_id}',
  summary: 'Cancel all jobs of a batch that have not ended',
  scope: 'jobs:control',
  answers: {
    200: { description: 'All have ended.', schema: batchSchema },
    202: { description: 'Some run: their workers have been told.', schema: batchSchema },
  },
  problems,
  handle: async (call) => {
    const { id } = await find(call, 'control')
    await call.server.parts.batches.cancel(id)
    const batch = await find(call, 'control')
    return call.value(batch.finished ? 200 : 202, shown(call, batch))
  },
}

export const retryBatch: Route = {
  method: 'POST',
  path: '/batches/{batch_id}/retry',
  summary: 'Run the failed jobs of a batch again',
  scope: 'jobs:control',
  answers: {
    202: { description: 'How many, and the batch. on_finish does not run again.', schema: retriedBatchSchema },
  },
  problems: [...problems, 'rate_limited', 'quota_exceeded', 'too_many_active'],
  handle: async (call) => {
    const { id } = await find(call, 'control')
    const tier = tierFor(call, 'control')
    const retried = await call.server.parts.batches.retry(id, tier === null ? {} : { tier })
    return call.value(202, { retried, batch: shown(call, await find(call, 'control')) })
  },
}

// Somebody else's batch answers like one that never was.
async function find(call: Call, verb: Verb): Promise<Batch> {
  needScope(call.principal, verb)
  const batch = await call.server.parts.batches.get(call.jobId)
  if (batch && call.server.auth.authorize(batch, call.principal, verb)) return batch
  throw new WaybillError('not_found', 'there is no batch with this id')
}

function shown(call: Call, batch: Batch): object {
  return batchView(batch, call.server.parts.settings.basePath)
}
