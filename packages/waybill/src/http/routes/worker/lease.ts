// POST /worker/lease: jobs for a worker elsewhere, waited for up to half a minute.
import { orderOf } from '../../../engine/worker-order.ts'
import type { LeaseRequest } from '../../../foreign/claim.ts'
import type { Leased } from '../../../foreign/foreign.ts'
import { WaybillError } from '../../../job/errors.ts'
import { newId } from '../../../lib/ids.ts'
import { staticView } from '../../../wire/job-view.ts'
import { leaseAnswer, leaseBody, type LeaseBody } from '../../../wire/worker-schemas.ts'
import { needWork, servedQueues } from '../../access.ts'
import { readBody } from '../../body.ts'
import type { Call } from '../../call.ts'
import type { Route } from '../route.ts'

const defaultLeaseMs = 15_000

export const leaseJobs: Route = {
  method: 'POST',
  path: '/worker/lease',
  summary: 'Take jobs to run them elsewhere',
  scope: 'work or work:<queue>',
  body: { schema: leaseBody },
  answers: { 200: { description: 'The leases; none when there was no work within wait_ms.', schema: leaseAnswer } },
  problems: [
    ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope'] as const),
    ...(['too_large', 'unsupported_media_type', 'engine_unavailable'] as const),
  ],
  handle: async (call) => {
    needWork(call.principal)
    const body = await readBody(call.request, leaseBody)
    const request = requestOf(call, body)
    const { id, name = id, slots = 1 } = body.worker
    const waiting = { ms: body.wait_ms ?? 0, leaving: call.leaving, gone: call.request.signal }
    const leased = await call.server.foreign.lease({ id, name, slots, queues: request.queues }, request, waiting)
    const base = call.server.parts.settings.basePath
    const leases = leased.map((one) => view(one, request.leaseMs, base))
    const command = (await orderOf(call.server.parts.engine, id)) ?? 'continue'
    return call.value(200, { leases, command }, { 'cache-control': 'no-store' })
  },
}

function requestOf(call: Call, body: LeaseBody): LeaseRequest {
  return {
    workerId: body.worker.id,
    queues: queuesFor(call, body.queues ?? ['*']),
    types: body.types ? new Set(body.types) : null,
    max: body.max ?? 1,
    leaseMs: body.lease_ms ?? defaultLeaseMs,
    claimId: body.claim_id ?? newId(),
  }
}

// Empty: all queues. A key for some queues serves these where all were asked for.
function queuesFor({ principal }: Call, asked: string[]): string[] {
  const served = servedQueues(principal)
  if (asked.includes('*') || asked.length === 0) return served ?? []
  const other = served && asked.find((queue) => !served.includes(queue))
  if (!other) return asked
  throw new WaybillError('insufficient_scope', `this needs the scope work:${other}; ask for a key that has it`, {
    errors: [{ pointer: '/queues', detail: `you may serve ${served.join(', ')}` }],
  })
}

function view({ token, fence, job }: Leased, leaseMs: number, base: string): object {
  const { record, inputJson, steps } = job
  const { timeoutMs, softTimeoutMs } = record.policy
  const input: unknown = JSON.parse(inputJson)
  const done = steps.filter(({ status }) => status === 'completed').map(({ key, result }) => ({ key, result }))
  return {
    lease: token,
    fence,
    lease_ms: leaseMs,
    job: { ...staticView(record, base), input, timeout_ms: timeoutMs, soft_timeout_ms: softTimeoutMs },
    steps: done,
  }
}
