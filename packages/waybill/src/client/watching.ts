// All that a page watches, over as few connections as possible. The ladder: one event stream for all jobs; when streams
// do not come through, polling a job; and after a while the stream is tried again.
import { backoff, rest } from './env.ts'
import { asError, WaybillClientError } from './errors.ts'
import { Follower } from './follower.ts'
import { poll } from './poll.ts'
import type { ServerEvent } from './sse.ts'
import { readStream } from './stream.ts'
import { mayPass, type Transport } from './transport.ts'
import { fromWire, type Job } from './views.ts'

/** `live`: a stream is open. `polling`: asking again and again. `offline`: the server does not answer. */
export type Connection = 'idle' | 'connecting' | 'live' | 'polling' | 'offline'

/** Ids in one stream. */
const streamIds = 200
/** Streams that fail so often in a row, ungreeted, are given up for a while. */
const streamTries = 3
const stepUpMs = 60_000
/** The set of watched jobs settles for so long before the stream is opened anew. */
const settleMs = 10

export class Watching {
  readonly #transport: Transport
  readonly #onConnection: (connection: Connection) => void
  readonly #followers = new Map<string, Set<Follower>>()
  #run: AbortController | null = null
  #connection: Connection = 'idle'
  #planned: (() => void) | null = null

  constructor(transport: Transport, onConnection: (connection: Connection) => void) {
    this.#transport = transport
    this.#onConnection = onConnection
  }

  get connection(): Connection {
    return this.#connection
  }

  /** Every view of a job as it comes, the present one first, the end state last. */
  async *watch(id: string, signal?: AbortSignal): AsyncGenerator<Job, void, undefined> {
    const follower = new Follower(id)
    const known = [...(this.#followers.get(id) ?? [])][0]?.latest
    this.#add(follower)
    if (known) follower.offer(known)
    try {
      yield* follower.views(signal)
    } finally {
      this.#remove(follower)
    }
  }

  #add(follower: Follower): void {
    const set = this.#followers.get(follower.id)
    if (set) return void set.add(follower)
    this.#followers.set(follower.id, new Set([follower]))
    this.#restartSoon()
  }

  #remove(follower: Follower): void {
    const set = this.#followers.get(follower.id)
    set?.delete(follower)
    if (set?.size !== 0) return
    this.#followers.delete(follower.id)
    if (this.#followers.size === 0) this.#restart()
  }

  #restartSoon(): void {
    this.#planned ??= this.#transport.env.after(settleMs, () => this.#restart())
  }

  #restart(): void {
    this.#planned?.()
    this.#planned = null
    this.#run?.abort()
    this.#run = null
    if (this.#followers.size === 0) return this.#say('idle')
    const run = (this.#run = new AbortController())
    const ids = [...this.#followers.keys()]
    for (let i = 0; i < ids.length; i += streamIds) void this.#climb(ids.slice(i, i + streamIds), run.signal)
  }

  // Streams while they come through, polling for a while when they do not.
  async #climb(ids: string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#streams(ids, signal)
      if (signal.aborted) return
      this.#say('polling')
      const pause = new AbortController()
      const stop = () => pause.abort()
      signal.addEventListener('abort', stop, { once: true })
      const polls = this.#all(ids).map((follower) => poll(this.#transport, follower, pause.signal))
      await Promise.race([rest(this.#transport.env, stepUpMs, signal), Promise.all(polls)])
      pause.abort()
      signal.removeEventListener('abort', stop)
      if (this.#all(ids).every((follower) => follower.over)) return
    }
  }

  // Opens the stream again and again; returns when it has failed too often to be worth it.
  async #streams(ids: string[], signal: AbortSignal): Promise<void> {
    let lastEventId: string | null = null
    for (let failures = 0; failures < streamTries && !signal.aborted; ) {
      if (this.#connection !== 'live') this.#say('connecting')
      const path = `/events?jobs=${ids.map(encodeURIComponent).join(',')}`
      const end = await readStream(
        this.#transport,
        path,
        lastEventId,
        (event) => {
          lastEventId = event.id || lastEventId
          this.#heard(event)
        },
        signal,
      )
      if (signal.aborted || this.#all(ids).every((follower) => follower.over)) return
      if (end.error instanceof WaybillClientError && !mayPass(end.error)) return this.#failAll(ids, end.error)
      failures = end.greeted ? 0 : failures + 1
      this.#say(end.greeted ? 'connecting' : 'offline')
      const told = end.error instanceof WaybillClientError ? end.error.retryAfterMs : null
      await rest(this.#transport.env, told ?? backoff(this.#transport.env, Math.max(1, failures)), signal)
    }
  }

  #heard({ type, data }: ServerEvent): void {
    if (type === 'hello') return this.#say('live')
    if (type === 'job') return this.#offer(fromWire<Job>(JSON.parse(data)))
    if (type === 'progress') return this.#merge(fromWire<Partial<Job> & Pick<Job, 'id' | 'rev'>>(JSON.parse(data)))
    if (type === 'gone') this.#gone(fromWire<Pick<Job, 'id'>>(JSON.parse(data)).id)
  }

  #offer(job: Job): void {
    for (const follower of this.#followers.get(job.id) ?? []) follower.offer(job)
  }

  #merge(progress: Partial<Job> & Pick<Job, 'id' | 'rev'>): void {
    for (const follower of this.#followers.get(progress.id) ?? []) {
      if (follower.latest) follower.offer({ ...follower.latest, ...progress })
      else void this.#read(follower)
    }
  }

  // A change came before the whole job did.
  async #read(follower: Follower): Promise<void> {
    try {
      const response = await this.#transport.ask(`/jobs/${encodeURIComponent(follower.id)}`)
      follower.offer(fromWire<Job>(await response.json()))
    } catch (error) {
      if (!mayPass(error)) follower.fail(asError(error))
    }
  }

  #gone(id: string): void {
    const error = new WaybillClientError('not_found', 404, `job ${id} is not there, or no longer`)
    for (const follower of this.#followers.get(id) ?? []) follower.fail(error)
  }

  #failAll(ids: string[], error: Error): void {
    for (const follower of this.#all(ids)) follower.fail(error)
  }

  #all(ids: string[]): Follower[] {
    return ids.flatMap((id) => [...(this.#followers.get(id) ?? [])])
  }

  #say(connection: Connection): void {
    if (this.#connection === connection) return
    this.#connection = connection
    this.#onConnection(connection)
  }
}
