// POST /worker/jobs/{job_id}/progress: how far a job elsewhere is. Latest wins; five a second are plenty.
import { sayProgress } from '../../../foreign/say.ts'
import { progressNote } from '../../../wire/requests.ts'
import { progressBody, revAnswer } from '../../../wire/worker-schemas.ts'
import { readBody } from '../../body.ts'
import type { Route } from '../route.ts'
import { heldLease, heldProblems, leaseHeader } from './held.ts'

export const workerProgress: Route = {
  method: 'POST',
  path: '/worker/jobs/{job_id}/progress',
  summary: 'Say how far a job is',
  scope: 'work or work:<queue>',
  headers: leaseHeader,
  body: { schema: progressBody },
  answers: { 200: { description: 'Kept.', schema: revAnswer } },
  problems: heldProblems,
  handle: async (call) => {
    const lease = await heldLease(call)
    const note = progressNote(await readBody(call.request, progressBody))
    const rev = await sayProgress(call.server.foreign.parts, lease, note)
    return call.value(200, { job_id: lease.jobId, rev })
  },
}
