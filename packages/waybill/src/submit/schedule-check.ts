// The schedule that a body asks for, checked, with what stays of the one before it.
import { WaybillError } from '../job/errors.ts'
import { planFault } from '../job/schedule.ts'
import type { Timing } from '../job/slots.ts'
import type { Schedule, ScheduleBody } from '../wire/schedule.ts'

/** Members that belong to one job and not to each of many. */
const ofOneJob = ['job_id', 'run_at', 'start_by', 'parent_id'] as const

/** Every process reads the schedules twice a second. */
const mostJobBytes = 32 * 1024

/** Throws `bad_request`, `too_large`. */
export function scheduled(key: string, body: ScheduleBody, before: Schedule | null, now: number): Schedule {
  const timing = timingOf(key, body, before, now)
  const { job, overlap = 'skip', catch_up: catchUp = 'one' } = body
  const fault = planFault(key, { timing, overlap, catchUp }, now)
  if (fault) refuse(key, `/${fault.member}`, fault.detail)
  for (const member of ofOneJob)
    if (job[member] !== undefined)
      refuse(key, `/job/${member}`, 'cannot be the same for every job of a schedule; leave it out')
  checkSize(key, job)
  const paused = body.paused ?? before?.paused ?? false
  return {
    key,
    rev: before?.rev ?? 0,
    job,
    timing,
    overlap,
    catchUp,
    paused,
    settledAt: before && isContinued(before, timing, paused) ? before.settledAt : now,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    last: before?.last ?? null,
  }
}

// Other times, or an end of its pause: what was due before is not owed.
function isContinued(before: Schedule, timing: Timing, paused: boolean): boolean {
  return JSON.stringify(before.timing) === JSON.stringify(timing) && (paused || !before.paused)
}

function timingOf(key: string, body: ScheduleBody, before: Schedule | null, now: number): Timing {
  const { cron, every_ms: everyMs, timezone } = body
  if (cron !== undefined && everyMs !== undefined) refuse(key, '/every_ms', 'give cron or every_ms, not both')
  if (cron !== undefined) return { cron: cron.trim(), timezone: timezone ?? 'UTC' }
  if (everyMs === undefined) refuse(key, '/cron', 'give cron or every_ms')
  if (timezone !== undefined) refuse(key, '/timezone', 'an interval has no time zone; give cron, or leave timezone out')
  const kept = before && 'everyMs' in before.timing && before.timing.everyMs === everyMs
  return { everyMs, anchorAt: kept && 'anchorAt' in before.timing ? before.timing.anchorAt : now }
}

function checkSize(key: string, job: ScheduleBody['job']): void {
  const bytes = Buffer.byteLength(JSON.stringify(job))
  if (bytes <= mostJobBytes) return
  const cure = 'keep the data elsewhere and send its address'
  throw new WaybillError(
    'too_large',
    `schedule "${key}": its job has ${bytes} bytes, the limit is ${mostJobBytes}; ${cure}`,
  )
}

function refuse(key: string, pointer: string, detail: string): never {
  throw new WaybillError('bad_request', `schedule "${key.slice(0, 100)}": ${pointer}: ${detail}`, {
    errors: [{ pointer, detail }],
  })
}
