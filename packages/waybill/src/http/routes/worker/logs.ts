// POST /worker/jobs/{job_id}/logs: lines kept with a job that runs elsewhere.
import { sayLogs } from '../../../foreign/say.ts'
import { logsBody, revAnswer } from '../../../wire/worker-schemas.ts'
import { readBody } from '../../body.ts'
import type { Route } from '../route.ts'
import { heldLease, heldProblems, leaseHeader } from './held.ts'

export const workerLogs: Route = {
  method: 'POST',
  path: '/worker/jobs/{job_id}/logs',
  summary: 'Keep log lines with a job',
  scope: 'work or work:<queue>',
  headers: leaseHeader,
  body: { schema: logsBody },
  answers: { 200: { description: 'Kept.', schema: revAnswer } },
  problems: heldProblems,
  handle: async (call) => {
    const lease = await heldLease(call)
    const { lines } = await readBody(call.request, logsBody)
    const said = lines.map(({ level, message, fields = null, audience = 'operator' as const }) => ({
      level,
      message,
      fields,
      audience,
    }))
    const rev = await sayLogs(call.server.foreign.parts, lease, said)
    return call.value(200, { job_id: lease.jobId, rev })
  },
}
