// What tells a worker to look for work: hints of its queues, and a slow look of its own for hints that were lost.
import type { ReadEngine } from '../engine/engine.ts'
import type { Random } from '../job/decide.ts'
import { looking, type Clock } from '../lib/clock.ts'

export interface WakeupParts {
  engine: ReadEngine
  clock: Clock
  random: Random
  /** Empty: all queues. */
  queues: string[]
}

/** How long a worker waits at most for a hint before it looks by itself. */
const idlePollMs = 1_000

export class Wakeups {
  readonly #parts: WakeupParts
  readonly #wake: () => void
  #unwatch: (() => void) | null = null
  #forget: (() => void) | null = null

  constructor(parts: WakeupParts, wake: () => void) {
    this.#parts = parts
    this.#wake = wake
  }

  start(): void {
    this.#unwatch = this.#parts.engine.watch(({ queues }) => {
      if (queues === null || this.#serves(queues)) this.#wake()
    }, 'workers')
    this.#poll()
  }

  stop(): void {
    this.#unwatch?.()
    this.#forget?.()
    this.#unwatch = null
    this.#forget = null
  }

  #serves(woken: string[]): boolean {
    const { queues } = this.#parts
    return woken.length > 0 && (queues.length === 0 || woken.some((queue) => queues.includes(queue)))
  }

  // Spread, so that many idle workers do not look in the same moment. It holds the process: a worker waits for work.
  #poll(): void {
    const { clock, random } = this.#parts
    const again = () => {
      this.#wake()
      if (this.#unwatch) this.#poll()
    }
    this.#forget = looking(clock).after(idlePollMs * (0.5 + random() / 2), again, true)
  }
}
