// The breaker between Waybill and the accelerator: whatever goes wrong behind it is as if there were none. Nobody who
// calls waits longer than one command may take, and while it is open nothing is sent at all.
//
//          5 errors in a row, or the connection is lost
//   closed ─────────────────────────────────────────────▶ open ⟲ a probe every 2 s
//      ▲                                                    │
//      └───────────────────── a probe succeeds ─────────────┘      (it begins open, with a probe at once)
import type { Clock } from '../lib/clock.ts'

const mostErrors = 5
const probeMs = 2_000

export interface GuardParts {
  clock: Clock
  /** Connects anew and asks something. Rejects, within a deadline of its own, while there is no accelerator. */
  probe: () => Promise<void>
  /** Told when it has closed, when it has opened, and when the first probe has failed. */
  onTurn: (state: 'closed' | 'open', cause: unknown) => void
  /** Told of each error. */
  onError?: (error: unknown) => void
}

export class Guard {
  readonly #parts: GuardParts
  #closed = false
  #errors = 0
  #probes = 0
  #probedAt = 0
  #forget: (() => void) | null = null
  #stopped = false

  constructor(parts: GuardParts) {
    this.#parts = parts
  }

  /** Whether anything is sent. */
  get closed(): boolean {
    return this.#closed
  }

  start(): void {
    void this.#probe()
  }

  /** What `work` answers; null when it fails or nothing may be sent. Never rejects. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (!this.#closed) return null
    try {
      const answer = await work()
      this.#errors = 0
      return answer
    } catch (error) {
      this.#failed(error)
      return null
    }
  }

  /** The connection is lost: opens at once, and asks at once unless it did so a moment ago. */
  trip(cause: unknown): void {
    if (!this.#closed) return
    this.#closed = false
    this.#parts.onTurn('open', cause)
    this.#again(Math.max(0, this.#probedAt + probeMs - this.#parts.clock.now()))
  }

  stop(): void {
    this.#stopped = true
    this.#closed = false
    this.#forget?.()
  }

  #failed(error: unknown): void {
    this.#parts.onError?.(error)
    if (!this.#closed || ++this.#errors < mostErrors) return
    this.#closed = false
    this.#parts.onTurn('open', error)
    this.#again(probeMs)
  }

  #again(inMs: number): void {
    if (this.#stopped) return
    this.#forget?.()
    this.#forget = this.#parts.clock.after(inMs, () => void this.#probe())
  }

  async #probe(): Promise<void> {
    this.#probes++
    this.#probedAt = this.#parts.clock.now()
    try {
      await this.#parts.probe()
    } catch (error) {
      return this.#unanswered(error)
    }
    if (this.#stopped) return
    this.#errors = 0
    this.#closed = true
    this.#parts.onTurn('closed', null)
  }

  #unanswered(error: unknown): void {
    if (this.#stopped) return
    this.#parts.onError?.(error)
    if (this.#probes === 1) this.#parts.onTurn('open', error)
    this.#again(probeMs)
  }
}
