// The ladder for one course: its event stream while that comes through; below it, rounds of asking.
//
//   stream ──hello──▶ live ──closed, bye, silence──▶ stream again, after a backoff
//     │ cut three times in a row, held back by a proxy, or refused
//     ▼
//   rounds of asking go on beside ever rarer tries of the stream, until one says hello
//
// An outage proves nothing: the stream is tried again within seconds. When it lasts, rounds of asking begin beside that,
// since something on the way may let only them through; until one is answered, the way is `offline`.
import type { Course } from './course.ts'
import { asError, refusesCaller } from './errors.ts'
import { pollRounds } from './poll.ts'
import { paced, rest, retryWait } from './rest.ts'
import { readStream, toldOf, verdictOn, type StreamEnd } from './stream.ts'
import type { Nudge } from './env.ts'
import type { Told } from './told.ts'
import type { Transport } from './transport.ts'

/** `live`: a stream is open. `polling`: asking again and again. `offline`: the server does not answer. */
export type Way = 'connecting' | 'live' | 'polling' | 'offline'

const worstFirst: readonly Way[] = ['offline', 'connecting', 'polling', 'live']

/** Streams that fail so often in a row are given up for a while. */
const streamTries = 3
/** A stream that lived so long after its hello has not failed. */
const soundMs = 10_000
const firstStepUpMs = 30_000
const lastStepUpMs = 300_000

export interface LaneOptions {
  /** How the lane before it fared: one that has to ask in rounds does so from the start. */
  way: Way
  /** The way has changed, or the first stream has opened or failed. */
  onChange: () => void
}

export class Lane {
  readonly #transport: Transport
  readonly #course: Course
  readonly #told: Told
  readonly #onChange: () => void
  readonly #over = new AbortController()
  #way: Way
  #opening = true
  #attempt: AbortController | null = null
  #resting: AbortController | null = null
  #polls: AbortController | null = null
  #lastEventId: string | null = null
  /** Streams in a row that were cut, or did not come through. */
  #failures = 0
  /** The same, when nobody answered. */
  #outages = 0

  constructor(transport: Transport, course: Course, told: Told, { way, onChange }: LaneOptions) {
    this.#transport = transport
    this.#course = course
    this.#told = told
    this.#way = way
    this.#onChange = onChange
    if (way === 'polling') this.#poll()
    void this.#run()
  }

  get way(): Way {
    return this.#way
  }

  /** Nothing is left to bring. */
  get over(): boolean {
    return this.#course.over
  }

  /** The first stream has neither said hello nor failed yet. */
  get opening(): boolean {
    return this.#opening
  }

  stop(): void {
    this.#over.abort()
    this.nudge('network')
    this.#polls?.abort()
  }

  /** Waits no longer. On a changed network the open stream may be dead without knowing it. */
  nudge(nudge: Nudge): void {
    this.#resting?.abort()
    if (nudge === 'network') this.#attempt?.abort()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const attempt = (this.#attempt = new AbortController())
      const end = await this.#stream(attempt.signal)
      this.#opened()
      if (this.#stopped) return
      if (attempt.signal.aborted) continue // nudged
      if (refusesCaller(end.error)) return this.#told.fail(asError(end.error))
      await this.#rest(this.#judge(end))
    }
  }

  // What the end of a stream changes, and the milliseconds until the next one.
  #judge(end: StreamEnd): number {
    const verdict = verdictOn(end)
    if (verdict === 'outage') return this.#unreached(end)
    this.#outages = 0
    this.#failures = (end.openMs ?? 0) >= soundMs ? 1 : this.#failures + 1
    if (verdict === 'useless' || this.#failures >= streamTries) {
      this.#poll()
      return this.#stepUpMs()
    }
    if (!this.#polls) this.#say('connecting')
    return retryWait(this.#transport.env, toldOf(end), this.#failures)
  }

  #unreached(end: StreamEnd): number {
    if (++this.#outages >= streamTries) this.#poll()
    if (this.#way === 'polling') return this.#stepUpMs()
    this.#say('offline')
    return retryWait(this.#transport.env, toldOf(end), this.#outages)
  }

  get #stopped(): boolean {
    return this.#over.signal.aborted || this.#course.over
  }

  async #stream(signal: AbortSignal): Promise<StreamEnd> {
    return readStream(this.#transport, {
      path: this.#course.stream(),
      lastEventId: this.#lastEventId,
      signal,
      room: () => this.#course.room(),
      on: (event) => {
        if (signal.aborted) return
        if (event.type === 'hello') this.#live()
        this.#told.event(event)
        this.#lastEventId = event.id || this.#lastEventId
      },
    })
  }

  #live(): void {
    this.#polls?.abort()
    this.#polls = null
    this.#outages = 0
    this.#say('live')
    this.#opened()
  }

  #poll(): void {
    if (this.#polls) return
    const polls = (this.#polls = new AbortController())
    const say = (reached: boolean) => {
      if (polls.signal.aborted) return
      if (reached && this.#way === 'offline') this.#resting?.abort() // back again: so may be the stream
      this.#say(reached ? 'polling' : 'offline')
    }
    void pollRounds(this.#transport.env, this.#course, this.#told, { signal: polls.signal, say })
  }

  async #rest(ms: number): Promise<void> {
    this.#resting = new AbortController()
    await rest(this.#transport.env, ms, this.#resting.signal)
    this.#resting = null
  }

  #stepUpMs(): number {
    const times = Math.max(0, this.#failures - streamTries)
    return paced(this.#transport.env, Math.min(lastStepUpMs, firstStepUpMs * 2 ** Math.min(times, 10)))
  }

  #opened(): void {
    if (!this.#opening) return
    this.#opening = false
    this.#onChange()
  }

  #say(way: Way): void {
    if (this.#way === way || this.#over.signal.aborted) return
    this.#way = way
    this.#onChange()
  }
}

/** How it stands with all of them together; null when there are none. */
export function worstOf(lanes: readonly Lane[]): Way | null {
  return worstFirst.find((way) => lanes.some((lane) => lane.way === way)) ?? null
}
