// From the body and headers of a request to what is submitted: whose job it is, under which key, in which trace.
import { WaybillError } from '../../job/errors.ts'
import { defaultTier } from '../../job/tier.ts'
import type { SubmitRequest } from '../../submit/request.ts'
import { submitMembers } from '../../wire/requests.ts'
import type { SubmitBody } from '../../wire/schemas.ts'
import { mayAll } from '../access.ts'
import type { Call } from '../call.ts'
import { findJob } from './found.ts'

const traceparentShape = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Throws `insufficient_scope` for another owner's job, `not_found` for a parent that is not the caller's. */
export async function requestOf(call: Call, body: SubmitBody): Promise<SubmitRequest> {
  const userId = ownerFor(call, body.user_id)
  const tier = userId === null ? null : tierFor(call, 'submit')
  if (body.parent_id !== undefined) await findJob(call, body.parent_id, 'control')
  const trace = call.header('traceparent')
  return {
    ...submitMembers(body),
    userId,
    ...(tier === null ? {} : { tier }),
    ...(trace !== null && traceparentShape.test(trace) ? { traceparent: trace } : {}),
  }
}

/** The caller's Idempotency-Key; keys of other callers and routes are other keys. */
export function idempotencyOf(call: Call, route: string): { key: string; scope: string } | null {
  const { principal } = call
  const key = call.header('idempotency-key')
  if (key === null) return null
  const caller = principal.userId === null ? `key ${principal.name}` : `user ${principal.userId}`
  return { key: checkedKey(key), scope: `${caller} ${route}` }
}

/** Whose job it is. Throws `insufficient_scope`. */
export function ownerFor({ principal }: Call, asked: string | undefined): string | null {
  if (principal.jobs) throw new WaybillError('insufficient_scope', 'a view token cannot submit jobs')
  const owner = asked === 'me' ? (principal.userId ?? undefined) : asked
  if (mayAll(principal, 'submit') || owner === undefined || owner === principal.userId) return owner ?? principal.userId
  throw new WaybillError('insufficient_scope', 'you may submit jobs for yourself only; leave user_id out', {
    errors: [{ pointer: '/user_id', detail: 'needs the scope jobs:submit:any' }],
  })
}

/**
 * Whose limits hold for the caller: those of the tier that his token or key names, else those of the default tier where it
 * is defined. Callers that may act for all owners have none unless their key names a tier. Throws `insufficient_scope` for
 * a tier that is not defined: a name that was misspelt must not open the door.
 */
export function tierFor({ principal, server }: Call, verb: 'submit' | 'control'): string | null {
  const { tiers } = server.parts.settings
  const { tier } = principal
  if (tiers.size === 0) return null
  if (tier !== null && tiers.has(tier)) return tier
  if (tier === null && mayAll(principal, verb)) return null
  if (tiers.has(defaultTier)) return defaultTier
  if (tier === null) return null
  const known = [...tiers.keys()].join(', ')
  const detail = `the tier "${tier.slice(0, 100)}" of your key or token is not defined here; the tiers are ${known}`
  throw new WaybillError('insufficient_scope', detail)
}

function checkedKey(key: string): string {
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return key
  throw new WaybillError('bad_request', 'Idempotency-Key: 1 to 200 visible ASCII characters without spaces')
}
