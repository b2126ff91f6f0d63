// All event streams of one server: how many a user and the server may have, one heartbeat timer for all, and their end.
import { WaybillError } from '../../job/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { heartbeatMs, type ByeReason } from './frames.ts'
import { EventStream } from './stream.ts'
import { Turns } from './turns.ts'

const maxAgeMs = 3_600_000
/** Streams are looked at in turn, some each time, so that ten thousand heartbeats are not one long halt. */
const lookMs = 250
const looksABeat = heartbeatMs / lookMs

export interface StreamLimits {
  perUser: number
  inAll: number
}

export class Streams {
  readonly #clock: Clock
  readonly #limits: StreamLimits
  readonly #turns: Turns
  /** The one that gave a sign of life longest ago stands first. */
  readonly #open = new Set<EventStream>()
  readonly #byUser = new Map<string, number>()
  #forgetLook: (() => void) | null = null

  constructor(clock: Clock, limits: StreamLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#turns = new Turns(clock)
  }

  get size(): number {
    return this.#open.size
  }

  /** Makes a stream; `user` is null for those who are not counted (operators). Throws `too_many_active`. */
  open(user: string | null, toldUntil: () => number, expiresAt: number | undefined): EventStream {
    this.#admit(user)
    const stream = new EventStream({ clock: this.#clock, turns: this.#turns, toldUntil })
    this.#open.add(stream)
    if (user !== null) this.#count(user, 1)
    const forgetExpiry = this.#expiry(stream, expiresAt)
    stream.onClose(() => {
      forgetExpiry()
      this.#open.delete(stream)
      if (user !== null) this.#count(user, -1)
      if (this.#open.size === 0) this.#rest()
    })
    this.#forgetLook ??= this.#look()
    return stream
  }

  endAll(reason: ByeReason): void {
    for (const stream of this.#open) stream.bye(reason)
  }

  #admit(user: string | null): void {
    const { perUser, inAll } = this.#limits
    if (this.#open.size >= inAll) {
      throw new WaybillError('too_many_active', `this server has ${inAll} event streams open, its limit`, {
        retryAfter: 10,
      })
    }
    if (user !== null && (this.#byUser.get(user) ?? 0) >= perUser) {
      const detail = `you have ${perUser} event streams open, the limit; one stream can watch many jobs (GET /events?jobs=…)`
      throw new WaybillError('too_many_active', detail, { retryAfter: 10 })
    }
  }

  #count(user: string, by: number): void {
    const next = (this.#byUser.get(user) ?? 0) + by
    if (next <= 0) this.#byUser.delete(user)
    else this.#byUser.set(user, next)
  }

  #expiry(stream: EventStream, expiresAt: number | undefined): () => void {
    if (expiresAt === undefined) return () => {}
    return this.#clock.after(expiresAt - this.#clock.now(), () => stream.bye('token_expired'))
  }

  #look(): () => void {
    return this.#clock.after(lookMs, () => {
      this.#beatSome(Math.ceil((2 * this.#open.size) / looksABeat))
      this.#forgetLook = this.#open.size > 0 ? this.#look() : null
    })
  }

  #beatSome(most: number): void {
    const due = this.#clock.now() - heartbeatMs + lookMs
    for (const stream of this.#open) {
      if (most-- <= 0 || stream.beatAt > due) return
      this.#open.delete(stream)
      this.#open.add(stream)
      if (stream.openMs > maxAgeMs) stream.bye('max_age')
      else stream.beat()
    }
  }

  #rest(): void {
    this.#forgetLook?.()
    this.#forgetLook = null
  }
}
