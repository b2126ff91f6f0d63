// The arguments of `enqueueBatch` in TypeScript, and the request that they make.
import { refuseUnknown, type AnyJobDefinition } from '../job/definition.ts'
import { requestOf, type EnqueueOptions } from './enqueue-options.ts'
import type { BatchRequest } from './request.ts'

/** One job of a batch. */
export interface BatchEntry {
  job: Pick<AnyJobDefinition, 'type'>
  input: unknown
  options?: Omit<EnqueueOptions, 'tx' | 'userId' | 'tier' | 'idempotencyKey'>
}

export interface BatchOptions {
  /** For people. */
  name?: string
  /** The owner of the batch and of all its jobs. Default: nobody but operators. */
  userId?: string
  /** Counts against the limits of this tier for `userId`; `onFinish` is one more job of the day. Default: no limit. */
  tier?: string
  /** Runs once, after all jobs have ended, however they did. Its subject is `batch:` and the batch's id. */
  onFinish?: { job: Pick<AnyJobDefinition, 'type'>; input: unknown }
  /** The same key within 24 h answers the batch that exists. */
  idempotencyKey?: string
}

/** Throws for an unknown option. */
export function batchRequest(entries: readonly BatchEntry[], options: BatchOptions): BatchRequest {
  refuseUnknown(options, ['name', 'userId', 'tier', 'onFinish', 'idempotencyKey'], 'enqueueBatch')
  const { name, userId, tier, onFinish, idempotencyKey } = options
  const limited = tier === undefined ? {} : { tier }
  const owner = { ...(userId === undefined ? {} : { userId }), ...limited }
  return {
    jobs: entries.map(({ job, input, options: own = {} }) => requestOf(job, input, { ...own, ...owner })),
    atomic: true,
    userId: userId ?? null,
    ...limited,
    name: name ?? null,
    onFinish: onFinish ? { type: onFinish.job.type, input: onFinish.input } : null,
    idempotency: idempotencyKey === undefined ? null : { key: idempotencyKey, scope: `enqueueBatch ${userId ?? ''}` },
  }
}
