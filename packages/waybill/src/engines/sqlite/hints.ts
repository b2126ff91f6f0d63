// Hints: this process's own commits are told precisely; commits of other processes are noticed through the WAL file
// (an inotify-like event) and, since events may be lost, by a slow look at SQLite's data version. The event comes when
// the log is written, a moment before the commit is visible: the look is repeated at growing distances until it is.
import { watch, type FSWatcher } from 'node:fs'
import type { Hint } from '../../engine/engine.ts'
import type { Clock } from '../../lib/clock.ts'

const backstopMs = 500
/** After an event, and after each time something was seen: looks at 0, 1, 2, 4 … ms, until this is passed. */
const alertMs = 256
const unknown: Hint = { ids: null, queues: null }

export class Hints {
  readonly #path: string | null
  readonly #clock: Clock
  readonly #version: () => number
  readonly #listeners = new Set<(hint: Hint) => void>()
  #seen = 0
  #watcher: FSWatcher | null = null
  #forget: (() => void) | null = null
  #alert: (() => void) | null = null
  #step = 0

  /** `version` changes when another connection has committed. `path` null: nobody else can. */
  constructor(path: string | null, clock: Clock, version: () => number) {
    this.#path = path
    this.#clock = clock
    this.#version = version
  }

  add(listener: (hint: Hint) => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#start()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.stop()
    }
  }

  get wanted(): boolean {
    return this.#listeners.size > 0
  }

  tell(hint: Hint): void {
    for (const listener of this.#listeners) listener(hint)
  }

  stop(): void {
    this.#watcher?.close()
    this.#watcher = null
    this.#forget?.()
    this.#forget = null
    this.#alert?.()
    this.#alert = null
  }

  #start(): void {
    if (this.#path === null) return
    this.#seen = this.#version()
    this.#watchFile(this.#path)
    this.#beat()
  }

  #watchFile(path: string): void {
    try {
      this.#watcher = watch(`${path}-wal`, { persistent: false }, () => this.#soon())
      this.#watcher.on('error', () => this.#watcher?.close()) // the beat goes on without it
    } catch {
      this.#watcher = null // no such events on this file system: the beat alone
    }
  }

  #beat(): void {
    this.#forget = this.#clock.after(this.#watcher ? backstopMs : 10, () => {
      this.#look()
      if (this.wanted) this.#beat()
    })
  }

  // Many events arrive for one commit; each begins the row of looks anew, and only one row runs. A look that is far off
  // is not waited for.
  #soon(): void {
    const isNear = this.#alert !== null && this.#step <= 1
    this.#step = 0.5
    if (isNear) return
    this.#alert?.()
    this.#alert = this.#clock.after(0, () => this.#lookAgain())
  }

  // Also after something was seen: the event may have been that of a later commit, which is not visible yet.
  #lookAgain(): void {
    this.#alert = null
    this.#step = this.#look() ? 1 : this.#step * 2
    if (this.#step > alertMs || !this.wanted) return
    this.#alert = this.#clock.after(this.#step, () => this.#lookAgain())
  }

  #look(): boolean {
    if (!this.wanted) return false
    const version = this.#version()
    if (version === this.#seen) return false
    this.#seen = version
    this.tell(unknown)
    return true
  }
}
