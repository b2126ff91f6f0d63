// POST /jobs/{job_id}/signals/{name}: somebody answers a job that waits, or will.
import { WaybillError } from '../../job/errors.ts'
import { signalBody } from '../../wire/schemas.ts'
import { jobSchema } from '../../wire/schemas-views.ts'
import { readOptionalBody } from '../body.ts'
import type { Call } from '../call.ts'
import { findJob } from './found.ts'
import type { Route } from './route.ts'

export const signalJob: Route = {
  method: 'POST',
  path: '/jobs/{job_id}/signals/{name}',
  summary: 'Send a signal to a job that waits for it, or will',
  scope: 'jobs:signal',
  body: { schema: signalBody, optional: true },
  answers: { 202: { description: 'Kept; the job that waits for it goes on.', schema: jobSchema } },
  problems: [
    ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'not_found'] as const),
    ...(['job_expired', 'job_finished', 'too_large', 'unsupported_media_type', 'engine_unavailable'] as const),
  ],
  handle: async (call) => {
    const { record } = await findJob(call, call.jobId, 'signal')
    const { payload } = await readOptionalBody(call.request, signalBody)
    const { control, watch } = call.server.parts
    const signalled = await control.signal(record.id, nameIn(call), payload)
    return call.json(202, await watch.json(signalled))
  },
}

function nameIn({ request }: Call): string {
  const last = new URL(request.url).pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch (cause) {
    throw new WaybillError('bad_request', `the name of the signal, "${last}", is not URL-encoded text`, { cause })
  }
}
