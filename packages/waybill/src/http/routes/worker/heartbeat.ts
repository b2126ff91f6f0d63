// POST /worker/heartbeat: all leases of a worker renewed in one call, and what it should know of each.
import { orderOf } from '../../../engine/worker-order.ts'
import type { Beat, Standing } from '../../../foreign/beat.ts'
import type { Lease } from '../../../foreign/lease-tokens.ts'
import { progressNote } from '../../../wire/requests.ts'
import { heartbeatAnswer, heartbeatBody, type HeartbeatBody } from '../../../wire/worker-schemas.ts'
import { mayServe, needWork } from '../../access.ts'
import { readBody } from '../../body.ts'
import type { Call } from '../../call.ts'
import type { Route } from '../route.ts'

export const heartbeat: Route = {
  method: 'POST',
  path: '/worker/heartbeat',
  summary: "Renew a worker's leases, and hear of cancels and time limits",
  scope: 'work or work:<queue>',
  body: { schema: heartbeatBody },
  answers: { 200: { description: 'How each lease stands, in order.', schema: heartbeatAnswer } },
  problems: [
    ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope'] as const),
    ...(['too_large', 'unsupported_media_type', 'engine_unavailable'] as const),
  ],
  handle: async (call) => {
    needWork(call.principal)
    const { worker_id: workerId, leases } = await readBody(call.request, heartbeatBody)
    const beats = await Promise.all(leases.map((one) => beatOf(call, workerId, one)))
    const held = beats.filter((one) => one !== null)
    const standings = await call.server.foreign.beat(workerId, held)
    const answers = beats.map((one) => (one ? view(one.lease, standings[held.indexOf(one)]) : lost(null)))
    const command = (await orderOf(call.server.parts.engine, workerId)) ?? 'continue'
    return call.value(200, { leases: answers, command }, { 'cache-control': 'no-store' })
  },
}

// Null for what is no lease of this worker.
async function beatOf(call: Call, workerId: string, said: HeartbeatBody['leases'][number]): Promise<Beat | null> {
  const { lease: token, ...progress } = said
  const lease = await call.server.foreign.read(token)
  if (lease?.workerId !== workerId || !mayServe(call.principal, lease.queue)) return null
  return { lease, note: Object.keys(progress).length === 0 ? null : progressNote(progress) }
}

function view({ jobId, leaseMs }: Lease, standing: Standing | undefined): object {
  if (!standing?.stands) return lost(jobId)
  return {
    job_id: jobId,
    ok: true,
    lease_ms: leaseMs,
    ...(standing.cancel ? { cancel: true } : {}),
    ...(standing.softTimeout ? { soft_timeout: true } : {}),
  }
}

function lost(jobId: string | null): object {
  return { job_id: jobId, ok: false, lost: true }
}
