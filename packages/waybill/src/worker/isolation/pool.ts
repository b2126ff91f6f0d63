// The children of an isolated worker: one job at a time each, as many as jobs run at once; the last to end a job is the
// first to get the next, and one that is worn is replaced.
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/log.ts'
import type { Attempt } from '../attempt.ts'
import { Cell, type Work } from './cell.ts'
import type { Nursery, NurseryOptions } from './child.ts'
import { processes } from './process.ts'
import { threads } from './thread.ts'

/** How jobs are kept apart from their worker and each other. */
export interface Isolation extends NurseryOptions {
  kind: 'thread' | 'process'
  /** The types that are run so; all others run in the worker. */
  types: ReadonlySet<string>
}

export interface PoolParts {
  isolation: Isolation
  clock: Clock
  log: Logger
  /** No child could be made for it. */
  unstarted(attempt: Attempt, why: string): void
}

const betweenLooksMs = 1_000

export class Pool {
  readonly #parts: PoolParts
  readonly #nursery: Nursery
  readonly #cells = new Set<Cell>()
  readonly #idle: Cell[] = []
  readonly #waiting: Work[] = []
  readonly #first = Promise.withResolvers<readonly string[]>()
  #starting = 0
  #lookedAt = 0

  constructor(parts: PoolParts) {
    this.#parts = parts
    this.#nursery = parts.isolation.kind === 'process' ? processes(parts.isolation) : threads(parts.isolation)
  }

  /** Resolves when a first child is ready. Throws when it cannot load the module, or does not find the jobs in it. */
  async start(): Promise<void> {
    const { kind, module, types } = this.#parts.isolation
    this.#grow()
    try {
      const known = await this.#first.promise
      const missing = [...types].filter((type) => !known.includes(type))
      if (missing.length > 0)
        throw new Error(`it does not export the jobs ${missing.join(', ')}; export each, or a list`)
    } catch (error) {
      await this.stop()
      const why = error instanceof Error ? error.message : String(error)
      throw new TypeError(`worker: isolate "${kind}" cannot use ${module.href}: ${why}`, { cause: error })
    }
  }

  /** Whether it is run here. */
  runs({ leased }: Attempt): boolean {
    return this.#parts.isolation.types.has(leased.record.type)
  }

  run(work: Work): void {
    const cell = this.#idle.pop()
    if (cell) return cell.begin(work)
    this.#waiting.push(work)
    if (this.#starting < this.#waiting.length) this.#grow()
  }

  /** Ends an attempt whatever its handler does. It is told of its end when nothing of it is left. */
  kill(attempt: Attempt, why: string): void {
    const place = this.#waiting.findIndex((work) => work.attempt === attempt)
    const [unbegun] = place < 0 ? [] : this.#waiting.splice(place, 1)
    if (unbegun) unbegun.end(attempt, { crashed: { exitCode: null, signal: null, text: `it had not begun: ${why}` } })
    for (const cell of this.#cells) if (cell.attempt === attempt) cell.kill(why)
  }

  tick(now: number): void {
    if (now - this.#lookedAt < betweenLooksMs) return
    this.#lookedAt = now
    for (const cell of this.#cells) cell.look()
  }

  /** Ends all children. Resolves when they are gone. */
  async stop(): Promise<void> {
    await Promise.all([...this.#cells].map((cell) => cell.stop()))
    this.#nursery.close()
  }

  #grow(): void {
    const { clock, isolation } = this.#parts
    const cell = new Cell({
      nursery: this.#nursery,
      clock,
      memoryMb: isolation.memoryMb,
      ready: (one, types) => {
        this.#starting--
        this.#first.resolve(types)
        this.#next(one)
      },
      free: (one) => (one.tired ? this.#replace(one) : this.#next(one)),
      gone: (one) => this.#gone(one),
      failed: (one, why) => this.#failed(one, why),
    })
    this.#starting++
    this.#cells.add(cell)
  }

  #next(cell: Cell): void {
    const work = this.#waiting.shift()
    if (work) cell.begin(work)
    else this.#idle.push(cell)
  }

  #replace(cell: Cell): void {
    void cell.stop()
    this.#grow()
  }

  #gone(cell: Cell): void {
    this.#cells.delete(cell)
    const place = this.#idle.indexOf(cell)
    if (place >= 0) this.#idle.splice(place, 1)
  }

  #failed(cell: Cell, why: string): void {
    this.#cells.delete(cell)
    this.#starting--
    this.#first.reject(new Error(why)) // has no effect once one was ready
    const work = this.#waiting.shift()
    if (!work) return
    this.#parts.log.error({ why }, 'no child could be started for a job; it is given back')
    this.#parts.unstarted(work.attempt, why)
  }
}
