// A schedule as a document: its definition and how far it has come.
import { z } from 'zod'
import { catchUps, overlaps } from '../job/schedule.ts'
import type { Timing } from '../job/slots.ts'
import type { JsonObject } from '../lib/json.ts'
import { outcomes, type Schedule } from '../wire/schedule.ts'
import { submitBody } from '../wire/schemas.ts'
import type { Doc } from './engine.ts'

/** The kind of document that a schedule is. */
export const scheduleKind = 'schedule'

const ms = z.number()
const stored = z.object({
  job: submitBody,
  cron: z.string().nullable(),
  timezone: z.string().nullable(),
  every_ms: ms.nullable(),
  anchor_at: ms.nullable(),
  overlap: z.enum(overlaps),
  catch_up: z.enum(catchUps),
  paused: z.boolean(),
  settled_at: ms,
  created_at: ms,
  last: z
    .object({ slot_at: ms, outcome: z.enum(outcomes), job_id: z.string().nullable(), detail: z.string().nullable() })
    .nullable(),
})

/** Throws for a document that this version cannot read. */
export function scheduleOf({ key, rev, body, updatedAt }: Doc): Schedule {
  const s = stored.parse(body)
  return {
    key,
    rev,
    job: s.job,
    timing: timingOf(s),
    overlap: s.overlap,
    catchUp: s.catch_up,
    paused: s.paused,
    settledAt: s.settled_at,
    createdAt: s.created_at,
    updatedAt,
    last: s.last && { slotAt: s.last.slot_at, outcome: s.last.outcome, jobId: s.last.job_id, detail: s.last.detail },
  }
}

function timingOf({ cron, timezone, every_ms: everyMs, anchor_at: anchorAt }: z.infer<typeof stored>): Timing {
  return cron === null ? { everyMs: everyMs ?? 0, anchorAt: anchorAt ?? 0 } : { cron, timezone: timezone ?? 'UTC' }
}

export function scheduleDoc({
  job,
  timing,
  overlap,
  catchUp,
  paused,
  settledAt,
  createdAt,
  last,
}: Schedule): JsonObject {
  const kept: z.infer<typeof stored> = {
    job,
    ...('cron' in timing
      ? { cron: timing.cron, timezone: timing.timezone, every_ms: null, anchor_at: null }
      : { cron: null, timezone: null, every_ms: timing.everyMs, anchor_at: timing.anchorAt }),
    overlap,
    catch_up: catchUp,
    paused,
    settled_at: settledAt,
    created_at: createdAt,
    last: last && { slot_at: last.slotAt, outcome: last.outcome, job_id: last.jobId, detail: last.detail },
  }
  const body: JsonObject = JSON.parse(JSON.stringify(kept))
  return body
}
