// What an isolated worker and a child of it (a process or a thread) say to each other. A small job costs two messages:
// `run` there, `end` back with all that it said.
import type { LeasedJob, Note } from '../../engine/engine.ts'
import type { AbortReason } from '../../job/context.ts'
import type { Change } from '../../job/change.ts'
import type { Json } from '../../lib/json.ts'
import type { WaitHost } from '../waits.ts'
import type { Carried } from './carry.ts'

/** What a handler in a child asks of the store through its worker. A further call is a line here and one where it is made. */
export type Calls = Pick<WaitHost, 'steps' | 'keep' | 'write'>

/** To a child. */
export type Order =
  /** `now` is the engine's clock. */
  | { do: 'run'; run: number; leased: LeasedJob; fence: number; now: number }
  | { do: 'abort'; reason: AbortReason }
  /** The soft limit has passed. */
  | { do: 'windUp' }
  | { do: 'answer'; call: number; value: unknown }
  | { do: 'refuse'; call: number; error: Carried }
  | { do: 'leave' }

/** Of a child as a whole. */
export type Greeting = { say: 'ready'; types: string[] } | { say: 'unusable'; why: string }

/** Of the job that a child runs; of an earlier one they count no more. */
export type Word = { run: number } & (
  | { say: 'note'; note: Note }
  | { say: 'call'; call: number; name: keyof Calls; given: unknown[] }
  | { say: 'park'; change: Change; note: Note | null }
  | { say: 'end'; outcome: CarriedOutcome; note: Note | null }
)

export type CarriedOutcome = { returned: Json } | { threw: Carried }
