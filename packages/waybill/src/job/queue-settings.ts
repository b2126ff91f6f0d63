// What operators have said of a queue, as its document keeps it. Pure: submit, operate and the engines' claims read it.
import { isObject, type JsonObject } from '../lib/json.ts'

/** The kind of document that keeps a queue's settings, under the queue's name. */
export const queueKind = 'queue'

/** Null: no such limit. */
export interface QueueLimits {
  /** Jobs of the queue that run at once. */
  concurrency: number | null
  /** Jobs of one owner that run at once. */
  perUserConcurrency: number | null
  ratePerMinute: number | null
  /** Jobs that may wait: more are refused with `queue_full`. */
  maxPending: number | null
}

export interface QueueSettings {
  /** Workers begin none of its jobs. */
  paused: boolean
  /** New jobs are refused; those that are there go on. */
  draining: boolean
  limits: QueueLimits
}

export function queueSettings(body: JsonObject = {}): QueueSettings {
  const limits = isObject(body['limits']) ? body['limits'] : {}
  const limit = (name: string) => (typeof limits[name] === 'number' ? limits[name] : null)
  return {
    paused: body['paused'] === true,
    draining: body['draining'] === true,
    limits: {
      concurrency: limit('concurrency'),
      perUserConcurrency: limit('per_user_concurrency'),
      ratePerMinute: limit('rate_per_minute'),
      maxPending: limit('max_pending'),
    },
  }
}

export function queueBody({ paused, draining, limits }: QueueSettings): JsonObject {
  return { paused, draining, limits: limitsBody(limits) }
}

/** The limits in the words of the wire, which are also those of the document. */
export function limitsBody(l: QueueLimits): {
  concurrency: number | null
  per_user_concurrency: number | null
  rate_per_minute: number | null
  max_pending: number | null
} {
  return {
    concurrency: l.concurrency,
    per_user_concurrency: l.perUserConcurrency,
    rate_per_minute: l.ratePerMinute,
    max_pending: l.maxPending,
  }
}
