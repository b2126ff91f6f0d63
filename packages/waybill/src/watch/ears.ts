// One subscription to the engine's hints for the whole process, held while anybody needs it. Memory hears each hint
// before anyone else, so that nobody who reads on account of a hint is answered what it has just made old.
import type { ReadEngine } from '../engine/engine.ts'
import type { Hint } from '../engine/hint.ts'

export class Ears {
  readonly #engine: Pick<ReadEngine, 'watch'>
  readonly #memory: (hint: Hint) => void
  readonly #listeners = new Set<(hint: Hint) => void>()
  #stop: (() => void) | null = null

  /** `memory` hears whatever is heard, but makes nobody listen. */
  constructor(engine: Pick<ReadEngine, 'watch'>, memory: (hint: Hint) => void) {
    this.#engine = engine
    this.#memory = memory
  }

  /** Each listener once; it is called until the returned function is. */
  add(listener: (hint: Hint) => void): () => void {
    this.#listeners.add(listener)
    this.#stop ??= this.#engine.watch((hint) => this.#hear(hint))
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = null
    }
  }

  #hear(hint: Hint): void {
    this.#memory(hint)
    for (const listener of this.#listeners) listener(hint)
  }
}
