// PUT /worker/jobs/{job_id}/steps/{key}: what a step returned, kept for a later attempt.
import { sayStep } from '../../../foreign/say.ts'
import { WaybillError } from '../../../job/errors.ts'
import { limits } from '../../../job/limits.ts'
import { isWaitKey } from '../../../job/waits.ts'
import { jsonFault } from '../../../lib/json.ts'
import { keptJson } from '../../../wire/requests.ts'
import { revAnswer, stepBody } from '../../../wire/worker-schemas.ts'
import { readBody } from '../../body.ts'
import type { Route } from '../route.ts'
import { heldLease, heldProblems, leaseHeader } from './held.ts'

export const workerStep: Route = {
  method: 'PUT',
  path: '/worker/jobs/{job_id}/steps/{key}',
  summary: 'Keep the result of a step; a later attempt is given it',
  scope: 'work or work:<queue>',
  headers: leaseHeader,
  body: { schema: stepBody },
  answers: { 200: { description: 'Kept.', schema: revAnswer } },
  problems: heldProblems,
  handle: async (call) => {
    const lease = await heldLease(call)
    const key = keyOf(call.request.url)
    const { result, took_ms: tookMs = 0 } = await readBody(call.request, stepBody)
    const rev = await sayStep(call.server.foreign.parts, lease, { key, result: keptJson(result), tookMs })
    return call.value(200, { job_id: lease.jobId, rev })
  },
}

function keyOf(url: string): string {
  const part = new URL(url).pathname.split('/').at(-1) ?? ''
  const key = decoded(part)
  if (key !== null && isWaitKey(key))
    throw new WaybillError(
      'bad_request',
      `step "${key}": keys that begin with sleep:, wait: or signal: are Waybill's own`,
    )
  if (key !== null && key.length <= limits.textLength && !jsonFault(key)) return key
  throw new WaybillError(
    'bad_request',
    `a step's key has 1–${limits.textLength} characters, percent-encoded in the path`,
  )
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
