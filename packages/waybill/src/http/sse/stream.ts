// One event stream: what it is told waits in its outbox until its turn to write, or, while the reader does not take,
// longer. Says `bye` when it must end. Knows nothing of HTTP.
//
//   send ─▶ outbox ─▶ its turn, and the reader takes ─▶ connection
import type { WatchEvent } from '../../watch/events.ts'
import type { Clock } from '../../lib/clock.ts'
import { byeFrame, heartbeat, idLine, type ByeReason } from './frames.ts'
import { Outbox } from './outbox.ts'
import type { Sink } from './sink.ts'
import type { Turns, Writer } from './turns.ts'

/** Bytes handed to the connection before waiting for its reader. */
const handOver = 64 * 1024
const mostUnsent = 1024 * 1024
/** How long the first state waits for its reader to take anything. */
const patienceMs = 30_000
/** After `bye`, how long the connection may take to pass it on. */
const partingMs = 5_000

export interface StreamParts {
  clock: Clock
  turns: Turns
  /** Becomes the event id, once the present state has been told and nothing waits. */
  toldUntil: () => number
}

export class EventStream implements Writer {
  readonly #parts: StreamParts
  readonly #onClose: (() => void)[] = []
  readonly #outbox = new Outbox()
  readonly #openedAt: number
  /** When it last gave a sign of life by itself. */
  beatAt: number
  #sink: Sink | null = null
  /** The present state has been told: from now on events bear ids. */
  #synced = false
  #syncWaits = false
  #closed = false
  #roomWanted: { since: number; give: () => void } | null = null

  constructor(parts: StreamParts) {
    this.#parts = parts
    this.beatAt = this.#openedAt = parts.clock.now()
  }

  get closed(): boolean {
    return this.#closed
  }

  /** For `max_age`. */
  get openMs(): number {
    return this.#parts.clock.now() - this.#openedAt
  }

  start(sink: Sink, hello: string): void {
    this.#sink = sink
    sink.write(hello)
  }

  onClose(fn: () => void): void {
    if (this.#closed) fn()
    else this.#onClose.push(fn)
  }

  send(event: WatchEvent): void {
    if (this.#closed) return
    if (event.type === 'sync') this.#syncWaits = true
    this.#outbox.add(event)
    this.#parts.turns.ask(this)
  }

  sendText(text: string): void {
    if (this.#closed) return
    this.#outbox.addText(text)
    this.#parts.turns.ask(this)
  }

  /** Resolves when the reader has taken most of what it was told, so that a first state of any size fits. */
  readonly room = (): Promise<void> | null => {
    if (this.#closed || this.#outbox.bytes < handOver) return null
    return new Promise((resolve) => (this.#roomWanted = { since: this.#parts.clock.now(), give: resolve }))
  }

  beat(): void {
    this.beatAt = this.#parts.clock.now()
    if (this.#isSlow) this.bye('slow')
    else if (this.#outbox.empty && this.#roomy) this.#sink?.write(heartbeat)
  }

  bye(reason: ByeReason): void {
    const sink = this.#sink
    if (this.#closed || !sink) return
    this.#pour()
    this.over()
    sink.end(byeFrame(reason))
    this.#parts.clock.after(partingMs, () => sink.cut())
  }

  // Whoever is not roomy in its turn was given what it holds in an earlier one, and has not taken it.
  write(): void {
    if (this.#isSlow) return this.bye('slow')
    this.#pour()
    if (this.#outbox.bytes > mostUnsent) this.#parts.turns.ask(this) // by then it is known whether it takes any
  }

  /** The reader has taken what it was given. */
  readonly drained = (): void => this.#pour()

  /** The connection has gone, or is about to be ended. */
  readonly over = (): void => {
    if (this.#closed) return
    this.#closed = true
    this.#outbox.clear()
    this.#parts.turns.drop(this)
    this.#giveRoom()
    for (const fn of this.#onClose.splice(0)) fn()
  }

  get #roomy(): boolean {
    return this.#sink !== null && this.#sink.unsent < handOver
  }

  get #isSlow(): boolean {
    if (this.#sink === null || this.#roomy) return false
    const { since = Infinity } = this.#roomWanted ?? {}
    return this.#outbox.bytes + this.#sink.unsent > mostUnsent || this.#parts.clock.now() - since > patienceMs
  }

  #pour(): void {
    while (!this.#closed && this.#roomy && !this.#outbox.empty) this.#sink?.write(this.#chunk())
    if (this.#outbox.bytes < handOver) this.#giveRoom()
  }

  #giveRoom(): void {
    this.#roomWanted?.give()
    this.#roomWanted = null
  }

  // An id says that everything before it has been told, so no event bears one while others wait.
  #chunk(): string {
    let chunk = ''
    for (let text = this.#outbox.next(); text !== null; text = this.#outbox.next()) {
      if (this.#outbox.empty && this.#syncWaits) this.#synced = true
      chunk += this.#outbox.empty && this.#synced ? idLine(this.#parts.toldUntil()) + text : text
      if (chunk.length >= handOver) break
    }
    return chunk
  }
}
