// How long this worker's completed runs took, written down every few seconds for those who show how far a job is
// (engine/past-runs.ts). Costs a job nothing but a place in a list; what could not be written is tried again, and what is
// not written when the worker stops is lost without harm.
import type { Engine } from '../engine/engine.ts'
import { newestRuns, pastRuns, runsBody, runsKind, type PastRun } from '../engine/past-runs.ts'
import { mostRuns } from '../job/estimate.ts'
import type { Clock } from '../lib/clock.ts'

const betweenMs = 5_000

export interface RunLogParts {
  engine: Pick<Engine, 'docs' | 'putDoc'>
  clock: Clock
  troubled(error: unknown): void
}

export class RunLog {
  readonly #parts: RunLogParts
  readonly #unwritten = new Map<string, PastRun[]>()
  #forget: (() => void) | null = null
  #writing: Promise<void> | null = null
  #stopped = false

  constructor(parts: RunLogParts) {
    this.#parts = parts
  }

  add(type: string, run: PastRun): void {
    const runs = this.#unwritten.get(type)
    if (!runs) this.#unwritten.set(type, [run])
    else if (runs.push(run) > 2 * mostRuns) runs.splice(0, runs.length - mostRuns)
    this.#later()
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#forget?.()
    await this.#writing
  }

  /** Writes what is not yet written; never rejects. */
  write(): Promise<void> {
    this.#forget?.()
    this.#forget = null
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
      if (this.#unwritten.size > 0) this.#later()
    })
    return this.#writing
  }

  #later(): void {
    if (this.#stopped || this.#writing) return
    this.#forget ??= this.#parts.clock.after(betweenMs, () => void this.write())
  }

  async #writeAll(): Promise<void> {
    try {
      for (const [type, runs] of this.#unwritten) await this.#write(type, runs)
    } catch (error) {
      this.#parts.troubled(error)
    }
  }

  // Other workers write too: a document that has changed meanwhile is read again the next time.
  async #write(type: string, runs: PastRun[]): Promise<void> {
    const { engine } = this.#parts
    const taken = [...runs]
    const [doc] = await engine.docs(runsKind, type)
    const body = runsBody(newestRuns(taken, pastRuns(doc)))
    if (!(await engine.putDoc(runsKind, type, body, doc?.rev ?? 0))) return
    const left = (this.#unwritten.get(type) ?? []).filter((run) => !taken.includes(run))
    if (left.length === 0) this.#unwritten.delete(type)
    else this.#unwritten.set(type, left)
  }
}
