// The words with which a worker elsewhere ends an attempt.
import type { RetryChoice } from '../job/decide.ts'
import type { Json } from '../lib/json.ts'
import type { ForeignError } from './error.ts'

export type Word =
  | { say: 'complete'; result: Json }
  | { say: 'fail'; error: ForeignError; retry: RetryChoice }
  | { say: 'cancelled' }
  | { say: 'release'; reason: string; delayMs: number }
