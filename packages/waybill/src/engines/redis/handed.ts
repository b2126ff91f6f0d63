// Jobs that were handed to this process's workers in the moment they were inserted, leased already: the worker's next
// claim finds them here without a round trip. One that nobody asks for within a second goes back unharmed.
import type { Claimed } from '../../engine/engine.ts'
import { released } from '../../job/decide.ts'
import type { Change } from '../../job/change.ts'
import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { isFresh } from './codec.ts'
import { leaseOf, stored } from './read.ts'
import type { Shard } from './shard.ts'

const patienceMs = 1_000

interface Waiting {
  claimed: Claimed
  forget: () => void
}

export class Handed {
  /** Where this process hears of jobs that are handed to its workers. */
  readonly channel: string = newId()
  readonly #clock: Clock
  readonly #giveBack: (changes: Change[]) => Promise<void>
  readonly #waiting = new Map<string, Waiting[]>()

  /** `giveBack` stores the release of jobs that no worker asked for; it must not reject. */
  constructor(clock: Clock, giveBack: (changes: Change[]) => Promise<void>) {
    this.#clock = clock
    this.#giveBack = giveBack
  }

  /** A job has come. Answers its queue. */
  take(shard: Shard, message: string): string {
    const [fence = '', started = '', expires = '', queue = '', id = '', workerId = '', ...lines] = message.split('\n')
    const holder = `${fence}:0`
    const job = stored(id, lines.join('\n'), holder, leaseOf(holder, [workerId, started, started, expires, '1']))
    if (isFresh(job.lines)) shard.memo.keep(id, { n: job.n, queue })
    const claimed = { fence: Number(fence), jobs: [{ record: job.record, inputJson: job.lines.input, steps: [] }] }
    const one: Waiting = { claimed, forget: this.#clock.after(patienceMs, () => void this.#expire(workerId, one)) }
    this.#waiting.set(workerId, [...(this.#waiting.get(workerId) ?? []), one])
    return queue
  }

  has(workerId: string): boolean {
    return this.#waiting.has(workerId)
  }

  /** The first job that waits for this worker. */
  next(workerId: string): Claimed | null {
    const waiting = this.#waiting.get(workerId)
    const first = waiting?.shift()
    if (waiting?.length === 0) this.#waiting.delete(workerId)
    first?.forget()
    return first?.claimed ?? null
  }

  /** Gives back what waits for a worker that has stopped, or for all. */
  async release(workerId?: string): Promise<void> {
    for (const id of workerId === undefined ? [...this.#waiting.keys()] : [workerId]) {
      for (let one = this.next(id); one; one = this.next(id)) await this.#release(one)
    }
  }

  #expire(workerId: string, one: Waiting): Promise<void> {
    const left = (this.#waiting.get(workerId) ?? []).filter((other) => other !== one)
    if (left.length === 0) this.#waiting.delete(workerId)
    else this.#waiting.set(workerId, left)
    return this.#release(one.claimed)
  }

  #release({ fence, jobs }: Claimed): Promise<void> {
    return this.#giveBack(jobs.map(({ record }) => released(record, fence, 'the worker had no room for it')))
  }
}
