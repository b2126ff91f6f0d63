// GET /jobs/{job_id}/result: the result alone, as the handler returned it.
import { WaybillError } from '../../job/errors.ts'
import { isEnd } from '../../job/status.ts'
import { Query } from '../query.ts'
import { matchesTag } from './answer.ts'
import { findJob } from './found.ts'
import type { Route } from './route.ts'

export const result: Route = {
  method: 'GET',
  path: '/jobs/{job_id}/result',
  summary: 'The result of a completed job, bare',
  scope: 'jobs:read',
  answers: { 200: { description: 'Any JSON.' }, 304: { description: 'Unchanged.' } },
  problems: [
    ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'not_found'] as const),
    ...(['no_result', 'job_not_finished', 'job_expired'] as const),
  ],
  handle: async (call) => {
    void new Query(call.query, [])
    const { record } = await findJob(call, call.jobId, 'read')
    if (!isEnd(record.status)) {
      throw new WaybillError(
        'job_not_finished',
        `the job is ${record.status}; wait for its end (GET /jobs/{id}?wait=25&for=end)`,
        {
          retryAfter: 1,
        },
      )
    }
    if (record.status !== 'completed')
      throw new WaybillError('no_result', `the job ended as ${record.status} and has no result`)
    const etag = `W/"${record.rev}-result"`
    if (matchesTag(call.header('if-none-match'), etag)) return call.json(304, null, { etag })
    return call.json(200, JSON.stringify(record.result), { etag })
  },
}
