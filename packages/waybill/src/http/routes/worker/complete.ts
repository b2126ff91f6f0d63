// POST /worker/jobs/{job_id}/complete: the work is done, and this is its result.
import { checkedResult } from '../../../foreign/result.ts'
import { keptJson } from '../../../wire/requests.ts'
import { completeBody } from '../../../wire/worker-schemas.ts'
import type { Route } from '../route.ts'
import { endRoute } from './end.ts'

export const workerComplete: Route = endRoute({
  name: 'complete',
  summary: 'End a job with its result',
  schema: completeBody,
  async word({ result }, { jobId }, { server: { parts } }) {
    return { say: 'complete', result: await checkedResult(parts, jobId, keptJson(result)) }
  },
})
