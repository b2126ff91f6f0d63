// Gathers what is to be written to the status cache and sends it a batch at a time. Bounded: the oldest is dropped first.
// Nobody waits for it, and nothing depends on it: an entry that is not written, or late, is not believed.
import type { JobRecord } from '../job/record.ts'

/** Jobs that wait to be sent. */
const most = 2_000
const mostInBatch = 100

/** The truth about a job, as the engine told it to whoever asked at `askedAt` of the steady clock. */
export interface Sight {
  id: string
  rev: number
  askedAt: number
  /** Null: the rev alone was asked for. */
  record: JobRecord | null
}

export interface ForwarderParts {
  /** Must not reject. */
  send: (sights: Sight[]) => Promise<unknown>
  onDrop: (count: number) => void
}

export class Forwarder {
  readonly #parts: ForwarderParts
  readonly #waiting = new Map<string, Sight>()
  #sending = false

  constructor(parts: ForwarderParts) {
    this.#parts = parts
  }

  add(sights: Sight[]): void {
    for (const sight of sights) this.#put(sight)
    void this.#sendAll()
  }

  #put(sight: Sight): void {
    const before = this.#waiting.get(sight.id)
    if (before && before.rev > sight.rev) return
    const record = sight.record ?? (before?.rev === sight.rev ? before.record : null)
    this.#waiting.delete(sight.id)
    this.#waiting.set(sight.id, { ...sight, record })
    const [oldest] = this.#waiting.size > most ? this.#waiting.keys() : []
    if (oldest === undefined) return
    this.#waiting.delete(oldest)
    this.#parts.onDrop(1)
  }

  async #sendAll(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    await Promise.resolve() // what is seen in the same turn goes together
    while (this.#waiting.size > 0) await this.#parts.send(this.#take())
    this.#sending = false
  }

  #take(): Sight[] {
    const batch = [...this.#waiting.values().take(mostInBatch)]
    for (const { id } of batch) this.#waiting.delete(id)
    return batch
  }
}
