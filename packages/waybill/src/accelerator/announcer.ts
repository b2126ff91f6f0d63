// Gathers what this process has to tell others in one turn and sends it as one message. Bounded: too many jobs become
// "any job". Nobody waits for it, and what cannot be sent is left out: the others' backstops find it.
import { mostJobs, type Message } from './message.ts'

export interface News {
  /** Id and new rev; null where that is not known. */
  jobs: [id: string, rev: number | null][]
  /** Of `jobs`, those that ended. */
  ended?: string[]
  queues?: Iterable<string>
}

export type Told = Omit<Message, 'from' | 'store'>

export class Announcer {
  readonly #send: (told: Told) => Promise<unknown>
  #jobs = new Map<string, number | null>()
  #ended = new Set<string>()
  #queues = new Set<string>()
  #any = false
  #sending = false

  /** `send` must not reject. */
  constructor(send: (told: Told) => Promise<unknown>) {
    this.#send = send
  }

  tell({ jobs, ended = [], queues = [] }: News): void {
    for (const [id, rev] of jobs) this.#jobs.set(id, rev)
    for (const id of ended) this.#ended.add(id)
    for (const queue of queues) this.#queues.add(queue)
    if (this.#jobs.size > mostJobs) this.tellAny()
    else void this.#sendAll()
  }

  /** Any job may have changed. */
  tellAny(): void {
    this.#any = true
    this.#jobs.clear()
    this.#ended.clear()
    void this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    await Promise.resolve() // what is told in the same turn goes together
    while (this.#any || this.#jobs.size > 0 || this.#queues.size > 0) await this.#send(this.#take())
    this.#sending = false
  }

  #take(): Told {
    const told = {
      jobs: this.#any ? null : [...this.#jobs],
      ended: [...this.#ended],
      queues: [...this.#queues],
    }
    this.#jobs = new Map()
    this.#ended = new Set()
    this.#queues = new Set()
    this.#any = false
    return told
  }
}
