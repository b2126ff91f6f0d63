// The arguments of `enqueueBatch` in TypeScript, and the request that they make.
import { refuseUnknown, type AnyJobDefinition } from '../job/definition.ts'
import { requestOf, type EnqueueOptions } from './enqueue-options.ts'
import type { BatchRequest } from './request.ts'

/** One job of a batch. */
export interface BatchEntry {
  job: Pick<AnyJobDefinition, 'type'>
  input: unknown
  options?: Omit<EnqueueOptions, 'tx' | 'userId' | 'idempotencyKey'>
}

export interface BatchOptions {
  /** For people. */
  name?: string
  /** The owner of the batch and of all its jobs. Default: nobody but operators. */
  userId?: string
  /** Runs once, after all jobs have ended, however they did. Its subject is `batch:` and the batch's id. */
  onFinish?: { job: Pick<AnyJobDefinition, 'type'>; input: unknown }
  /** The same key within 24 h answers the batch that exists. */
  idempotencyKey?: string
}

/** Throws for an unknown option. */
export function batchRequest(entries: readonly BatchEntry[], options: BatchOptions): BatchRequest {
  refuseUnknown(options, ['name', 'userId', 'onFinish', 'idempotencyKey'], 'enqueueBatch')
  const { name, userId, onFinish, idempotencyKey } = options
  const owner = userId === undefined ? {} : { userId }
  return {
    jobs: entries.map(({ job, input, options: own = {} }) => requestOf(job, input, { ...own, ...owner })),
    atomic: true,
    userId: userId ?? null,
    name: name ?? null,
    onFinish: onFinish ? { type: onFinish.job.type, input: onFinish.input } : null,
    idempotency: idempotencyKey === undefined ? null : { key: idempotencyKey, scope: `enqueueBatch ${userId ?? ''}` },
  }
}
