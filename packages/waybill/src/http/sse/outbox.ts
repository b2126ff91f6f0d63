// What a stream still has to send while its reader is slow. A job's newer event replaces its older one, so that a slow
// reader gets each job once, in its newest form; log lines keep their order.
import type { WatchEvent } from '../../watch/events.ts'
import { eventFrame } from './frames.ts'

interface Waiting {
  bytes: number
  text: () => string
  /** A whole job, which progress must not replace. */
  whole?: true
}

export class Outbox {
  readonly #waiting = new Map<string, Waiting>()
  #bytes = 0
  #texts = 0

  get empty(): boolean {
    return this.#waiting.size === 0
  }

  /** Roughly what waits here. */
  get bytes(): number {
    return this.#bytes
  }

  add(event: WatchEvent): void {
    if (event.type === 'sync') this.#put('sync', { bytes: 32, text: () => eventFrame(event) })
    else if (event.type === 'gone') this.#put(event.id, { bytes: 64, text: () => eventFrame(event) })
    else this.#replace(event)
  }

  /** Text that nothing replaces. */
  addText(text: string): void {
    this.#put(`text ${this.#texts++}`, { bytes: text.length, text: () => text })
  }

  /** Takes the oldest. */
  next(): string | null {
    for (const [key, waiting] of this.#waiting) {
      this.#drop(key)
      return waiting.text()
    }
    return null
  }

  clear(): void {
    this.#waiting.clear()
    this.#bytes = 0
  }

  // Progress that comes while a whole job waits must not replace it: then the whole job in its newest form goes.
  #replace(event: Extract<WatchEvent, { id: string; rev: number }>): void {
    const sent = this.#waiting.get(event.id)?.whole ? event.whole : event
    const text = (): string => eventFrame(sent)
    if (sent.type === 'progress') this.#put(event.id, { bytes: 400, text })
    else this.#put(event.id, { bytes: event.entry.bytes, text, whole: true })
  }

  // What takes another's place takes its turn too, so that nothing slips behind `sync`.
  #put(key: string, waiting: Waiting): void {
    this.#bytes -= this.#waiting.get(key)?.bytes ?? 0
    this.#waiting.set(key, waiting)
    this.#bytes += waiting.bytes
  }

  #drop(key: string): void {
    const waiting = this.#waiting.get(key)
    if (!waiting) return
    this.#waiting.delete(key)
    this.#bytes -= waiting.bytes
  }
}
