// POST /worker/jobs/{job_id}/cancelled: the work was stopped, as somebody had asked.
import { cancelledBody } from '../../../wire/worker-schemas.ts'
import type { Route } from '../route.ts'
import { endRoute } from './end.ts'

export const workerCancelled: Route = endRoute({
  name: 'cancelled',
  summary: 'Say that the work was stopped as asked',
  schema: cancelledBody,
  word: () => ({ say: 'cancelled' }),
})
