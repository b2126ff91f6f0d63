// POST /worker/jobs/{job_id}/release: a job goes back unharmed, for another worker; no attempt is charged.
import { releaseBody } from '../../../wire/worker-schemas.ts'
import type { Route } from '../route.ts'
import { endRoute } from './end.ts'

export const workerRelease: Route = endRoute({
  name: 'release',
  summary: 'Give a job back, uncharged',
  schema: releaseBody,
  word: ({ reason = 'released by its worker', delay_ms: delayMs = 0 }) => ({ say: 'release', reason, delayMs }),
})
