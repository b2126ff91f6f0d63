// Waits for one job: hears of its changes from the moment it is made, so that whoever reads the job after that misses
// nothing in between. Leaner than following: nobody asks why the job waits, and nothing is read again to answer.
import type { JobRecord } from '../job/record.ts'
import type { Clock } from '../lib/clock.ts'
import { Follower } from './follower.ts'
import type { Hub } from './hub.ts'

export interface Wanted {
  id: string
  /** Changes before the job's end are of no interest. */
  untilEnd: boolean
  isDue: (job: JobRecord) => boolean
}

export class Waiter {
  readonly #hub: Hub
  readonly #id: string
  readonly #follower: Follower
  readonly #heard = Promise.withResolvers<JobRecord | null>()

  constructor(hub: Hub, { id, untilEnd, isDue }: Wanted) {
    this.#hub = hub
    this.#id = id
    this.#follower = new Follower(
      (event) => {
        if (event.type === 'gone') this.#heard.resolve(null)
        else if (event.type !== 'sync' && isDue(event.record)) this.#heard.resolve(event.record)
      },
      { untilEnd },
    )
    hub.add({ ids: [id] }, this.#follower)
  }

  /** The job once it is due; null when it has gone, the time is up or the signal aborts: then it must be read. */
  async within(clock: Clock, timeoutMs: number, signal?: AbortSignal): Promise<JobRecord | null> {
    const { promise: enough, resolve } = Promise.withResolvers<null>()
    const giveUp = () => resolve(null)
    const forget = clock.after(timeoutMs, giveUp, true)
    signal?.addEventListener('abort', giveUp, { once: true })
    const heard = await Promise.race([this.#heard.promise, enough])
    forget()
    signal?.removeEventListener('abort', giveUp)
    return heard
  }

  close(): void {
    this.#follower.close()
    this.#hub.remove({ ids: [this.#id] }, this.#follower)
  }
}
