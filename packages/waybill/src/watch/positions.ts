// How many jobs are before a pending one in its queue: asked for many jobs at once, and of one job at most once a second.
import type { ReadEngine } from '../engine/engine.ts'
import { Batcher } from '../lib/batcher.ts'
import type { Clock } from '../lib/clock.ts'

const freshMs = 1_000
const mostKept = 20_000

interface Kept {
  askedAt: number
  answer: Promise<number | null>
  /** Undefined until the answer is there. */
  ahead: number | null | undefined
}

export class Positions {
  readonly #clock: Clock
  readonly #asked: Batcher<string, number | null>
  readonly #kept = new Map<string, Kept>()

  constructor(engine: Pick<ReadEngine, 'ahead'>, clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    // A position is a help: where it cannot be had, the job is shown without.
    const ask = async (ids: string[]): Promise<(number | null)[]> => {
      try {
        return (await engine.ahead?.(ids)) ?? ids.map(() => null)
      } catch (error) {
        onError(error)
        return ids.map(() => null)
      }
    }
    this.#asked = new Batcher(ask, { max: 500 })
  }

  /** What is known, when it is fresh; undefined: `get` must be asked. */
  peek(id: string): number | null | undefined {
    return this.#fresh(id)?.ahead
  }

  /** How many are taken before it; null: nobody can say so cheaply. */
  get(id: string): Promise<number | null> {
    return (this.#fresh(id) ?? this.#ask(id)).answer
  }

  #fresh(id: string): Kept | undefined {
    const kept = this.#kept.get(id)
    return kept && this.#clock.now() - kept.askedAt < freshMs ? kept : undefined
  }

  #ask(id: string): Kept {
    if (this.#kept.size >= mostKept) this.#kept.clear() // nothing in it is worth more than a second
    const answer = this.#asked.add(id).then((ahead) => (kept.ahead = ahead))
    const kept: Kept = { askedAt: this.#clock.now(), answer, ahead: undefined }
    this.#kept.set(id, kept)
    return kept
  }
}
