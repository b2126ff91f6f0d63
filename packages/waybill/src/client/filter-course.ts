// All jobs that fit a filter.
import { paceMs, type Course } from './course.ts'
import { listsOf, lookUp } from './lookup.ts'
import type { Told } from './told.ts'
import { bodyOf, type Transport } from './transport.ts'
import { jobOf } from './views.ts'

export class FilterCourse implements Course {
  readonly over = false
  readonly #transport: Transport
  readonly #told: Told
  readonly #query: string
  readonly room: () => Promise<void> | null

  constructor(transport: Transport, told: Told, query: string, room: () => Promise<void> | null) {
    this.#transport = transport
    this.#told = told
    this.#query = query
    this.room = room
  }

  stream(): string {
    return `/events?${this.#query}`
  }

  // The newest page tells of new jobs; the unfinished ones that it does not hold are looked up.
  async round(signal: AbortSignal): Promise<number> {
    await this.room()
    const page = listsOf(await this.#transport.once(`/jobs?${this.#query}&limit=200`, { signal }, bodyOf))
    const jobs = page.items.map(jobOf).reverse()
    for (const job of jobs) this.#told.job(job)
    const listed = new Set(jobs.map(({ id }) => id))
    const others = [...this.#told.newest.ids()].filter((id) => !listed.has(id))
    for (let i = 0; i < others.length; i += 200) {
      await this.room()
      await lookUp(this.#transport, this.#told, others.slice(i, i + 200), signal)
    }
    return paceMs
  }
}
