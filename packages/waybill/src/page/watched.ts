// One thing that a page watches, for all who look at it. Begins with the first looker and outlives the last one for some
// seconds: components are mounted twice, and routes change back.
//
//   nobody ──look──▶ running ──last one leaves──▶ lingering ──5 s──▶ gone
//                      ▲  │ page hidden for long       │
//                      │  ▼                            │
//                     paused                 look ─────┘ running as before
import type { WaybillClientError } from '../client/index.ts'
import type { Connection, Snapshot } from './snapshot.ts'
import type { PageEnv } from './visibility.ts'

/** After its last looker left, the watch lasts so long. */
const lingerMs = 5_000

/** Watches until all has ended or `signal` aborts, calling `see` for each new value. Rejects when no more can be known. */
export type Feed<Value> = (signal: AbortSignal, see: (change: (value: Value) => Value) => void) => Promise<void>

export interface WatchedOptions<Value> {
  page: PageEnv
  initial: Snapshot<Value>
  feed: Feed<Value>
  /** How it stands with the way to the server. */
  connection(): Connection
  /** What an error of the feed means. */
  failure(error: unknown): { connection: Connection; error: WaybillClientError }
  /** Nobody has looked for some seconds. */
  gone(): void
}

/** A watch, whatever its values. */
export interface Watch {
  readonly running: boolean
  readonly snapshot: { readonly connection: Connection }
  pause(): void
  resume(): void
  connected(): void
}

export class Watched<Value> implements Watch {
  readonly #options: WatchedOptions<Value>
  readonly #listeners = new Set<() => void>()
  #snapshot: Snapshot<Value>
  #run: AbortController | null = null
  #forget: () => void = () => {}

  constructor(options: WatchedOptions<Value>) {
    this.#options = options
    this.#snapshot = options.initial
  }

  get snapshot(): Snapshot<Value> {
    return this.#snapshot
  }

  /** Calls `listener` at each change. The answer stops it. */
  look(listener: () => void): () => void {
    const call = () => listener() // one a caller, also when two share a function
    this.#forget()
    this.#listeners.add(call)
    if (this.#snapshot.error !== null) this.resume()
    return () => {
      if (this.#listeners.delete(call) && this.#listeners.size === 0) this.#linger()
    }
  }

  /** Watches (again); a watch under way goes on. */
  resume(): void {
    if (this.#run) return
    const run = (this.#run = new AbortController())
    this.#set({ connection: this.#options.connection() })
    const see = (change: (value: Value) => Value) => this.#set({ value: change(this.#snapshot.value), error: null })
    this.#options.feed(run.signal, see).then(
      () => this.#over(run, { connection: 'idle', error: null }),
      (error: unknown) => this.#over(run, this.#options.failure(error)),
    )
  }

  get running(): boolean {
    return this.#run !== null
  }

  /** Stops, and keeps what is known. */
  pause(): void {
    this.#run?.abort()
    this.#run = null
  }

  /** The way to the server has changed. */
  connected(): void {
    if (this.#run) this.#set({ connection: this.#options.connection() })
  }

  /** A value that was come by otherwise. */
  change(to: (value: Value) => Value): void {
    this.#set({ value: to(this.#snapshot.value) })
  }

  #over(run: AbortController, end: Pick<Snapshot<Value>, 'connection' | 'error'>): void {
    if (this.#run !== run) return
    this.#run = null
    this.#set(end)
  }

  #set(change: Partial<Snapshot<Value>>): void {
    const next = { ...this.#snapshot, ...change }
    const { value, connection, error } = this.#snapshot
    if (next.value === value && next.connection === connection && next.error === error) return
    this.#snapshot = next
    for (const listener of this.#listeners) listener()
  }

  #linger(): void {
    this.#forget = this.#options.page.after(lingerMs, () => {
      this.pause()
      this.#options.gone()
    })
  }
}
