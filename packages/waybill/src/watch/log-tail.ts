// Follows the log lines of running jobs for one stream. Lines give no hint of their own: they are read when their job
// changes and otherwise once a second, if anything at all happened.
import type { ReadEngine } from '../engine/engine.ts'
import { isEnd } from '../job/status.ts'
import type { JobRecord, LogLine } from '../job/record.ts'
import { looking, type Clock } from '../lib/clock.ts'
import { Rounds } from './rounds.ts'

const terms = { creditMs: 25, partOf: 5 }
const beatMs = 1_000
const pageSize = 200

export interface LogTailParts {
  engine: ReadEngine
  clock: Clock
  /** Operators see all lines, owners their own. */
  operator: boolean
  /** Only lines later than this, ms since the epoch. */
  since?: number
  listener: (id: string, line: LogLine) => void
  onError: (error: unknown) => void
}

export class LogTail {
  readonly #parts: LogTailParts
  readonly #after = new Map<string, number>()
  readonly #ending = new Set<string>()
  readonly #rounds: Rounds
  #stamp: number | null = null
  #forget: () => void = () => {}

  constructor(parts: LogTailParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, terms, () => this.#round())
    this.#beat()
  }

  /** A followed job was told of: its lines are read soon, a last time when it has ended. */
  saw(job: JobRecord): void {
    if (!this.#after.has(job.id)) this.#after.set(job.id, 0)
    if (isEnd(job.status)) this.#ending.add(job.id)
    this.#stamp = null
    this.#rounds.ask()
  }

  close(): void {
    this.#forget()
    this.#rounds.close()
    this.#after.clear()
  }

  #beat(): void {
    this.#forget = looking(this.#parts.clock).after(beatMs, () => {
      this.#beat()
      if (this.#after.size > 0) this.#rounds.ask()
    })
  }

  async #round(): Promise<void> {
    const stamp = this.#parts.engine.stamp()
    if (stamp !== null && stamp === this.#stamp) return
    try {
      for (const id of this.#after.keys()) await this.#read(id)
      this.#stamp = stamp
    } catch (error) {
      this.#parts.onError(error)
    }
  }

  async #read(id: string): Promise<void> {
    const last = this.#ending.has(id)
    for (;;) {
      const lines = await this.#parts.engine.logs(id, this.#after.get(id) ?? 0, pageSize)
      for (const line of lines) this.#tell(id, line)
      if (lines.length < pageSize) break
    }
    if (!last) return
    this.#after.delete(id)
    this.#ending.delete(id)
  }

  #tell(id: string, line: LogLine): void {
    const { operator, since = 0, listener } = this.#parts
    if (this.#after.has(id)) this.#after.set(id, line.seq)
    if (line.at >= since && (operator || line.audience === 'owner')) listener(id, line)
  }
}
