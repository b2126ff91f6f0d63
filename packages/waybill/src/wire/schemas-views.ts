// What the API answers with, as schemas: for the OpenAPI document, and for tests that hold real answers against it.
import { z } from 'zod'
import type { Json } from '../lib/json.ts'
import { statuses, waitReasons } from '../job/status.ts'
import { timelineTypes } from '../job/timeline.ts'
import type { JobView, OperatorJobView } from './job-view.ts'
import type { AttemptView, LogView, StepView, TimelineView } from './history-view.ts'
import type { Problem } from './problem.ts'

const time = z.iso.datetime().meta({ format: 'date-time' })
const text = z.string().nullable()
const whole = z.int().min(0)
const anyJson: z.ZodType<Json> = z.custom<Json>(() => true)
const anyObject = z.record(z.string(), anyJson)

const internalError = z.object({
  name: z.string(),
  message: z.string(),
  stack: text,
  cause: text,
  exit_code: z.int().nullable().describe('How the process of the job ended.').exactOptional(),
  signal: text.exactOptional(),
})
const jobError = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  ref: z.string(),
  internal: internalError.nullable().describe('Operators only.').exactOptional(),
})
const artifact = z.object({
  name: z.string(),
  content_type: z.string(),
  size: whole,
  sha256: z.string(),
  href: z.string(),
})
const estimate = z.object({
  progress: z.number().min(0).max(0.99).describe('Never falls within an attempt; never 1 before the end.'),
  ends_at: time.nullable().describe('Null: it has run longer than every run that is known.'),
  duration_ms: whole.describe('How long a run usually takes: the median.'),
  samples: whole.describe('How many runs that is taken from: 5 to 50.'),
})
const childCounts = z.object({ total: whole, completed: whole, failed: whole, cancelled: whole, active: whole })

const jobShape = {
  job_id: z.string(),
  rev: whole.describe('+1 on every visible change; drop what is not higher than what you have.'),
  type: z.string(),
  title: text,
  queue: z.string(),
  status: z.enum(statuses),
  stage: text,
  progress: z.number().min(0).max(1).nullable(),
  progress_message: text,
  counts: z.object({ done: z.number(), total: z.number().nullable(), unit: text }).nullable(),
  user_id: text,
  subject: text,
  priority: whole.max(10),
  tags: z.array(z.string()),
  metadata: anyObject,
  attempt: whole,
  max_attempts: whole,
  created_at: time,
  run_at: time,
  started_at: time.nullable(),
  updated_at: time,
  completed_at: time.nullable(),
  expires_at: time.nullable(),
  cancel_requested_at: time.nullable(),
  cancel_reason: text,
  result: anyJson,
  error: jobError.nullable(),
  artifacts: z.array(artifact),
  children: childCounts.nullable(),
  parent_id: text,
  batch_id: text,
  schedule_key: text,
  links: z.object({ self: z.string(), events: z.string(), result: z.string(), cancel: z.string() }),
  wait_reason: z.enum(waitReasons).nullable(),
  wait_text: text.describe('Why the job is not running, in one sentence.'),
  queue_position: whole.nullable().describe('Of a pending job: 1 is the next of its queue. Null where unknown.'),
  wait_ms: whole,
  duration_ms: whole.nullable(),
  estimate: estimate.exactOptional().describe('While it runs, from the last completed runs of its type.'),
}

export const jobSchema: z.ZodType<JobView> = z.object(jobShape)

/** The answer to a submit: the job, and what is said of it beside. */
export interface SubmittedView extends JobView {
  deduplicated?: true
  reused?: true
  view_token?: string
  view_token_expires_at?: string
}

export const submittedSchema: z.ZodType<SubmittedView> = z.object({
  ...jobShape,
  deduplicated: z
    .literal(true)
    .describe('An earlier job that has the same unique key, or waits under the same debounce key.')
    .exactOptional(),
  reused: z.literal(true).describe('An earlier job whose result will do.').exactOptional(),
  view_token: z.string().describe('With ?view_token=1.').exactOptional(),
  view_token_expires_at: time.exactOptional(),
})

