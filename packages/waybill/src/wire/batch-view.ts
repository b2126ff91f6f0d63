// A batch on the wire: what it is called, how its jobs stand, how far it is. Browser-safe.
import { z } from 'zod'
import { statuses, type Status } from '../job/status.ts'
import { problemSchema, submittedSchema } from './schemas-views.ts'
import { toWireTime } from './time.ts'

export interface BatchView {
  batch_id: string
  name: string | null
  user_id: string | null
  created_at: string
  finished: boolean
  total: number
  counts: Record<Status, number>
  progress: number
  on_finish: { type: string; job_id: string } | null
  links: { self: string; jobs: string; events: string }
}

const whole = z.int().min(0)
const text = z.string().nullable()

export const batchSchema: z.ZodType<BatchView> = z.object({
  batch_id: z.string(),
  name: text,
  user_id: text,
  created_at: z.iso.datetime().meta({ format: 'date-time' }),
  finished: z.boolean().describe('No job of it will move again, unless it is retried.'),
  total: whole.describe('How many jobs were stored for it.'),
  counts: z.record(z.enum(statuses), whole).describe('Of the jobs that are still kept.'),
  progress: z.number().min(0).max(1).describe('The share of its jobs that have ended.'),
  on_finish: z.object({ type: z.string(), job_id: z.string() }).nullable(),
  links: z.object({ self: z.string(), jobs: z.string(), events: z.string() }),
})

export const submittedBatchSchema: z.ZodType = z.object({
  batch_id: z.string(),
  items: z.array(
    z.object({ index: whole, job: submittedSchema.exactOptional(), problem: problemSchema.exactOptional() }),
  ),
})

export const retriedBatchSchema: z.ZodType = z.object({ retried: whole, batch: batchSchema })

interface BatchFacts {
  id: string
  name: string | null
  userId: string | null
  createdAt: number
  total: number
  counts: Record<Status, number>
  progress: number
  finished: boolean
  onFinish: { type: string; jobId: string } | null
}

export function batchView(batch: BatchFacts, base: string): BatchView {
  const { id, onFinish } = batch
  return {
    batch_id: id,
    name: batch.name,
    user_id: batch.userId,
    created_at: toWireTime(batch.createdAt),
    finished: batch.finished,
    total: batch.total,
    counts: batch.counts,
    progress: batch.progress,
    on_finish: onFinish && { type: onFinish.type, job_id: onFinish.jobId },
    links: { self: `${base}/batches/${id}`, jobs: `${base}/jobs?batch=${id}`, events: `${base}/events?batch=${id}` },
  }
}
