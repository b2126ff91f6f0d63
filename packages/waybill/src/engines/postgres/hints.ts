// Hints: this process's own commits are told precisely and at once; those of others come by LISTEN. Since messages may be
// lost or not heard at all (PgBouncer, a broken connection), a slow look at the server's log position backs them up.
//
//   deaf ──listener hears──▶ hearing (look every 2 s, listen for one's own voice every 10 s)
//     ▲ (look every 500 ms, try to listen again)       │
//     └────────────── connection lost ─────────────────┘
import { textOrNull } from '../../engine/stored-rows.ts'
import type { Client } from 'pg'
import type { Hint } from '../../engine/engine.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Db } from './db.ts'
import { Listener } from './listener.ts'
import type { Notifier } from './notifier.ts'

const deafMs = 500
const hearingMs = 2_000
const beatsBetweenEchoes = 5
const mostBeatsBetweenTries = 20
const unknown: Hint = { ids: null, queues: null }
const position = 'SELECT pg_current_wal_insert_lsn()::text AS position'

export interface HintParts {
  db: Db
  clock: Clock
  notifier: Notifier
  channel: string
  self: string
  connect: () => Client
}

export class Hints {
  readonly #parts: HintParts
  readonly #listener: Listener
  readonly #listeners = new Set<(hint: Hint) => void>()
  #hearing = false
  /** How often it has begun to hear. */
  #times = 0
  #opening = false
  #seen = ''
  #beats = 0
  #nextTry = 0
  #tries = 0
  #forget: (() => void) | null = null

  constructor(parts: HintParts) {
    this.#parts = parts
    const { clock, channel, connect, notifier } = parts
    this.#listener = new Listener({
      clock,
      channel,
      connect,
      probe: () => notifier.probe(),
      heard: ({ from, ids, queues }) => {
        if (from !== parts.self) this.tell({ ids, queues })
      },
      lost: () => this.#lost(),
    })
  }

  add(listener: (hint: Hint) => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#start()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.stop()
    }
  }

  tell(hint: Hint): void {
    for (const listener of this.#listeners) listener(hint)
  }

  /** Stays the same while notifications arrive unbroken; null while they do not. */
  get hearing(): number | null {
    return this.#hearing ? this.#times : null
  }

  /** Whether notifications arrive here, tried on a connection of its own. */
  async canHear(): Promise<boolean> {
    const { clock, channel, connect, notifier } = this.#parts
    const probe = () => notifier.probe()
    const listener = new Listener({ clock, channel, connect, probe, heard() {}, lost() {} })
    return listener.open().finally(() => listener.close())
  }

  stop(): void {
    this.#forget?.()
    this.#forget = null
    this.#hearing = false
    this.#listener.close()
  }

  #start(): void {
    this.#tries = 0
    this.#nextTry = 0
    this.#beats = 0
    void this.#open()
    this.#beat()
  }

  async #open(): Promise<void> {
    if (this.#opening) return
    this.#opening = true
    const hearing = await this.#listener.open()
    this.#opening = false
    if (this.#listeners.size === 0) return this.#listener.close()
    this.#hearing = hearing
    if (hearing) {
      this.#tries = 0
      this.#times++
      this.tell(unknown) // something may have happened before it heard
    }
  }

  #lost(): void {
    this.#hearing = false
    if (this.#listeners.size > 0) this.tell(unknown)
  }

  #beat(): void {
    this.#forget = this.#parts.clock.after(this.#hearing ? hearingMs : deafMs, () => void this.#round())
  }

  async #round(): Promise<void> {
    this.#beats++
    await this.#look()
    if (this.#listeners.size === 0) return
    if (this.#hearing && this.#beats % beatsBetweenEchoes === 0) await this.#listener.hears()
    else if (!this.#hearing && this.#beats >= this.#nextTry) this.#tryAgain()
    if (this.#listeners.size > 0) this.#beat()
  }

  #tryAgain(): void {
    this.#nextTry = this.#beats + Math.min(2 ** this.#tries++, mostBeatsBetweenTries)
    void this.#open()
  }

  // Nothing was written anywhere while the position stands still.
  async #look(): Promise<void> {
    const [row] = await this.#parts.db.rows(position).catch(() => [])
    const seen = textOrNull(row?.['position'])
    if (seen === null || seen === this.#seen) return
    this.#seen = seen
    this.tell(unknown)
  }
}