export const operatorJobSchema: z.ZodType<OperatorJobView> = z.object({
  ...jobShape,
  input: anyJson.exactOptional(),
  lease: z
    .object({ worker_id: z.string(), fence: whole, expires_at: time, heartbeat_at: time, held: z.boolean() })
    .nullable(),
  timeout_ms: whole,
  soft_timeout_ms: whole,
  retry: z.object({
    max_attempts: whole,
    backoff_ms: whole,
    factor: z.number(),
    max_ms: whole,
    jitter: z.number(),
  }),
  fails: whole,
  losses: whole,
  traceparent: text,
})

export const attemptSchema: z.ZodType<AttemptView> = z.object({
  n: whole,
  fence: whole,
  worker_id: z.string(),
  status: z.enum(['running', 'completed', 'failed', 'timed_out', 'lost', 'released', 'cancelled', 'suspended']),
  started_at: time,
  ended_at: time.nullable(),
  duration_ms: whole.nullable(),
  error: anyObject.nullable(),
})

export const stepSchema: z.ZodType<StepView> = z.object({
  key: z.string(),
  status: z.enum(['completed', 'failed']),
  attempt: whole,
  started_at: time,
  ended_at: time,
})

export const timelineSchema: z.ZodType<TimelineView> = z.object({
  seq: whole,
  at: time,
  type: z.enum(timelineTypes),
  data: anyObject,
})

export const logSchema: z.ZodType<LogView> = z.object({
  seq: whole,
  at: time,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  fields: anyObject.nullable(),
  attempt: whole,
  audience: z.enum(['owner', 'operator']),
})

export const problemSchema: z.ZodType<Pick<Problem, 'type' | 'title' | 'status' | 'detail' | 'request_id'>> = z.object({
  type: z.string(),
  title: z.string(),
  status: whole,
  detail: z.string(),
  code: z.string().describe('Stable; programs look at this.'),
  request_id: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).exactOptional(),
})

export const jobListSchema: z.ZodType = z.object({
  items: z.array(jobSchema),
  next_cursor: text,
  page: whole.exactOptional(),
  page_size: whole.exactOptional(),
  total: whole.exactOptional(),
  total_pages: whole.exactOptional(),
})

export const dlqSchema: z.ZodType = z.object({ items: z.array(operatorJobSchema), next_cursor: text })

export const lookupSchema: z.ZodType = z.object({
  items: z.array(jobSchema),
  unchanged: z.array(z.string()),
  missing: z.array(z.string()),
})

export const countsSchema: z.ZodType = z.object({
  counts: z.object(Object.fromEntries(statuses.map((status) => [status, whole]))),
  total: whole,
  at: time,
})

const quantiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable()

export const statsSchema: z.ZodType = z.object({
  window_ms: whole,
  covers_ms: whole.describe(
    'The span that the figures are of: shorter than the window when very many jobs ended in it.',
  ),
  by: z.enum(['type', 'queue']).nullable(),
  at: time,
  items: z.array(
    z.object({
      key: text.describe('The type or queue; null: all together.'),
      finished: whole,
      completed: whole,
      failed: whole,
      cancelled: whole,
      per_minute: z.number(),
      success_ratio: z.number().nullable().describe('Completed of those that completed or failed.'),
      wait_ms: quantiles.describe('From runnable to begun.'),
      run_ms: quantiles.describe('The attempt that ended the job.'),
    }),
  ),
})

export const healthSchema: z.ZodType = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  engine: z.object({ kind: z.string(), durability: z.enum(['durable', 'relaxed', 'volatile']) }),
  checks: z.object({ engine: z.string(), accelerator: z.string(), workers: z.string() }),
})

export const tokenSchema: z.ZodType = z.object({ token: z.string(), expires_at: time })

export function itemsOf(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item) })
}
