// What a page watches through one client: every job and every list once, however many look at it. Free of frameworks:
// React and the element stand on it. Never tells of an older state after a newer one.
import type { Job, WatchAllOptions, WaybillClient } from '../client/index.ts'
import { failureOf } from './failure.ts'
import { keyOf, listed } from './list.ts'
import { nothing, unheard, type Connection, type Snapshot } from './snapshot.ts'
import { Sleep } from './sleep.ts'
import { browserPage, type PageEnv } from './visibility.ts'
import { Watched, type Feed, type Watch } from './watched.ts'

/** All jobs of a user, batch, queue, type or subject. */
export type Filter = Omit<WatchAllOptions, 'jobs' | 'signal' | 'onGone'>
export type JobSnapshot = Snapshot<Job | null>
export type ListSnapshot = Snapshot<readonly Job[]>

const noJobs: ListSnapshot = { ...unheard, value: [] }

export class JobStore {
  readonly client: WaybillClient
  readonly #page: PageEnv
  readonly #sleep: Sleep
  readonly #jobs = new Map<string, Watched<Job | null>>()
  readonly #lists = new Map<string, Watched<readonly Job[]>>()
  #deaf: (() => void) | null = null

  constructor(client: WaybillClient, page: PageEnv = browserPage) {
    this.client = client
    this.#page = page
    this.#sleep = new Sleep(page, () => this.#all)
  }

  /** The newest of a job; the same object until something changes. */
  snapshot(id: string | null): JobSnapshot {
    return id === null ? nothing : (this.#jobs.get(id)?.snapshot ?? unheard)
  }

  /** Watches a job, calling `listener` at each change. The answer stops it. */
  subscribe(id: string | null, listener: () => void): () => void {
    if (id === null) return () => {}
    const watched = this.#jobs.get(id) ?? this.#watch(this.#jobs, id, unheard, this.#jobFeed(id))
    return watched.look(listener)
  }

  /** The newest 200 jobs that fit, the newest first. */
  list(filter: Filter): ListSnapshot {
    return this.#lists.get(keyOf(filter))?.snapshot ?? noJobs
  }

  subscribeList(filter: Filter, listener: () => void): () => void {
    const key = keyOf(filter)
    const watched = this.#lists.get(key) ?? this.#watch(this.#lists, key, noJobs, this.#listFeed(filter))
    return watched.look(listener)
  }

  /** Cancels a job that waits, asks a running one to stop. Throws what the client throws. */
  async cancel(id: string): Promise<Job> {
    return this.#took(await this.client.cancel(id))
  }

  /** Runs an ended job again, and watches it again. Throws what the client throws. */
  async retry(id: string): Promise<Job> {
    const job = this.#took(await this.client.retry(id))
    this.#jobs.get(id)?.resume()
    return job
  }

  #jobFeed(id: string): Feed<Job | null> {
    return async (signal, see) => {
      for await (const job of this.client.watch(id, { signal })) see((known) => newer(known, job))
    }
  }

  #listFeed(filter: Filter): Feed<readonly Job[]> {
    return async (signal, see) => {
      const onGone = (id: string) => see((jobs) => jobs.filter((job) => job.id !== id))
      const watching = this.client.watchAll({ ...filter, signal, onGone })
      for await (const job of watching) see((jobs) => listed(jobs, job))
    }
  }

  #watch<T>(all: Map<string, Watched<T>>, key: string, initial: Snapshot<T>, feed: Feed<T>): Watched<T> {
    const watched: Watched<T> = new Watched({
      page: this.#page,
      initial,
      feed,
      connection: () => this.#connection,
      failure: failureOf,
      gone: () => this.#gone(all, key),
    })
    all.set(key, watched)
    this.#deaf ??= this.#listen()
    watched.resume()
    return watched
  }

  #gone<T>(all: Map<string, Watched<T>>, key: string): void {
    all.delete(key)
    if (this.#all.length > 0) return
    this.#deaf?.()
    this.#deaf = null
  }

  #listen(): () => void {
    const unplug = this.client.onConnection(() => this.#all.forEach((watched) => watched.connected()))
    const wake = this.#sleep.begin()
    return () => (unplug(), wake())
  }

  get #connection(): Connection {
    const { connection } = this.client
    return connection === 'idle' ? 'connecting' : connection
  }

  get #all(): Watch[] {
    return [...this.#jobs.values(), ...this.#lists.values()]
  }

  #took(job: Job): Job {
    this.#jobs.get(job.id)?.change((known) => newer(known, job))
    for (const list of this.#lists.values()) list.change((jobs) => listed(jobs, job, 'known'))
    return job
  }
}

function newer(known: Job | null, job: Job): Job {
  return known !== null && known.rev >= job.rev ? known : job
}

const stores = new WeakMap<WaybillClient, JobStore>()

/** The one store of a client. */
export function storeOf(client: WaybillClient): JobStore {
  const store = stores.get(client) ?? new JobStore(client)
  stores.set(client, store)
  return store
}
