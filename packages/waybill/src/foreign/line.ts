// Workers elsewhere that wait for work, in a line for each set of queues. A hint wakes the first of a line, who makes place
// for the next when it was served: a hundred idle workers and one job cost one claim or two.
//
//   hint of a queue ─▶ first of each line looks ─served─▶ leaves, the next one looks
//                                               └─nothing─▶ stays, nobody else looks
import type { Hint, ReadEngine } from '../engine/engine.ts'
import { looking, type Clock } from '../lib/clock.ts'
import { Waiter } from './waiter.ts'

/** Hints may be lost: the first of each line looks by itself this often. */
const backstopMs = 1_000

interface Row {
  queues: readonly string[]
  waiters: Set<Waiter>
  looking: boolean
  /** A hint came during a look. */
  again: boolean
}

export class Line {
  readonly #engine: Pick<ReadEngine, 'watch'>
  readonly #clock: Clock
  readonly #rows = new Map<string, Row>()
  #unwatch: (() => void) | null = null
  #forget: (() => void) | null = null

  constructor(engine: Pick<ReadEngine, 'watch'>, clock: Clock) {
    this.#engine = engine
    this.#clock = clock
  }

  /** What `look` finds as soon as it finds something; empty after `timeoutMs` or once `leaving` is aborted. */
  async wait<T>(
    queues: readonly string[],
    look: () => Promise<T[]>,
    timeoutMs: number,
    leaving: AbortSignal,
  ): Promise<T[]> {
    const found: T[] = []
    const waiter = new Waiter(async () => found.push(...(await look())) > 0)
    const row = this.#join(queues, waiter)
    const leave = () => waiter.leave()
    const forget = this.#clock.after(timeoutMs, leave, true)
    leaving.addEventListener('abort', leave, { once: true })
    if (leaving.aborted) leave()
    this.#turn(row)
    try {
      await waiter.over
    } finally {
      forget()
      leaving.removeEventListener('abort', leave)
      this.#leave(queues, waiter)
    }
    return found
  }

  #join(queues: readonly string[], waiter: Waiter): Row {
    const key = queues.join(' ')
    const row = this.#rows.get(key) ?? { queues, waiters: new Set(), looking: false, again: false }
    row.waiters.add(waiter)
    this.#rows.set(key, row)
    if (!this.#unwatch) this.#start()
    return row
  }

  #leave(queues: readonly string[], waiter: Waiter): void {
    const key = queues.join(' ')
    const row = this.#rows.get(key)
    row?.waiters.delete(waiter)
    if (row?.waiters.size === 0) this.#rows.delete(key)
    if (this.#rows.size === 0) this.#stop()
  }

  #start(): void {
    this.#unwatch = this.#engine.watch((hint) => this.#hear(hint))
    this.#beat()
  }

  #stop(): void {
    this.#unwatch?.()
    this.#forget?.()
    this.#unwatch = this.#forget = null
  }

  #beat(): void {
    this.#forget = looking(this.#clock).after(backstopMs, () => {
      this.#beat()
      for (const row of this.#rows.values()) this.#turn(row)
    })
  }

  #hear({ queues: woken }: Hint): void {
    for (const row of this.#rows.values()) {
      const serves = row.queues.length === 0 ? woken?.length !== 0 : row.queues.some((queue) => woken?.includes(queue))
      if (woken === null || serves) this.#turn(row)
    }
  }

  #turn(row: Row): void {
    if (row.looking) row.again = true
    else void this.#look(row)
  }

  async #look(row: Row): Promise<void> {
    row.looking = true
    do {
      row.again = false
      for (const waiter of row.waiters) {
        if (waiter.isOver) continue
        if (!(await waiter.look())) break
      }
    } while (row.again && row.waiters.size > 0)
    row.looking = false
  }
}
