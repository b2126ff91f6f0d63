// A role that comes round again and again: works until nothing is left, rests, never overlaps itself, survives a store
// that is away. One such loop a role.
import { looking, pause, type Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'

export interface Role {
  name: string
  restMs: number
  /** Does a bounded bite; true when there may be more. */
  bite(): Promise<boolean>
  /** Called at the end: a bite that takes long gives up. */
  halt?(): void
}

export class Loop {
  readonly #role: Role
  readonly #clock: Clock
  readonly #log: Logger
  readonly #stop = new AbortController()
  #ended: Promise<void> | null = null

  constructor(role: Role, clock: Clock, log: Logger) {
    this.#role = role
    this.#clock = looking(clock)
    this.#log = log
  }

  start(): void {
    this.#ended ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#role.halt?.()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let failures = 0
    while (!signal.aborted) {
      try {
        const more = await this.#role.bite()
        failures = 0
        if (more) continue
      } catch (error) {
        if (failures++ === 0)
          this.#log.warn({ error, role: this.#role.name }, 'upkeep could not do its round; trying again')
      }
      await pause(this.#clock, this.#role.restMs * Math.min(10, 1 + failures), signal)
    }
  }
}
