// Every route there is, in the order of the document.
import { WaybillError } from '../../job/errors.ts'
import type { Parts } from '../../parts.ts'
import { audit } from './audit.ts'
import { bulk } from './bulk.ts'
import { cancelBatch, getBatch, retryBatch } from './batches.ts'
import { cancelJob, deleteJob, retryJob } from './control-job.ts'
import { dialectRoutes } from './dialect.ts'
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

/** These, and those of dialects. Throws `bad_request` for a dialect's route that stands in the way of another. */
export function allRoutes({ dialects, settings }: Pick<Parts, 'dialects' | 'settings'>): readonly Route[] {
  const place = ({ method, path, root }: Route) =>
    `${method} ${(root ? path : settings.basePath + path).replaceAll(/\{\w+\}/g, '{}')}`
  const taken = new Set(routes.map(place))
  const more = dialects.flatMap((dialect) => dialectRoutes(dialect))
  for (const route of more) {
    if (taken.has(place(route)))
      throw new WaybillError(
        'bad_request',
        `dialect: ${route.method} ${route.path} is there already; if it is the API's own, set basePath to another path than ${settings.basePath}`,
      )
    taken.add(place(route))
  }
  return [...routes, ...more]
}
