// Jobs by their ids. One alone is long-polled, conditionally; of several one lookup tells what has changed: a browser has
// few connections to spare.
import { paceMs, type Course } from './course.ts'
import { retryAfterOf, saysGone } from './errors.ts'
import { lookUp } from './lookup.ts'
import { jobPath } from './paths.ts'
import type { Told } from './told.ts'
import { bodyOf, type Transport } from './transport.ts'
import { jobOf } from './views.ts'

const longPollSeconds = 25
const longPollDeadlineMs = 40_000
const afterChangeMs = 250

export class NamedCourse implements Course {
  readonly #transport: Transport
  readonly #told: Told
  readonly #ids: () => string[]
  #etag: { id: string; tag: string } | null = null

  /** `ids`: those still followed, at most 200. */
  constructor(transport: Transport, told: Told, ids: () => string[]) {
    this.#transport = transport
    this.#told = told
    this.#ids = ids
  }

  get over(): boolean {
    return this.#ids().length === 0
  }

  stream(): string {
    return `/events?jobs=${this.#ids().map(encodeURIComponent).join(',')}`
  }

  // At most 200 views can wait for a follower anyway.
  room(): null {
    return null
  }

  async round(signal: AbortSignal, patient: boolean): Promise<number> {
    const ids = this.#ids()
    const [id] = ids
    if (ids.length === 1 && id !== undefined) return this.#one(id, signal, patient)
    await lookUp(this.#transport, this.#told, ids, signal)
    return paceMs
  }

  async #one(id: string, signal: AbortSignal, patient: boolean): Promise<number> {
    const { env } = this.#transport
    const tag = this.#etag?.id === id ? this.#etag.tag : null
    const long = patient && tag !== null
    const began = env.now()
    const path = jobPath(id) + (long ? `?wait=${longPollSeconds}` : '')
    const headers: Record<string, string> = tag === null ? {} : { 'if-none-match': tag }
    try {
      return await this.#transport.once(path, { headers, signal, deadlineMs: longPollDeadlineMs }, async (response) => {
        const fresh = response.headers.get('etag') ?? tag
        this.#etag = fresh === null ? null : { id, tag: fresh }
        const changed = response.status === 200
        if (changed) this.#told.job(jobOf(await bodyOf(response)))
        if (long && changed) return afterChangeMs
        // An answer without a wait: something on the way does not keep the question open.
        return long && env.now() - began >= paceMs ? 0 : (retryAfterOf(response, env.now()) ?? paceMs)
      })
    } catch (error) {
      if (!saysGone(error)) throw error
      this.#told.gone(id, error)
      return 0
    }
  }
}
