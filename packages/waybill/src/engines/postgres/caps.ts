// Whether queues have so much room that their caps need no exact look. Every submitted job bears a cap, and most queues
// are far below theirs: a count that is a moment old will do as long as nobody could have filled the room meanwhile.
// Near the cap, and for small caps, admit.ts counts under a lock.
import { text } from '../../engine/stored-rows.ts'
import type { NewJob } from '../../engine/engine.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Db } from './db.ts'

/** A count counts as fresh for so long … */
const freshMs = 200
/** … in which all others together cannot insert so many jobs into one queue. */
const ampleRoom = 20_000

const queued =
  'SELECT queue, sum(pending + scheduled)::bigint AS n FROM wb.tallies WHERE queue = ANY($1) GROUP BY queue'

interface Counted {
  n: number
  at: number
}

export class Caps {
  readonly #db: Db
  readonly #clock: Clock
  readonly #counts = new Map<string, Counted>()

  constructor(db: Db, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  /** True when all of these fit and ample room is left. They are counted as inserted from then on. */
  async haveRoom(jobs: NewJob[]): Promise<boolean> {
    const caps = new Map<string, { cap: number; n: number }>()
    for (const { maxPending, spec } of jobs) {
      const queue = caps.get(spec.queue) ?? { cap: Number.POSITIVE_INFINITY, n: 0 }
      caps.set(spec.queue, { cap: Math.min(queue.cap, maxPending ?? Number.POSITIVE_INFINITY), n: queue.n + 1 })
    }
    const capped = [...caps].filter(([, { cap }]) => cap !== Number.POSITIVE_INFINITY)
    if (capped.length === 0) return true
    if (capped.some(([, { cap }]) => cap < ampleRoom)) return false
    await this.#count(capped.map(([queue]) => queue))
    return capped.every(([queue, { cap, n }]) => this.#take(queue, cap, n))
  }

  #take(queue: string, cap: number, n: number): boolean {
    const counted = this.#counts.get(queue)
    if (!counted || counted.n + n + ampleRoom > cap) return false
    counted.n += n
    return true
  }

  async #count(queues: string[]): Promise<void> {
    const since = this.#clock.now() - freshMs
    const stale = queues.filter((queue) => (this.#counts.get(queue)?.at ?? since) <= since)
    if (stale.length === 0) return
    const at = this.#clock.now()
    const rows = await this.#db.rows(queued, [stale])
    const found = new Map(rows.map((row) => [text(row['queue']), Number(row['n'])]))
    if (this.#counts.size > 10_000) this.#counts.clear()
    for (const queue of stale) this.#counts.set(queue, { n: found.get(queue) ?? 0, at })
  }
}
