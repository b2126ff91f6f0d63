// The worker protocol's bodies and answers (contract §4.3). Durations are relative: a worker's clock is never asked.
import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'

export interface LeaseBody {
  worker: { id: string; name?: string; slots?: number }
  queues?: string[]
  types?: string[]
  max?: number
  lease_ms?: number
  wait_ms?: number
  claim_id?: string
}

export interface ProgressBody {
  progress?: number | null
  progress_message?: string | null
  stage?: string | null
  counts?: { done: number; total?: number | null; unit?: string | null } | null
}

export interface HeartbeatBody {
  worker_id: string
  leases: (ProgressBody & { lease: string })[]
}

export interface LogsBody {
  lines: {
    level: 'debug' | 'info' | 'warn' | 'error'
    message: string
    fields?: JsonObject
    audience?: 'owner' | 'operator'
  }[]
}

export interface CompleteBody {
  result?: unknown
}

export interface FailBody {
  error: { code: string; message: string; public_message?: string; stack?: string }
  retry?: 'auto' | 'never' | { delay_ms: number }
}

export interface ReleaseBody {
  reason?: string
  delay_ms?: number
}

export type CancelledBody = Record<string, never>

export interface StepBody {
  result?: unknown
  took_ms?: number
}

const ms = z.int().min(0).max(315_360_000_000)
const word = z.string().regex(/^[\w.:@/-]{1,100}$/, 'has 1–100 letters, digits or _ . : @ / -')
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'has 1–100 letters, digits or . _ : -')
const token = z.string().min(1).max(2_000)
const anyJson: z.ZodType<Json> = z.custom<Json>(() => true)
const anyObject: z.ZodType<JsonObject> = z
  .custom<JsonObject>(isObject, 'expected an object')
  .meta({ type: 'object', additionalProperties: true })
const queueOrAll = z.union([name, z.literal('*')])

export const leaseBody: z.ZodType<LeaseBody> = z.strictObject({
  worker: z.strictObject({
    id: word.describe('Yours for the life of the process; new for each process.'),
    name: z.string().min(1).max(200).describe('Shown to operators. Default: the id.').exactOptional(),
    slots: z.int().min(1).max(10_000).describe('Jobs run at once, shown to operators. Default 1.').exactOptional(),
  }),
  queues: z
    .array(queueOrAll)
    .max(100)
    .describe('In order of preference. Default: all that the key may serve.')
    .exactOptional(),
  types: z
    .array(name)
    .max(1_000)
    .describe('Others are given back for a minute. Default: whatever comes.')
    .exactOptional(),
  max: z.int().min(1).max(32).describe('Default 1.').exactOptional(),
  lease_ms: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .describe('Default 15 s; send a heartbeat every third of it.')
    .exactOptional(),
  wait_ms: z.int().min(0).max(30_000).describe('How long to wait for work. Default 0.').exactOptional(),
  claim_id: word.describe('The same again answers the same leases: send it when a reply was lost.').exactOptional(),
})

const progressShape = {
  progress: z.number().min(0).max(1).nullable().describe('Never falls within an attempt.').exactOptional(),
  progress_message: z.string().max(500).nullable().exactOptional(),
  stage: z.string().max(200).nullable().exactOptional(),
  counts: z
    .strictObject({
      done: z.number(),
      total: z.number().nullable().exactOptional(),
      unit: z.string().max(200).nullable().exactOptional(),
    })
    .nullable()
    .exactOptional(),
}

export const progressBody: z.ZodType<ProgressBody> = z.strictObject(progressShape)

export const heartbeatBody: z.ZodType<HeartbeatBody> = z.strictObject({
  worker_id: word,
  leases: z.array(z.strictObject({ lease: token, ...progressShape })).max(1_000),
})

export const logsBody: z.ZodType<LogsBody> = z.strictObject({
  lines: z
    .array(
      z.strictObject({
        level: z.enum(['debug', 'info', 'warn', 'error']),
        message: z.string(),
        fields: anyObject.exactOptional(),
        audience: z.enum(['owner', 'operator']).describe('Default operator.').exactOptional(),
      }),
    )
    .min(1)
    .max(1_000),
})

export const completeBody: z.ZodType<CompleteBody> = z.strictObject({
  result: z.unknown().describe('Any JSON, at most 256 KiB. Default null.').optional(),
})

export const failBody: z.ZodType<FailBody> = z.strictObject({
  error: z.strictObject({
    code: z.string().min(1).max(100).describe('A code of your own, or the name of the exception.'),
    message: z.string().max(100_000).describe('For operators.'),
    public_message: z.string().min(1).max(2_000).describe('For the owner. Left out: "The job failed."').exactOptional(),
    stack: z.string().max(100_000).exactOptional(),
  }),
  retry: z
    .union([z.enum(['auto', 'never']), z.strictObject({ delay_ms: ms })])
    .describe("auto (default): by the job's policy.")
    .exactOptional(),
})

export const releaseBody: z.ZodType<ReleaseBody> = z.strictObject({
  reason: z.string().min(1).max(200).exactOptional(),
  delay_ms: ms.describe('Before it is taken again. Default 0.').exactOptional(),
})

export const cancelledBody: z.ZodType<CancelledBody> = z.strictObject({})

export const stepBody: z.ZodType<StepBody> = z.strictObject({
  result: z.unknown().describe('Any JSON, at most 256 KiB. Default null.').optional(),
  took_ms: ms.describe('How long the step took.').exactOptional(),
})

const command = z.enum(['continue', 'quiet', 'terminate']).describe('quiet: take no more jobs. terminate: end.')
const whole = z.int().min(0)

export const leaseAnswer: z.ZodType = z.object({
  leases: z.array(
    z.object({
      lease: token.describe('Opaque: send it as Waybill-Lease.'),
      fence: whole,
      lease_ms: whole,
      job: z.record(z.string(), anyJson).describe('The job as its owner sees it, with input and time limits.'),
      steps: z.array(z.object({ key: z.string(), result: anyJson })),
    }),
  ),
  command,
})

export const heartbeatAnswer: z.ZodType = z.object({
  leases: z.array(
    z.object({
      job_id: z.string().nullable(),
      ok: z.boolean(),
      lease_ms: whole.exactOptional(),
      cancel: z.literal(true).describe('Somebody asked for an end: stop and say cancelled.').exactOptional(),
      soft_timeout: z.literal(true).describe('Time is running out: wind up.').exactOptional(),
      lost: z.literal(true).describe('Stop, and drop the result.').exactOptional(),
    }),
  ),
  command,
})

export const revAnswer: z.ZodType = z.object({ job_id: z.string(), rev: whole })

export const endAnswer: z.ZodType = z.object({
  job_id: z.string(),
  rev: whole,
  status: z.string().describe('Where the job stands now: a failed attempt may be scheduled again.'),
  replayed: z.literal(true).describe('It had been said before.').exactOptional(),
})
