// All that a page watches, over as few connections as possible: the lanes of named jobs, shared by all who name any,
// and one lane for each filter. Says how it stands with them together.
import { FilterCourse } from './filter-course.ts'
import { Follower, type OnGone } from './follower.ts'
import { Lane, worstOf, type Way } from './lane.ts'
import { Named } from './named.ts'
import { Told } from './told.ts'
import type { Transport } from './transport.ts'
import type { Job } from './views.ts'

/** `idle`: nothing is watched. Else the worst of the ways in use; `live` when all that is watched comes as it happens. */
export type Connection = 'idle' | Way

export class Watching {
  readonly #transport: Transport
  readonly #named: Named
  readonly #filters = new Set<Lane>()
  readonly #listeners = new Set<(connection: Connection) => void>()
  #connection: Connection = 'idle'
  #deaf: (() => void) | null = null

  constructor(transport: Transport) {
    this.#transport = transport
    this.#named = new Named(transport, () => this.#changed())
  }

  get connection(): Connection {
    return this.#connection
  }

  /** Calls `listener` at each change of the connection; the answer stops it. */
  onConnection(listener: (connection: Connection) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Every view of these jobs as it comes, the present ones first; done when all have ended. */
  async *jobs(ids: readonly string[], signal?: AbortSignal, onGone?: OnGone): AsyncGenerator<Job, void, undefined> {
    const follower = new Follower(ids, onGone)
    const unique = new Set(ids)
    for (const id of unique) this.#named.follow(id, follower)
    try {
      yield* follower.views(signal)
    } finally {
      for (const id of unique) this.#named.leave(id, follower)
    }
  }

  /** Every view of the jobs that fit, as it comes; never done. */
  async *filter(query: string, signal?: AbortSignal, onGone: OnGone = () => {}): AsyncGenerator<Job, void, undefined> {
    const follower = new Follower(null, onGone)
    const lane = this.#filterLane(query, follower)
    this.#filters.add(lane)
    this.#changed()
    try {
      yield* follower.views(signal)
    } finally {
      lane.stop()
      this.#filters.delete(lane)
      this.#changed()
    }
  }

  #filterLane(query: string, follower: Follower): Lane {
    const followers = [follower]
    const told = new Told(this.#transport, {
      of: () => followers,
      all: () => followers,
      over: () => {},
      failed: () => lane.stop(),
      byName: false,
    })
    const course = new FilterCourse(this.#transport, told, query, () => follower.room())
    const lane = new Lane(this.#transport, course, told, { way: 'connecting', onChange: () => this.#changed() })
    return lane
  }

  get #lanes(): Lane[] {
    return [...this.#named.lanes, ...this.#filters]
  }

  #changed(): void {
    const connection = worstOf(this.#lanes) ?? 'idle'
    this.#listen(connection !== 'idle')
    if (connection === this.#connection) return
    this.#connection = connection
    for (const listener of this.#listeners) queueMicrotask(() => listener(connection))
  }

  #listen(on: boolean): void {
    if (on) this.#deaf ??= this.#transport.env.onNudge((nudge) => this.#lanes.forEach((lane) => lane.nudge(nudge)))
    else {
      this.#deaf?.()
      this.#deaf = null
    }
  }
}
