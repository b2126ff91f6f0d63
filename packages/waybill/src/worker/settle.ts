// The outbox of ended attempts: all that ended in one turn leave in one call, which also brings the next jobs.
// Kept until the engine has answered; a failing engine is tried again while leases live.
import type { Claimed, ClaimRequest, WriteEngine } from '../engine/engine.ts'
import type { Applied, Change } from '../job/change.ts'
import { pause, type Clock } from '../lib/clock.ts'
import type { Attempt } from './attempt.ts'

export interface Ended {
  attempt: Attempt
  change: Change
}

export interface Answered {
  ended: Ended
  applied: Applied
}

export class Settle {
  readonly #engine: WriteEngine
  readonly #clock: Clock
  readonly #troubled: (error: unknown) => void

  constructor(engine: WriteEngine, clock: Clock, troubled: (error: unknown) => void) {
    this.#engine = engine
    this.#clock = clock
    this.#troubled = troubled
  }

  /** Resolves with what became of each, and with what was claimed; insists through outages, 60 s at most. */
  async send(
    ended: Ended[],
    claim: ClaimRequest | null,
    stopping: () => boolean,
  ): Promise<{ answers: Answered[]; claimed: Claimed | null }> {
    const changes = ended.map(({ change }) => change)
    for (let wait = 100, waited = 0; ; wait = Math.min(wait * 2, 2_000)) {
      try {
        const { applied, claimed } = await this.#engine.apply(changes, claim ?? undefined)
        return {
          answers: ended.map((one, i) => ({ ended: one, applied: applied[i] ?? { outcome: 'missing' } })),
          claimed,
        }
      } catch (error) {
        this.#troubled(error)
        if (waited > 60_000 || (changes.length === 0 && stopping())) throw error
      }
      await pause(this.#clock, wait, undefined, true)
      waited += wait
    }
  }
}
