// What every kind of bridge is to those who run it: which jobs it hears of, and what it does with each state of them.
import type { Engine } from '../engine/engine.ts'
import type { Random } from '../job/decide.ts'
import type { JobRecord } from '../job/record.ts'
import type { Telemetry } from '../job/telemetry.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Logger } from '../lib/log.ts'
import type { Watch } from '../watch/watch.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Selection } from './selection.ts'

export interface DeskParts {
  engine: Engine
  watch: Watch
  link: Link
  log: Logger
  telemetry: Telemetry
  clock: Clock
  random: Random
  newId: NewId
  newRef: () => string
  /** Signs what workers elsewhere hold. */
  secret: () => Promise<string>
  /** Begins keys that are ours alone. */
  prefix: string
}

/** What a bridge keeps of each job. */
export interface Mirror {
  keys: Keys
  form: 'hash' | 'text'
  /** From the job's last change. */
  ttlMs: number
  /** The fields that must be there, as texts. */
  expect: (record: JobRecord) => ReadonlyMap<string, string>
}

/** A bridge as it is configured. Nothing is opened yet. */
export interface Bridge {
  /** Such as `status-hash job:{job_id} all`: one bridge of a name runs at a time, whatever the number of processes. */
  readonly name: string
  readonly selection: Selection
  /** Null: the Redis of the settings. */
  readonly redis: string | null
  /** What it keeps of each job, for `waybill bridge verify`; left out: nothing. */
  readonly mirror?: Mirror
  desk(parts: DeskParts): Desk
}

/** A bridge at work. */
export interface Desk {
  /** Jobs that ended longer ago than this are of no interest when everything is looked at anew. */
  readonly reachMs: number
  /** Takes the newest known states of some jobs. Rejects while Redis is away: it is given them again. */
  write(records: readonly JobRecord[]): Promise<void>
  /** Of these keys it wants to hear when others write them, where Redis tells. */
  readonly ear?: { pattern: string; heard(key: string): void }
  /** Called again and again while this process leads; `isUp`: Redis answers. */
  round?(isUp: boolean): Promise<void>
}
