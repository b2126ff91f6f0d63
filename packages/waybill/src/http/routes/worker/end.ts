// What complete, fail, cancelled and release have in common: a lease, a word, and where the job stands after it. The same word
// again gets the first answer; one that comes too late gets lease_lost.
import type { z } from 'zod'
import type { Lease } from '../../../foreign/lease-tokens.ts'
import type { Word } from '../../../foreign/word.ts'
import { endAnswer } from '../../../wire/worker-schemas.ts'
import { readOptionalBody } from '../../body.ts'
import type { Call } from '../../call.ts'
import type { Route } from '../route.ts'
import { heldLease, heldProblems, leaseHeader } from './held.ts'

export interface End<Body> {
  name: string
  summary: string
  schema: z.ZodType<Body>
  word: (body: Body, lease: Lease, call: Call) => Word | Promise<Word>
}

export function endRoute<Body>({ name, summary, schema, word }: End<Body>): Route {
  return {
    method: 'POST',
    path: `/worker/jobs/{job_id}/${name}`,
    summary,
    scope: 'work or work:<queue>',
    headers: leaseHeader,
    body: { schema, optional: true },
    answers: { 200: { description: 'Stored, or it had been: replayed.', schema: endAnswer } },
    problems: [...heldProblems, 'invalid_input'],
    handle: async (call) => {
      const lease = await heldLease(call)
      const said = await word(await readOptionalBody(call.request, schema), lease, call)
      const { rev, status, replayed } = await call.server.foreign.settle(lease, said)
      return call.value(200, { job_id: lease.jobId, rev, status, ...(replayed ? { replayed } : {}) })
    },
  }
}
