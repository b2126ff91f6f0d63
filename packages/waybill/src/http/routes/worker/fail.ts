// POST /worker/jobs/{job_id}/fail: the attempt failed; the job's policy says what follows.
import { failBody, type FailBody } from '../../../wire/worker-schemas.ts'
import type { Route } from '../route.ts'
import { endRoute } from './end.ts'

export const workerFail: Route = endRoute({
  name: 'fail',
  summary: 'Say that an attempt failed',
  schema: failBody,
  word: ({ error, retry }) => ({ say: 'fail', error: errorOf(error), retry: retryOf(retry) }),
})

function errorOf({ code, message, public_message: publicMessage, stack }: FailBody['error']) {
  return { code, message, ...(publicMessage === undefined ? {} : { publicMessage }), ...(stack ? { stack } : {}) }
}

function retryOf(retry: FailBody['retry'] = 'auto') {
  return typeof retry === 'string' ? retry : { delayMs: retry.delay_ms }
}
