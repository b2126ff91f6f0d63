// Watches over running attempts: time limits, cancels, lost leases. One slow tick for all of them, and an immediate look
// when a hint speaks of a running job, the process has slept, or an attempt is new: a hint may have spoken of it before it began.
import { isGone, type Hint, type ReadEngine } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import { looking, type Clock } from '../lib/clock.ts'
import type { Attempt } from './attempt.ts'
import { Stalls } from './stalls.ts'

/** What follows from what the watchdog finds. */
export interface Findings {
  softLimit(attempt: Attempt): void
  hardLimit(attempt: Attempt): void
  cancelled(attempt: Attempt): void
  lost(attempt: Attempt): void
  /** Every tick, with the time. */
  tick(now: number): void
  troubled(error: unknown): void
}

const tickMs = 250
/** Looks caused by hints are at least so far apart. */
const betweenLooksMs = 50

export class Watchdog {
  readonly #engine: ReadEngine
  readonly #clock: Clock
  readonly #leaseMs: number
  readonly #running: ReadonlyMap<string, Attempt>
  readonly #findings: Findings
  readonly #stalls = new Stalls()
  #forget: (() => void)[] = []
  #lastTick = 0
  #lastLook = 0
  #nextLook: (() => void) | null = null
  #looking = false

  constructor(
    engine: ReadEngine,
    clock: Clock,
    leaseMs: number,
    running: ReadonlyMap<string, Attempt>,
    findings: Findings,
  ) {
    this.#engine = engine
    this.#clock = clock
    this.#leaseMs = leaseMs
    this.#running = running
    this.#findings = findings
  }

  start(): void {
    this.#lastTick = this.#clock.now()
    this.#lastLook = this.#lastTick
    this.#forget = [this.#engine.watch((hint) => this.#hinted(hint), 'workers')]
    this.#schedule()
  }

  stop(): void {
    for (const forget of this.#forget) forget()
    this.#nextLook?.()
    this.#nextLook = null
    this.#forget = []
  }

  #schedule(): void {
    this.#forget[1] = looking(this.#clock).after(tickMs, () => {
      this.#tick()
      if (this.#forget.length > 0) this.#schedule()
    })
  }

  #tick(): void {
    const now = this.#clock.now()
    const slept = now - this.#lastTick > this.#leaseMs / 2
    this.#lastTick = now
    this.#findings.tick(now)
    let unseen = false
    for (const attempt of this.#running.values()) {
      this.#checkLimits(attempt, now)
      unseen ||= attempt.begunAt >= this.#lastLook
    }
    if (slept || unseen || now - this.#lastLook > this.#leaseMs / 3) void this.#look()
  }

  #checkLimits(attempt: Attempt, now: number): void {
    if (attempt.settled) return
    const { timeoutMs, softTimeoutMs } = attempt.leased.record.policy
    const age = now - attempt.begunAt
    attempt.stalled ||= this.#stalls.isStalled(attempt, now)
    if (age >= timeoutMs || attempt.stalled) this.#findings.hardLimit(attempt)
    else if (age >= softTimeoutMs && !attempt.softFired) this.#findings.softLimit(attempt)
  }

  #hinted({ ids }: Hint): void {
    if (this.#running.size === 0) return
    if (ids === null || ids.some((id) => this.#running.has(id))) this.#lookSoon()
  }

  #lookSoon(): void {
    if (this.#nextLook) return
    const wait = Math.max(0, this.#lastLook + betweenLooksMs - this.#clock.now())
    this.#nextLook = this.#clock.after(wait, () => {
      this.#nextLook = null
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    if (this.#looking) return this.#lookSoon() // one at a time, also when the store is slow
    this.#lastLook = this.#clock.now()
    const attempts = [...this.#running.values()].filter((attempt) => !attempt.settled)
    if (attempts.length === 0) return
    this.#looking = true
    try {
      const found = await this.#engine.get(attempts.map((attempt) => attempt.leased.record.id))
      for (const [i, attempt] of attempts.entries()) {
        const one = found[i] ?? null
        this.#compare(attempt, one === null || isGone(one) ? null : one.record)
      }
    } catch (error) {
      this.#findings.troubled(error)
    } finally {
      this.#looking = false
    }
  }

  #compare(attempt: Attempt, record: JobRecord | null): void {
    if (attempt.settled) return
    if (record?.lease?.fence !== attempt.fence) this.#findings.lost(attempt)
    else if (record.cancelRequestedAt !== null && !attempt.cancelRequested) this.#findings.cancelled(attempt)
  }
}
