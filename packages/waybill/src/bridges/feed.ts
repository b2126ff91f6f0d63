// What a bridge hears of: each change of its jobs as it comes, and, when it may have missed some, all that matters anew:
// first the unfinished jobs, whatever their number and oldest first, then those that ended lately.
import type { ListRequest, ReadEngine } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd, statuses } from '../job/status.ts'
import type { Subscription, Watch } from '../watch/watch.ts'
import type { Selection } from './selection.ts'

const pageSize = 200
/** Of those that ended: the newest. */
const mostEnded = 20_000
const unfinished = statuses.filter((status) => !isEnd(status))

export interface FeedParts {
  engine: ReadEngine
  watch: Watch
  selection: Selection
  /** Told of each state; may be told of one twice. */
  told(record: JobRecord): void
}

export class Feed {
  readonly #parts: FeedParts
  #subscriptions: Subscription[] = []

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** Hears of changes from now on. */
  start(): void {
    if (this.#subscriptions.length > 0) return
    const { engine, watch, selection } = this.#parts
    const since = engine.now()
    this.#subscriptions = selection.filters.map((filter) =>
      watch.follow({ filter }, (event) => 'record' in event && this.#tell(event.record), { since }),
    )
  }

  stop(): void {
    for (const one of this.#subscriptions) one.close()
    this.#subscriptions = []
  }

  /** Tells of all unfinished jobs, then of those (20,000 at most) that changed within `reachMs`; `breathe` is awaited after each page. */
  async pass(reachMs: number, breathe: () => Promise<void>): Promise<void> {
    const { engine, selection } = this.#parts
    const updatedSince = engine.now() - reachMs
    for (const filter of selection.filters)
      await this.#pages(
        { filter: { ...filter, status: unfinished }, oldestFirst: true },
        Number.POSITIVE_INFINITY,
        breathe,
      )
    if (reachMs === 0) return
    for (const filter of selection.filters)
      await this.#pages({ filter: { ...filter, updatedSince } }, mostEnded, breathe)
  }

  async #pages(
    request: Pick<ListRequest, 'filter' | 'oldestFirst'>,
    most: number,
    breathe: () => Promise<void>,
  ): Promise<void> {
    let after: string | null = null
    let told = 0
    do {
      const page = await this.#parts.engine.list({ ...request, limit: pageSize, after })
      for (const record of page.records) this.#tell(record)
      told += page.records.length
      await breathe()
      after = page.next
    } while (after !== null && told < most)
  }

  #tell(record: JobRecord): void {
    if (this.#parts.selection.has(record)) this.#parts.told(record)
  }
}
