// Every route there is, in the order of the document.
import { cancelBatch, getBatch, retryBatch } from './batches.ts'
import { cancelJob, deleteJob, retryJob } from './control-job.ts'
import { events, jobEvents } from './events.ts'
import { getJob } from './get-job.ts'
import { attempts, children, logs, steps, timeline } from './history.ts'
import { listJobs } from './list-jobs.ts'
import { lookup } from './lookup.ts'
import { result } from './result.ts'
import { docs, livez, metrics, openapi, readyz } from './root.ts'
import type { Route } from './route.ts'
import { counts, health, stats } from './stats.ts'
import { submitBatch } from './submit-batch.ts'
import { submitJob } from './submit-job.ts'
import { tokens } from './tokens.ts'

export const routes: readonly Route[] = [
  submitJob,
  submitBatch,
  lookup,
  listJobs,
  counts,
  stats,
  health,
  getJob,
  deleteJob,
  cancelJob,
  retryJob,
  result,
  attempts,
  steps,
  children,
  timeline,
  logs,
  jobEvents,
  events,
  getBatch,
  cancelBatch,
  retryBatch,
  tokens,
  livez,
  readyz,
  metrics,
  openapi,
  docs,
]
