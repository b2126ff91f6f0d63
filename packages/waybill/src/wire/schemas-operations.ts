// What operators send and are answered: queues, dead letters, bulk actions, workers, types, the audit.
import { z } from 'zod'
import { statuses, type Status } from '../job/status.ts'
import { jobSchema } from './schemas-views.ts'

export interface FilterBody {
  type?: string
  subject?: string
  tag?: string
  user_id?: string
  batch?: string
  schedule?: string
  parent?: string
  created_after?: string
  created_before?: string
  text?: string
}

export interface BulkFilterBody extends FilterBody {
  status?: Status[]
  queue?: string
}

export interface BulkBody {
  action: 'cancel' | 'retry' | 'purge'
  filter: BulkFilterBody
  max?: number
  dry_run?: boolean
}

export interface DlqRetryBody {
  filter?: FilterBody
  max?: number
  dry_run?: boolean
}

export interface DlqDiscardBody {
  filter?: FilterBody
  confirm?: number
  dry_run?: boolean
}

export interface QueuePatchBody {
  limits: {
    concurrency?: number | null
    per_user_concurrency?: number | null
    rate_per_minute?: number | null
    max_pending?: number | null
  }
}

const text = z.string().min(1).max(200).exactOptional()
const time = z.iso.datetime({ offset: true }).meta({ format: 'date-time' }).exactOptional()
const whole = z.int().min(0)
const wireTime = z.iso.datetime().meta({ format: 'date-time' })
const name = z.string().nullable()
const anyObject = z.record(z.string(), z.unknown())

const filterShape = {
  type: text,
  subject: text,
  tag: text,
  user_id: text,
  batch: text,
  schedule: text,
  parent: text,
  created_after: time,
  created_before: time,
  text: z.string().min(1).max(200).describe('Part of the title, type or id.').exactOptional(),
}
const filter: z.ZodType<FilterBody> = z.strictObject(filterShape)
const max = z.int().min(1).max(100_000).describe('Jobs to touch at most, the oldest first.').exactOptional()
const dryRun = z.boolean().describe('Only count.').exactOptional()

export const bulkBody: z.ZodType<BulkBody> = z.strictObject({
  action: z.enum(['cancel', 'retry', 'purge']),
  filter: z
    .strictObject({ ...filterShape, status: z.array(z.enum(statuses)).min(1).exactOptional(), queue: text })
    .describe('Names at least one thing. status left out: whatever the action can touch; retry: failed.'),
  max,
  dry_run: dryRun,
})

export const dlqRetryBody: z.ZodType<DlqRetryBody> = z.strictObject({
  filter: filter.exactOptional(),
  max,
  dry_run: dryRun,
})

export const dlqDiscardBody: z.ZodType<DlqDiscardBody> = z.strictObject({
  filter: filter.exactOptional(),
  confirm: whole.describe('How many jobs match, as a dry run said.').exactOptional(),
  dry_run: dryRun,
})

const limit = z.int().min(1).max(1_000_000_000).nullable()

export const queuePatchBody: z.ZodType<QueuePatchBody> = z.strictObject({
  limits: z.strictObject({
    concurrency: limit.describe('Jobs of the queue that run at once. Null: no limit.').exactOptional(),
    per_user_concurrency: limit.describe('Jobs of one owner that run at once.').exactOptional(),
    rate_per_minute: limit.describe('Jobs that begin in a minute.').exactOptional(),
    max_pending: limit.describe('Jobs that may wait; more are refused with queue_full.').exactOptional(),
  }),
})

export const queueSchema: z.ZodType = z.object({
  name: z.string(),
  paused: z.boolean().describe('Workers begin none of its jobs.'),
  draining: z.boolean().describe('New jobs are refused; those that are there go on.'),
  counts: z.object(Object.fromEntries(statuses.map((status) => [status, whole]))),
  oldest_pending_ms: whole.nullable(),
  per_minute: z.number().describe('Jobs that ended, a minute, over the last five.'),
  workers: whole.describe('Workers that serve it.'),
  limits: z.object({
    concurrency: limit,
    per_user_concurrency: limit,
    rate_per_minute: limit,
    max_pending: limit,
  }),
  limited_by: name.describe('The limit that holds jobs back now; null: none.'),
})

export const bulkSchema: z.ZodType = z.object({
  action: z.string(),
  matched: whole.describe('Jobs that match now.'),
  max: whole.describe('So many of them are touched at most.'),
  job: jobSchema.nullable().describe('The job that does it; null after a dry run.'),
})

export const workerSchema: z.ZodType = z.object({
  worker_id: z.string(),
  name: z.string(),
  queues: z.array(z.string()).describe('Empty: all.'),
  slots: whole,
  started_at: wireTime,
  heartbeat_at: wireTime,
  command: z.enum(['continue', 'quiet', 'terminate']).describe('What it was told to do.'),
})

export const scalingSchema: z.ZodType = z.object({
  queue: z.string(),
  backlog: whole.describe('Jobs that could run now; 0 while the queue is paused.'),
  running: whole,
  load: whole.describe('backlog and running.'),
  oldest_wait_ms: whole,
  suggested_workers: whole,
})

export const typeSchema: z.ZodType = z.object({
  type: z.string(),
  queue: z.string(),
  priority: whole,
  input_schema: anyObject.nullable().describe('JSON Schema, where the schema library tells it.'),
  output_schema: anyObject.nullable(),
})

export const auditSchema: z.ZodType = z.object({
  items: z.array(
    z.object({
      seq: whole,
      at: wireTime,
      who: z.string().describe("The credential's name."),
      user_id: name,
      action: z.string(),
      target: name,
      detail: anyObject,
    }),
  ),
  next_before: whole.nullable().describe('Give it as before for what is older; null at the end.'),
})
