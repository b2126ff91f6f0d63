// What the model keeps, and the few questions that several verbs ask of it. Plain maps, walked from end to end.
import type { Doc, Hint, WorkerRow } from '../../engine.ts'
import type { JobRecord, Lease, LogLine, Step } from '../../../job/record.ts'
import type { TimelineEntry } from '../../../job/timeline.ts'

/** A job and all that belongs to it. */
export interface Kept {
  /** Without its lease and input, which are kept beside it: `shown` puts the lease in. */
  record: JobRecord
  /** The input in force: the submitted one, or the one given with an explicit retry. */
  inputJson: string
  timeline: TimelineEntry[]
  steps: Step[]
  logs: LogLine[]
  /** The order of arrival in its lane: of the insert, and of each return to `pending`. */
  ticket: number
  /** The order of its insert, which no later job has: where a page of a list ended. */
  born: number
  /** Its place in the claim that leased it. */
  place: number
  /** Until when it must have started. Null: no such limit, or it has been met or missed. */
  startBy: number | null
}

/** One row a claim: its jobs share fence, worker and end. */
export interface LeaseRow {
  fence: number
  workerId: string
  claimId: string
  startedAt: number
  heartbeatAt: number
  expiresAt: number
  /** How many of its jobs, in claim order, the worker may have begun. The others are held. */
  begun: number
}

/** Who has a name; `until` null: until that job ends. */
export interface HoldRow {
  id: string
  until: number | null
  lookAt: number
}

export class Store {
  readonly jobs: Map<string, Kept> = new Map()
  readonly leases: Map<number, LeaseRow> = new Map()
  readonly keys: Map<string, { hash: string; id: string; expiresAt: number }> = new Map()
  readonly holds: Map<string, HoldRow> = new Map()
  readonly tombstones: Map<string, { userId: string | null; expiresAt: number }> = new Map()
  readonly docs: Map<string, Doc> = new Map()
  readonly roles: Map<string, { holder: string; expiresAt: number }> = new Map()
  readonly workers: Map<string, WorkerRow & { ttlMs: number }> = new Map()
  readonly listeners: Set<(hint: Hint) => void> = new Set()
  /** The highest fence given so far. */
  fence = 0
  ticket = 0
  stamp = 0

  all(): Kept[] {
    return [...this.jobs.values()]
  }

  /** A job is leased while it is processing, under the row of its fence. */
  leaseOf({ record }: Kept): LeaseRow | null {
    return record.status === 'processing' ? (this.leases.get(record.fence) ?? null) : null
  }

  /** The job, if it is leased under exactly this fence. */
  leasedAs(id: string, fence: number): Kept | null {
    const kept = this.jobs.get(id)
    return kept && this.leaseOf(kept)?.fence === fence ? kept : null
  }

  /** What is still leased under a fence, in claim order. */
  leasedUnder(fence: number): Kept[] {
    return this.all()
      .filter((kept) => this.leaseOf(kept)?.fence === fence)
      .toSorted((a, b) => a.place - b.place)
  }

  shown(kept: Kept): JobRecord {
    const row = this.leaseOf(kept)
    return { ...kept.record, lease: row && leaseOn(row, kept.place) }
  }

  isPaused(queue: string): boolean {
    return this.docs.get(docPlace('queue', queue))?.body['paused'] === true
  }
}

function leaseOn({ claimId: _, begun, ...lease }: LeaseRow, place: number): Lease {
  return { ...lease, held: place >= begun }
}

export function docPlace(kind: string, key: string): string {
  return JSON.stringify([kind, key])
}
