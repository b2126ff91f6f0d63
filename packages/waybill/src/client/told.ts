// What streams and polls find, told to those who follow: newer views only, and after a missed change the whole job.
import { asError, goneError, mayPass, saysGone, type WaybillClientError } from './errors.ts'
import type { Follower } from './follower.ts'
import { Newest } from './newest.ts'
import { jobPath } from './paths.ts'
import type { ServerEvent } from './sse.ts'
import type { Transport } from './transport.ts'
import { idOf, isEnded, jobOf, progressOf, type Job, type Progress } from './views.ts'

/** Who follows. */
export interface Audience {
  of(id: string): Iterable<Follower>
  all(): Iterable<Follower>
  /** The job has ended or is gone, or its followers have failed: nobody need be told of it any more. */
  over(id: string): void
  /** All followers have failed. */
  failed(): void
  /** Jobs are asked for by name, so that it matters why one is not there. */
  readonly byName: boolean
}

export class Told {
  readonly newest: Newest = new Newest()
  readonly #transport: Transport
  readonly #audience: Audience
  readonly #reading = new Set<string>()

  constructor(transport: Transport, audience: Audience) {
    this.#transport = transport
    this.#audience = audience
  }

  /** An event of a stream. `sync`, `bye` and what is unknown say nothing about any job. Throws on malformed data. */
  event({ type, data }: ServerEvent): void {
    if (type === 'job') this.job(jobOf(JSON.parse(data)))
    else if (type === 'progress') this.#progress(progressOf(JSON.parse(data)))
    else if (type === 'gone') void this.lost(idOf(JSON.parse(data)))
  }

  job(job: Job): void {
    const followers = [...this.#audience.of(job.id)]
    if (followers.length === 0 || !this.newest.take(job)) return
    for (const follower of followers) follower.offer(job)
    if (isEnded(job)) this.#audience.over(job.id)
  }

  /** The job is not there, or no longer: `error` says which. */
  gone(id: string, error: WaybillClientError = goneError(id)): void {
    for (const follower of this.#audience.of(id)) follower.gone(id, error)
    this.newest.forget(id)
    this.#audience.over(id)
  }

  /** The caller itself is refused. */
  fail(error: Error): void {
    for (const follower of this.#audience.all()) follower.fail(error)
    this.#audience.failed()
  }

  #progress(progress: Progress): void {
    const job = this.newest.merge(progress)
    if (job === 'read') void this.read(progress.id)
    else if (job) this.job(job)
  }

  /** Asks for the whole job. Resolves whatever comes of it. */
  async read(id: string): Promise<void> {
    if (this.#reading.has(id)) return
    this.#reading.add(id)
    try {
      this.job(jobOf(await this.#transport.json(jobPath(id))))
    } catch (error) {
      if (saysGone(error)) this.gone(id, error)
      else if (!mayPass(error)) this.#failOne(id, asError(error))
    } finally {
      this.#reading.delete(id)
    }
  }

  /** It is said to be gone; one read tells why: never there, or erased. Gone it is in any case. */
  async lost(id: string): Promise<void> {
    if (this.#audience.byName) await this.read(id)
    this.gone(id)
  }

  #failOne(id: string, error: Error): void {
    for (const follower of this.#audience.of(id)) follower.fail(error)
    this.#audience.over(id)
  }
}
