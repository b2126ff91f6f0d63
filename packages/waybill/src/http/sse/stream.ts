// One event stream: writes while the reader takes, keeps the newest of each job while it does not, and says `bye` when
// it must end. Knows nothing of HTTP.
import type { WatchEvent } from '../../watch/events.ts'
import type { Clock } from '../../lib/clock.ts'
import { byeFrame, eventFrame, heartbeat, idLine, type ByeReason } from './frames.ts'
import { Outbox } from './outbox.ts'
import type { Sink } from './sink.ts'

/** Bytes handed to the connection before waiting for its reader. */
const handOver = 64 * 1024
const mostUnsent = 1024 * 1024
/** How long a reader may take for its first snapshot, which may be larger than that. */
const snapshotMs = 30_000
/** After `bye`, how long the connection may take to pass it on. */
const partingMs = 5_000

export class EventStream {
  readonly #clock: Clock
  readonly #toldUntil: () => number
  readonly #onClose: (() => void)[] = []
  readonly #outbox = new Outbox()
  readonly #openedAt: number
  #sink: Sink | null = null
  /** The present state has been told: from now on events bear ids. */
  #synced = false
  #syncWaits = false
  #closed = false

  /** `toldUntil` becomes the event id once the present state has been told. */
  constructor(clock: Clock, toldUntil: () => number) {
    this.#clock = clock
    this.#toldUntil = toldUntil
    this.#openedAt = clock.now()
  }

  get closed(): boolean {
    return this.#closed
  }

  /** For `max_age`. */
  get openMs(): number {
    return this.#clock.now() - this.#openedAt
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
    if (this.#blocked) return this.#keep(() => this.#outbox.add(event))
    if (this.#syncWaits) this.#synced = true
    this.#write(eventFrame(event))
  }

  sendText(text: string): void {
    if (this.#closed) return
    if (this.#blocked) this.#keep(() => this.#outbox.addText(text))
    else this.#write(text)
  }

  beat(): void {
    if (this.#blocked) this.#checkPace()
    else this.#sink?.write(heartbeat)
  }

  bye(reason: ByeReason): void {
    const sink = this.#sink
    if (this.#closed || !sink) return
    this.over()
    sink.end(byeFrame(reason))
    this.#clock.after(partingMs, () => sink.cut())
  }

  /** The reader has taken what it was given. */
  readonly drained = (): void => {
    while (!this.#outbox.empty && this.#roomy) this.#write(this.#outbox.next() ?? '')
    if (this.#outbox.empty && this.#syncWaits) this.#synced = true
  }

  /** The connection has gone, or is about to be ended. */
  readonly over = (): void => {
    if (this.#closed) return
    this.#closed = true
    this.#outbox.clear()
    for (const fn of this.#onClose.splice(0)) fn()
  }

  get #roomy(): boolean {
    return this.#sink !== null && this.#sink.unsent < handOver
  }

  get #blocked(): boolean {
    return !this.#outbox.empty || !this.#roomy
  }

  #keep(add: () => void): void {
    add()
    this.#checkPace()
  }

  #write(text: string): void {
    this.#sink?.write(this.#synced ? idLine(this.#toldUntil()) + text : text)
  }

  #checkPace(): void {
    const unsent = this.#outbox.bytes + (this.#sink?.unsent ?? 0)
    const patient = !this.#synced && this.openMs < snapshotMs
    if (unsent > mostUnsent && !patient) this.bye('slow')
  }
}
