// The options of `schedule` in TypeScript, and the body that they make.
import { refuseUnknown, type JobCall } from '../job/definition.ts'
import type { CatchUp, Overlap } from '../job/schedule.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import { WaybillError } from '../job/errors.ts'
import { checked } from '../wire/faults.ts'
import { submitBodyOf } from '../wire/requests.ts'
import { scheduleBody, type ScheduleBody } from '../wire/schedule.ts'
import { requestOf, type EnqueueOptions } from './enqueue-options.ts'

/** A job as `definition.with(input)` makes it, with what else may be said of it. */
export type ScheduledJob = JobCall & Omit<EnqueueOptions, 'id' | 'tier' | 'runAt' | 'startBy' | 'idempotencyKey' | 'tx'>

export interface ScheduleOptions {
  /** 5 fields (minute hour day month weekday), or 6 with seconds first. This or `every`. */
  cron?: string
  /** An interval, 1 s to 366 d; the first run is one interval after the schedule is made. */
  every?: Duration
  /** Where `cron` reads its clock: an IANA name. Default UTC. */
  timezone?: string
  job: ScheduledJob
  /** While an earlier job of the schedule has not ended: `skip` the run (default), `queue` it, or `replace` the job. */
  overlap?: Overlap
  /** Runs that were missed while nothing ran: `none`, `one` for all of them (default), or `all` (needs `overlap: 'queue'`). */
  catchUp?: CatchUp
  /** Left out: as it is, so that a deploy does not end an operator's pause. False at first. */
  paused?: boolean
}

const known: readonly (keyof ScheduleOptions)[] = ['cron', 'every', 'timezone', 'job', 'overlap', 'catchUp', 'paused']
const ofOneJob = ['id', 'runAt', 'startBy', 'idempotencyKey', 'tx']

/** Throws for an unknown option, a duration that is none, a word that is none of those allowed. */
export function scheduleBodyOf(key: string, options: ScheduleOptions): ScheduleBody {
  const where = `schedule("${key}")`
  refuseUnknown(options, known, where)
  const { cron, every, timezone, overlap, catchUp, paused } = options
  return fitting(where, {
    job: jobOf(options.job, where),
    ...(cron === undefined ? {} : { cron }),
    ...(every === undefined ? {} : { every_ms: toMs(every, `${where}: every`) }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(overlap === undefined ? {} : { overlap }),
    ...(catchUp === undefined ? {} : { catch_up: catchUp }),
    ...(paused === undefined ? {} : { paused }),
  })
}

function fitting(where: string, body: ScheduleBody): ScheduleBody {
  const verdict = checked(scheduleBody, body)
  if ('value' in verdict) return verdict.value
  const { errors } = verdict
  const [first] = errors
  throw new WaybillError('bad_request', `${where}: ${first?.pointer ?? ''}: ${first?.detail ?? 'does not fit'}`, {
    errors,
  })
}

function jobOf({ type, input, ...options }: ScheduledJob, where: string): ScheduleBody['job'] {
  if ('tier' in options) throw new TypeError(`${where}: job.tier: no limits of users hold for a schedule; leave it out`)
  const one = Object.keys(options).find((name) => ofOneJob.includes(name))
  if (one !== undefined)
    throw new TypeError(`${where}: job.${one} cannot be the same for every job of a schedule; leave it out`)
  const { userId, ...request } = requestOf({ type }, input, options)
  return { ...submitBodyOf(request), ...(userId === null ? {} : { user_id: userId }) }
}
