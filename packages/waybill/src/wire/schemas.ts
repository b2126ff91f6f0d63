// What callers may send: the bodies of requests, checked strictly (an unknown member is a mistake, not an extension).
// http/ checks with these, the OpenAPI document is made from them, and requests.ts turns snake_case into camelCase.
import { z } from 'zod'
import { limits } from '../job/limits.ts'
import { conflictAnswers, uniqueScopes, type ConflictAnswer, type UniqueScope } from '../job/unique.ts'
import { isObject, type JsonObject } from '../lib/json.ts'

export interface SubmitBody {
  type: string
  input?: unknown
  job_id?: string
  queue?: string
  priority?: number | string
  delay_ms?: number
  run_at?: string
  start_by?: string
  timeout_ms?: number
  soft_timeout_ms?: number
  retry?: RetryBody
  subject?: string
  title?: string
  user_id?: string
  tags?: string[]
  metadata?: JsonObject
  retention_ms?: number
  parent_id?: string
  unique?: UniqueBody
  reuse_result?: { max_age_ms: number }
  debounce?: { key: string; wait_ms: number; max_ms?: number }
}

export interface UniqueBody {
  key: string
  scope?: UniqueScope
  for_ms?: number
  on_conflict?: ConflictAnswer
}

export interface RetryBody {
  max_attempts?: number
  backoff_ms?: number
  factor?: number
  max_ms?: number
  jitter?: number
}

export interface BatchBody {
  jobs: SubmitBody[]
  atomic?: boolean
  batch?: { name?: string; on_finish?: { type: string; input?: unknown } }
}

export interface CancelBody {
  reason?: string
  mode?: 'cooperative' | 'force'
  grace_ms?: number
}

export interface RerunBody {
  from_step?: string
  input?: unknown
}

export interface SignalBody {
  payload?: unknown
}

export interface LookupBody {
  ids: string[]
  revs?: Record<string, number>
}

export interface TokenBody {
  user_id: string
  scope?: 'jobs:read' | 'jobs:signal'
  jobs?: string[]
  ttl_ms?: number
}

const ms = z.int().min(0)
const time = z.iso.datetime({ offset: true }).meta({ format: 'date-time' })
const text = z.string().min(1).max(200)
const jobId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a job_id has 1–64 letters, digits, _ or -')
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'has 1–100 letters, digits or . _ : -')

/** An object of any members. */
const anyObject: z.ZodType<JsonObject> = z
  .custom<JsonObject>(isObject, 'expected an object')
  .meta({ type: 'object', additionalProperties: true })

const retry: z.ZodType<RetryBody> = z.strictObject({
  max_attempts: z.int().min(1).max(100).exactOptional(),
  backoff_ms: ms.exactOptional(),
  factor: z.number().min(1).max(100).exactOptional(),
  max_ms: ms.exactOptional(),
  jitter: z.number().min(0).max(1).exactOptional(),
})

const unique: z.ZodType<UniqueBody> = z.strictObject({
  key: text,
  scope: z.enum(uniqueScopes).describe('active (default): until the job ends. until: for for_ms.').exactOptional(),
  for_ms: ms.describe('With until.').exactOptional(),
  on_conflict: z
    .enum(conflictAnswers)
    .describe('return (default): the job that exists. reject: 409. replace: that one is cancelled.')
    .exactOptional(),
})

export const submitBody: z.ZodType<SubmitBody> = z.strictObject({
  type: name.describe('A registered job type.'),
  input: z.unknown().describe('Any JSON that the type accepts, at most 256 KiB.').optional(),
  job_id: jobId.describe('Made by the server when left out.').exactOptional(),
  queue: name.describe("The type's own queue when left out.").exactOptional(),
  priority: z
    .union([z.int().min(0).max(10), z.enum(['high', 'default', 'low'])])
    .describe('0–10, higher first; high, default, low are 10, 5, 1.')
    .exactOptional(),
  delay_ms: ms.exactOptional(),
  run_at: time.describe('Instead of delay_ms.').exactOptional(),
  start_by: time.describe('Not started by then: failed, code expired.').exactOptional(),
  timeout_ms: ms.exactOptional(),
  soft_timeout_ms: ms.exactOptional(),
  retry: retry.exactOptional(),
  subject: text.describe('What the job is about, such as character:42.').exactOptional(),
  title: text.exactOptional(),
  user_id: text.describe('The owner; only with jobs:submit:any.').exactOptional(),
  tags: z.array(text).max(20).exactOptional(),
  metadata: anyObject.describe('At most 4 KiB.').exactOptional(),
  retention_ms: ms.exactOptional(),
  parent_id: jobId.exactOptional(),
  unique: unique.describe('At most one job of this key at a time, within its type and owner.').exactOptional(),
  reuse_result: z
    .strictObject({ max_age_ms: ms.min(1) })
    .describe('A job of the same type, owner and input, submitted so and completed within this time, answers instead.')
    .exactOptional(),
  debounce: z
    .strictObject({ key: text, wait_ms: ms.min(1), max_ms: ms.describe('Default: ten waits.').exactOptional() })
    .describe('A job of this key that still waits takes this input, and waits anew; at most max_ms after the first.')
    .exactOptional(),
})

const batchMembers = {
  atomic: z.boolean().describe('true (default): all or none. false: each job on its own.').exactOptional(),
  batch: z
    .strictObject({
      name: text.exactOptional(),
      on_finish: z
        .strictObject({ type: name, input: z.unknown().optional() })
        .describe('Runs once, after all jobs have ended, however they did. Its subject is batch:{batch_id}.')
        .exactOptional(),
    })
    .exactOptional(),
}

export const batchBody: z.ZodType<BatchBody> = z.strictObject({
  jobs: z.array(submitBody).min(1).max(limits['batchJobs']),
  ...batchMembers,
})

/** The same before its jobs are looked at one by one. */
export const batchEnvelope: z.ZodType<Omit<BatchBody, 'jobs'> & { jobs: unknown[] }> = z.strictObject({
  jobs: z.array(z.unknown()).min(1),
  ...batchMembers,
})

export const cancelBody: z.ZodType<CancelBody> = z.strictObject({
  reason: text.exactOptional(),
  mode: z.enum(['cooperative', 'force']).describe('force revokes the lease at once.').exactOptional(),
  grace_ms: ms.max(86_400_000).describe('How long a running job may take to stop. Default 30 s.').exactOptional(),
})

export const rerunBody: z.ZodType<RerunBody> = z.strictObject({
  from_step: text.describe('Key of the first step that is done again, with all that began after it.').exactOptional(),
  input: z.unknown().describe('A new input instead of the old one.').optional(),
})

export const signalBody: z.ZodType<SignalBody> = z.strictObject({
  payload: z.unknown().describe('Any JSON that the job waits for, at most 64 KiB. Default null.').optional(),
})

export const lookupBody: z.ZodType<LookupBody> = z.strictObject({
  ids: z.array(jobId).min(1).max(200),
  revs: z.record(z.string(), z.int().min(0)).describe('The revs that the caller has.').exactOptional(),
})

export const tokenBody: z.ZodType<TokenBody> = z.strictObject({
  user_id: text,
  scope: z
    .enum(['jobs:read', 'jobs:signal'])
    .describe('jobs:signal may send signals to the jobs, too. Default jobs:read.')
    .exactOptional(),
  jobs: z.array(jobId).min(1).max(200).describe('Only these jobs.').exactOptional(),
  ttl_ms: z.int().min(1_000).max(3_600_000).describe('Default one hour.').exactOptional(),
})
