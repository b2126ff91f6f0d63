// What a write of a worker elsewhere must show: the scope, and a lease of the very job. A job of a queue that the caller may
// not serve answers like one that never was.
import type { Lease } from '../../../foreign/lease-tokens.ts'
import { leaseLost } from '../../../foreign/parts.ts'
import { WaybillError } from '../../../job/errors.ts'
import { mayServe, needWork } from '../../access.ts'
import type { Call } from '../../call.ts'
import { notFound } from '../found.ts'
import type { Route } from '../route.ts'

export const leaseHeader: Record<string, string> = { 'Waybill-Lease': 'The lease, as /worker/lease gave it.' }

export const heldProblems: Route['problems'] = [
  ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'not_found'] as const),
  ...(['lease_lost', 'too_large', 'unsupported_media_type', 'engine_unavailable'] as const),
]

/** Throws `insufficient_scope`, `bad_request`, `not_found`, `lease_lost`. */
export async function heldLease(call: Call): Promise<Lease> {
  needWork(call.principal)
  const token = call.header('waybill-lease')
  if (token === null) throw new WaybillError('bad_request', 'send the lease of this job as the header Waybill-Lease')
  const lease = await call.server.foreign.read(token)
  if (lease === null || lease.jobId !== call.jobId) throw leaseLost('this is no lease of this job')
  if (!mayServe(call.principal, lease.queue)) throw notFound()
  return lease
}
