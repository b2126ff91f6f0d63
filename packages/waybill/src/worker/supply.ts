// The jobs on their way in: how many to ask for, what is leased but not begun, what may begin next.
//
//   hungry? ─plan─▶ claim ─take─▶ LocalQueue ─next─▶ a slot
//                                     └─ stale: no slot came free for long: given back for other workers
import type { Claimed, ClaimRequest } from '../engine/engine.ts'
import type { NewId } from '../lib/ids.ts'
import type { Isolation } from './isolation/pool.ts'
import type { Attempt } from './attempt.ts'
import { LocalQueue, type Held, type Permit } from './local-queue.ts'
import { Pace } from './pace.ts'
import { Suspects } from './suspects.ts'

export interface SupplyParts {
  workerId: string
  queues: string[]
  leaseMs: number
  newId: NewId
  isolation?: Isolation
  /** Slots that are free. */
  free(): number
  /** True while nothing is on its way to the engine or back. */
  quiet(): boolean
  giveBack(held: Held[], reason: string): void
}

export interface Plan {
  request: ClaimRequest
  wanted: Permit[]
}

/** Fetched ahead at most. */
const prefetchMost = 1000
/** Jobs that wait here for so long without one of them beginning are better off elsewhere. */
const staleMs = 1_000

export class Supply {
  readonly #parts: SupplyParts
  readonly #local = new LocalQueue()
  readonly #pace = new Pace()
  readonly #suspects: Suspects
  /** There may be work: a hint came, or the last claim was full. */
  #hungry = true
  /** The last claim was full: there is more, and the next need not wait for the one under way. */
  #flows = false
  #movedAt = 0
  /** What calls under way have asked for: jobs, and how many of them may begin at once. */
  #asked = { jobs: 0, begins: 0 }

  constructor(parts: SupplyParts) {
    this.#parts = parts
    this.#suspects = new Suspects(parts.isolation?.kind === 'process')
  }

  /** Jobs that wait here. */
  get size(): number {
    return this.#local.size
  }

  wake(): void {
    this.#hungry = true
  }

  /** Whether a call for more makes sense. */
  wants(now: number): boolean {
    if (this.#cautious(now)) return false
    return this.#local.blocked ? this.#parts.free() > 0 : this.#hungry && this.#wantsMore(now)
  }

  /** What to ask for; null for nothing. */
  plan(now: number): Plan | null {
    if (this.#cautious(now)) return null
    const free = this.#parts.free()
    const ahead = this.#ahead(now)
    const { wanted, left } = this.#local.permits(free + ahead - this.#asked.begins)
    const room = Math.max(0, free + ahead - this.#local.size - this.#asked.jobs)
    const max = this.#hungry && this.#wantsMore(now) ? room : 0
    if (max === 0 && wanted.length === 0) return null
    if (max > 0) this.#hungry = this.#flows
    this.#asked = { jobs: this.#asked.jobs + max, begins: this.#asked.begins + (max > 0 ? left : 0) }
    const { workerId, queues, leaseMs, newId } = this.#parts
    return { request: { workerId, queues, max, leaseMs, claimId: newId(), begins: left, begun: wanted }, wanted }
  }

  /** The call of a plan is over. `claimed` null: nothing came of it. */
  take(claimed: Claimed | null, { request, wanted }: Plan, now: number): void {
    const begins = request.max > 0 ? request.begins : 0
    this.#asked = { jobs: this.#asked.jobs - request.max, begins: this.#asked.begins - begins }
    if (claimed === null) return
    this.#local.allow(wanted)
    if (request.max > 0) this.#flows = claimed.jobs.length === request.max
    if (this.#flows) this.#hungry = true
    if (this.#local.size === 0) this.#movedAt = now
    this.#local.add(claimed, request.begins)
  }

  /** The next job that may begin now, or null. */
  next(now: number): Held | null {
    const next = this.#local.peek()
    if (!next || !this.#suspects.mayBegin(next.record, now)) return null
    if (this.#suspects.isSuspect(next.record) && !this.#alone()) return null
    this.#movedAt = now
    return this.#local.next()
  }

  /** So many outcomes are worth a call of their own while others are under way. */
  share(now: number): number {
    return Math.max(8, Math.ceil(this.#ahead(now) / 4))
  }

  begun(attempt: Attempt): void {
    this.#suspects.begun(attempt)
  }

  /** Outcomes leave now; they tell how fast the worker is going. */
  ended(count: number, now: number): void {
    this.#pace.note(count, now)
  }

  /** Nothing of the attempt is left to be written. */
  gone(attempt: Attempt): void {
    this.#suspects.gone(attempt)
  }

  /** Empties it; for giving everything back. */
  drain(): Held[] {
    return this.#local.drain()
  }

  /** Looked at every tick: what was fetched ahead when jobs were short must not wait behind long ones. */
  tick(now: number): void {
    if (this.#local.size === 0 || this.#parts.free() > 0 || now - this.#movedAt < staleMs) return
    this.#parts.giveBack(this.drain(), 'no slot came free')
    this.#hungry = true
  }

  /** True while a suspect runs: what waits must be looked at again as time passes. */
  get holdsBack(): boolean {
    return this.#suspects.holdsBack
  }

  /** A suspect runs, or is the next to begin: nothing more is fetched meanwhile. */
  #cautious(now: number): boolean {
    const next = this.#local.peek()
    return this.#suspects.isAlone(now) || (next !== null && this.#suspects.isSuspect(next.record))
  }

  // A suspect begins only when no other job would share the charge of its crash: what waits behind it goes back first.
  #alone(): boolean {
    if (this.#local.size > 1) {
      const [suspect, ...others] = this.#local.drain()
      if (suspect) this.#local.add({ fence: suspect.fence, jobs: [suspect.job] }, 1)
      this.#parts.giveBack(others, 'a suspect runs alone')
    }
    return this.#parts.quiet() // else the answer to the call under way looks here again
  }

  #ahead(now: number): number {
    return Math.min(prefetchMost, Math.floor(this.#pace.recent(now)))
  }

  #wantsMore(now: number): boolean {
    const ahead = this.#ahead(now)
    if (this.#local.size < this.#parts.free()) return true
    return ahead > 0 && this.#local.size + this.#asked.jobs <= ahead * 0.75
  }
}
