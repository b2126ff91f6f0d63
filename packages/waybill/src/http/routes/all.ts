// Every route there is, in the order of the document.
import { audit } from './audit.ts'
import { bulk } from './bulk.ts'
import { cancelBatch, getBatch, retryBatch } from './batches.ts'
import { cancelJob, deleteJob, retryJob } from './control-job.ts'
import { discardDlq, dlq, retryDlq } from './dlq.ts'
import { events, jobEvents } from './events.ts'
import { getJob } from './get-job.ts'
import { attempts, children, logs, steps, timeline } from './history.ts'
import { listJobs } from './list-jobs.ts'
import { lookup } from './lookup.ts'
import { drainQueue, limitQueue, pauseQueue, resumeQueue } from './queue-control.ts'
import { queue, queues } from './queues.ts'
import { result } from './result.ts'
import { docs, livez, metrics, openapi, readyz } from './root.ts'
import type { Route } from './route.ts'
import { scaling } from './scaling.ts'
import { types } from './types.ts'
import { quietWorker, terminateWorker, workers } from './workers.ts'
import {
  deleteSchedule,
  getSchedule,
  listSchedules,
  pauseSchedule,
  putSchedule,
  resumeSchedule,
  triggerSchedule,
} from './schedules.ts'
import { signalJob } from './signal-job.ts'
import { counts, health, stats } from './stats.ts'
import { submitBatch } from './submit-batch.ts'
import { submitJob } from './submit-job.ts'
import { tokens } from './tokens.ts'
import { workerCancelled } from './worker/cancelled.ts'
import { workerComplete } from './worker/complete.ts'
import { workerFail } from './worker/fail.ts'
import { heartbeat } from './worker/heartbeat.ts'
import { leaseJobs } from './worker/lease.ts'
import { workerLogs } from './worker/logs.ts'
import { workerProgress } from './worker/progress.ts'
import { workerRelease } from './worker/release.ts'
import { workerStep } from './worker/step.ts'

export const routes: readonly Route[] = [
  submitJob,
  bulk,
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
  signalJob,
  result,
  attempts,
  steps,
  children,
  timeline,
  logs,
  jobEvents,
  events,
  listSchedules,
  getSchedule,
  putSchedule,
  deleteSchedule,
  triggerSchedule,
  pauseSchedule,
  resumeSchedule,
  getBatch,
  cancelBatch,
  retryBatch,
  tokens,
  leaseJobs,
  heartbeat,
  workerProgress,
  workerLogs,
  workerStep,
  workerComplete,
  workerFail,
  workerCancelled,
  workerRelease,
  queues,
  queue,
  limitQueue,
  pauseQueue,
  resumeQueue,
  drainQueue,
  dlq,
  retryDlq,
  discardDlq,
  workers,
  quietWorker,
  terminateWorker,
  scaling,
  types,
  audit,
  livez,
  readyz,
  metrics,
  openapi,
  docs,
]
