// The options of `enqueue` in TypeScript, and the request that they make.
import { refuseUnknown, type AnyJobDefinition } from '../job/definition.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { JsonObject } from '../lib/json.ts'
import { conflictAnswerOf, uniqueMs, uniqueNames, type UniqueOptions } from '../job/unique.ts'
import type { DebounceWish, SubmitRequest, UniqueWish } from './request.ts'

/** What may be said of one job at enqueue. All optional. */
export interface EnqueueOptions {
  /** Your own id, `[A-Za-z0-9_-]{1,64}`. Default: a UUIDv7. */
  id?: string
  /** The owner: who may watch and cancel it. Default: nobody but operators. */
  userId?: string
  /** Counts against the limits of this tier for `userId`. Default: no limit. Not together with `tx`. */
  tier?: string
  queue?: string
  priority?: number | string
  /** Runnable this long after now. Not together with `runAt`. */
  delay?: Duration
  runAt?: Date
  /** Fails as `expired` when it has not begun by then. */
  startBy?: Date
  timeout?: Duration
  retention?: Duration
  /** The same key within 24 h answers the job that exists. */
  idempotencyKey?: string
  title?: string
  subject?: string
  tags?: string[]
  metadata?: JsonObject
  /** At most one job of this key at a time, within its type and owner. Instead of what the type says. */
  unique?: Omit<UniqueOptions<never>, 'key'> & { key: string }
  /** A job of the same type, owner and input that was enqueued so and completed within this time answers instead. */
  reuseResult?: Duration
  /** A job of this key that still waits takes this input instead, and waits anew; it runs at most `max` (ten waits) after the first. */
  debounce?: { key: string; wait: Duration; max?: Duration }
  /**
   * An open transaction of yours on the same database: the job is there once you commit, and never was if you roll back.
   * PostgreSQL: a client of `pg` or whatever has its `query(text, values)`. SQLite: a `DatabaseSync` of `node:sqlite`.
   */
  tx?: unknown
}

const enqueueNames: readonly (keyof EnqueueOptions)[] = [
  'id',
  'userId',
  'tier',
  'queue',
  'priority',
  'delay',
  'runAt',
  'startBy',
  'timeout',
  'retention',
  'idempotencyKey',
  'title',
  'subject',
  'tags',
  'metadata',
  'unique',
  'reuseResult',
  'debounce',
  'tx',
]

/** The request that `enqueue` makes of its arguments. Throws for an unknown option or a duration that is none. */
export function requestOf(job: Pick<AnyJobDefinition, 'type'>, input: unknown, o: EnqueueOptions): SubmitRequest {
  refuseUnknown(o, enqueueNames, 'enqueue')
  const request: SubmitRequest = { type: job.type, input, userId: o.userId ?? null }
  if (o.tier !== undefined) request.tier = checkedTier(o.tier, o)
  if (o.id !== undefined) request.jobId = o.id
  if (o.delay !== undefined) request.delayMs = toMs(o.delay, 'enqueue: delay')
  if (o.runAt !== undefined) request.runAt = o.runAt.getTime()
  if (o.startBy !== undefined) request.startBy = o.startBy.getTime()
  if (o.timeout !== undefined) request.timeoutMs = toMs(o.timeout, 'enqueue: timeout')
  if (o.retention !== undefined) request.retentionMs = toMs(o.retention, 'enqueue: retention')
  if (o.idempotencyKey !== undefined)
    request.idempotency = { key: o.idempotencyKey, scope: `enqueue ${o.userId ?? ''}` }
  if (o.unique !== undefined) request.unique = uniqueWish(o.unique)
  if (o.reuseResult !== undefined) request.reuseResult = { maxAgeMs: toMs(o.reuseResult, 'enqueue: reuseResult') }
  if (o.debounce !== undefined) request.debounce = debounceWish(o.debounce)
  for (const name of ['queue', 'priority', 'title', 'subject', 'tags', 'metadata'] as const) assign(request, o, name)
  return request
}

function checkedTier(tier: string, { userId, tx }: EnqueueOptions): string {
  if (userId === undefined) throw new TypeError('enqueue: tier limits what a user may submit; give userId, too')
  if (tx === undefined) return tier
  throw new TypeError('enqueue: a tier is counted outside of your transaction; leave tier or tx out')
}

function uniqueWish(unique: NonNullable<EnqueueOptions['unique']>): UniqueWish {
  refuseUnknown(unique, uniqueNames, 'enqueue unique')
  const forMs = uniqueMs(unique, 'enqueue')
  const onConflict = conflictAnswerOf(unique.onConflict, 'enqueue')
  return { key: unique.key, scope: unique.scope ?? 'active', onConflict, ...(forMs === null ? {} : { forMs }) }
}

function debounceWish(debounce: NonNullable<EnqueueOptions['debounce']>): DebounceWish {
  refuseUnknown(debounce, ['key', 'wait', 'max'], 'enqueue debounce')
  const { key, wait, max } = debounce
  const maxMs = max === undefined ? {} : { maxMs: toMs(max, 'enqueue: debounce.max') }
  return { key, waitMs: toMs(wait, 'enqueue: debounce.wait'), ...maxMs }
}

function assign<K extends keyof EnqueueOptions & keyof SubmitRequest>(
  to: Pick<SubmitRequest, K>,
  from: Pick<EnqueueOptions, K>,
  name: K,
): void {
  const value = from[name]
  if (value !== undefined) Object.assign(to, { [name]: value })
}
