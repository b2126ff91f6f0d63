// A schedule: what callers may send, what they are shown, and the same in the words of the TypeScript API.
import { z } from 'zod'
import { catchUps, nextRuns, overlaps, type CatchUp, type Overlap, type Plan } from '../job/schedule.ts'
import { submitBody, type SubmitBody } from './schemas.ts'
import { toWireTime } from './time.ts'

export interface Schedule extends Plan {
  key: string
  rev: number
  paused: boolean
  /** What is submitted at each slot. */
  job: SubmitBody
  createdAt: number
  updatedAt: number
  last: LastRun | null
}

/** What became of the latest slot that was dealt with. */
export interface LastRun {
  slotAt: number
  /** `skipped`: an earlier job had not ended. `missed`: nothing ran at the time. `refused`: the job was, `detail` says why. */
  outcome: (typeof outcomes)[number]
  jobId: string | null
  detail: string | null
}

export const outcomes = ['fired', 'skipped', 'missed', 'refused'] as const

export interface ScheduleBody {
  job: SubmitBody
  cron?: string
  every_ms?: number
  timezone?: string
  overlap?: Overlap
  catch_up?: CatchUp
  paused?: boolean
}

export interface ScheduleView {
  key: string
  rev: number
  job: SubmitBody
  cron: string | null
  every_ms: number | null
  timezone: string | null
  overlap: Overlap
  catch_up: CatchUp
  paused: boolean
  next_runs: string[]
  last_run: { slot_at: string; outcome: LastRun['outcome']; job_id: string | null; detail: string | null } | null
  created_at: string
  updated_at: string
}

export const scheduleBody: z.ZodType<ScheduleBody> = z.strictObject({
  job: submitBody.describe('As in POST /jobs, without job_id, run_at, start_by and parent_id.'),
  cron: z.string().max(200).describe('5 fields, or 6 with seconds first; or give every_ms.').exactOptional(),
  every_ms: z.number().describe('An interval of 1 s to 366 d; or give cron.').exactOptional(),
  timezone: z.string().max(100).describe('IANA name for cron. Default UTC.').exactOptional(),
  overlap: z
    .enum(overlaps)
    .describe('While an earlier job has not ended: skip the run (default), queue it, or replace the job.')
    .exactOptional(),
  catch_up: z
    .enum(catchUps)
    .describe('Runs missed while nothing ran: none, one for all of them (default), or all (overlap queue).')
    .exactOptional(),
  paused: z.boolean().describe('Left out: as it is; false at first.').exactOptional(),
})

const time = z.iso.datetime().meta({ format: 'date-time' })
const text = z.string().nullable()

export const scheduleSchema: z.ZodType<ScheduleView> = z.object({
  key: z.string(),
  rev: z.int().min(1),
  job: submitBody,
  cron: text,
  every_ms: z.int().nullable(),
  timezone: text,
  overlap: z.enum(overlaps),
  catch_up: z.enum(catchUps),
  paused: z.boolean(),
  next_runs: z.array(time).describe('Five, in lists one; none while it is paused.'),
  last_run: z
    .object({ slot_at: time, outcome: z.enum(outcomes), job_id: text, detail: text })
    .nullable()
    .describe('What became of the latest slot.'),
  created_at: time,
  updated_at: time,
})

export const scheduleListSchema: z.ZodType = z.object({ items: z.array(scheduleSchema) })

/** With the next `runs` slots, at most. */
export function scheduleView(s: Schedule, now: number, runs: number): ScheduleView {
  const { key, rev, job, timing, overlap, catchUp, paused, last } = s
  return {
    key,
    rev,
    job,
    ...('cron' in timing
      ? { cron: timing.cron, every_ms: null, timezone: timing.timezone }
      : { cron: null, every_ms: timing.everyMs, timezone: null }),
    overlap,
    catch_up: catchUp,
    paused,
    next_runs: paused ? [] : nextRuns(s, now, runs).map(toWireTime),
    last_run: last && {
      slot_at: toWireTime(last.slotAt),
      outcome: last.outcome,
      job_id: last.jobId,
      detail: last.detail,
    },
    created_at: toWireTime(s.createdAt),
    updated_at: toWireTime(s.updatedAt),
  }
}
