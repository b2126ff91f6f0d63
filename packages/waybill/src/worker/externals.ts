// The external work of this process: one heartbeat and one watchdog for all of it, started with the first.
import { isGone } from '../engine/engine.ts'
import type { Change } from '../job/change.ts'
import { due, released } from '../job/decide.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { isEnd } from '../job/status.ts'
import { pause } from '../lib/clock.ts'
import { Attempt, type Host } from './attempt.ts'
import { ExternalWork } from './external-work.ts'
import { Heartbeat } from './heartbeat.ts'
import { insist } from './insist.ts'
import { Notes } from './notes.ts'
import type { WorkerParts } from './parts.ts'
import { slotGraceMs } from './slots.ts'
import { Steps } from './steps.ts'
import { Watchdog } from './watchdog.ts'

export type ExternalsParts = Pick<
  WorkerParts,
  'engine' | 'engineUrl' | 'leaseMs' | 'clock' | 'log' | 'telemetry' | 'newId' | 'chance'
>

/** External jobs wait here, scheduled for a time that never comes: only whoever made one takes it. */
export const externalQueue = 'external'

/** A worker that serves all queues may snatch a job in passing; it gives it back, and we try again. */
const tries = 40
const betweenTriesMs = 25
/** A job snatched in passing stays away from everybody but its owner. */
const awayMs = 86_400_000

export class Externals {
  readonly #parts: ExternalsParts
  readonly #workerId: string
  readonly #notes: Notes
  readonly #heartbeat: Heartbeat
  readonly #watchdog: Watchdog
  readonly #running = new Map<string, Attempt>()
  readonly #works = new WeakMap<Attempt, ExternalWork>()
  readonly #closing = new AbortController()
  #started: Promise<void> | null = null
  /** One after the other: together they would snatch each other's. */
  #adopting: Promise<unknown> = Promise.resolve()

  constructor(parts: ExternalsParts) {
    const { engine, clock, leaseMs, log, newId } = parts
    const workerId = `x_${newId()}`
    const troubled = (error: unknown) =>
      log.warn({ error, worker_id: workerId }, 'the engine did not answer; trying again')
    this.#parts = parts
    this.#workerId = workerId
    this.#notes = new Notes(engine, { clock, troubled })
    this.#heartbeat = new Heartbeat({ ...parts, workerId })
    this.#watchdog = new Watchdog(engine, clock, leaseMs, this.#running, {
      softLimit: (attempt) => attempt.fireSoft(),
      hardLimit: (attempt) => void this.#works.get(attempt)?.timeOut().catch(troubled),
      cancelled: (attempt) => attempt.cancel(),
      lost: (attempt) => this.#lost(attempt),
      tick: (now) => this.#heartbeat.alive(this.#longest(now)),
      troubled,
    })
  }

  /** Takes a job that was stored for this process. Throws `engine_unavailable` when it cannot be had. */
  adopt(id: string, definition: AnyJobDefinition): Promise<ExternalWork> {
    const adopted = this.#adopting.then(() => this.#adopt(id, definition))
    this.#adopting = adopted.catch(() => null)
    return adopted
  }

  async #adopt(id: string, definition: AnyJobDefinition): Promise<ExternalWork> {
    await (this.#started ??= this.#start())
    for (let i = 0; i < tries; i++) {
      const attempt = await this.#take(id)
      if (attempt) return this.#begin(attempt, definition)
      await pause(this.#parts.clock, betweenTriesMs, this.#closing.signal, true)
    }
    throw new WaybillError('engine_unavailable', `external job ${id} could not be taken; try again`, { retryAfter: 1 })
  }

  /** Work that has not ended by now is left to run out: this process is about to end. */
  async stop(): Promise<void> {
    this.#closing.abort()
    if (!this.#started) return
    await this.#started
    this.#watchdog.stop()
    this.#notes.stop()
    await this.#heartbeat.stop()
  }

  async #start(): Promise<void> {
    await this.#heartbeat.start()
    this.#watchdog.start()
  }

  async #take(id: string): Promise<Attempt | null> {
    const { engine, leaseMs, clock, newId } = this.#parts
    const [found] = await engine.get([id])
    if (!found || isGone(found) || isEnd(found.record.status)) throw ended(id)
    const changes = found.record.status === 'scheduled' ? [due(found.record)] : []
    const terms = { workerId: this.#workerId, leaseMs, claimId: newId(), begins: 1 }
    const { claimed } = await engine.apply(changes, { ...terms, queues: [externalQueue], max: 1 })
    const [leased] = claimed?.jobs ?? []
    if (!claimed || !leased) return null
    if (leased.record.id === id) return new Attempt(leased, claimed.fence, clock.now(), this.#host())
    await engine.apply([released(leased.record, claimed.fence, 'snatched in passing', awayMs)])
    return null
  }

  #host(): Host {
    return {
      dirty: (attempt) => this.#notes.dirty(attempt),
      stepsOf: (attempt) =>
        new Steps(
          attempt,
          (note) => this.#notes.keep(note, attempt),
          () => this.#parts.engine.now(),
        ),
      waitsOf: () => {
        throw new TypeError('external work waits by itself, outside of Waybill')
      },
    }
  }

  #begin(attempt: Attempt, definition: AnyJobDefinition): ExternalWork {
    const { chance, clock } = this.#parts
    const work = new ExternalWork(attempt, {
      definition,
      chance,
      last: (one) => this.#notes.last(one),
      store: (change) => this.#store(change),
      gone: (one, end) => this.#gone(one, end),
    })
    this.#running.set(work.id, attempt)
    this.#works.set(attempt, work)
    this.#heartbeat.claimed(attempt.fence, 1)
    this.#heartbeat.alive(this.#longest(clock.now()))
    return work
  }

  async #store(change: Change) {
    const { engine, clock, log } = this.#parts
    const troubled = (error: unknown) => log.warn({ error }, 'the end of external work waits for the store')
    const { applied } = await insist(() => engine.apply([change]), { clock, troubled }, this.#closing.signal)
    return applied[0] ?? { outcome: 'missing' as const }
  }

  #lost(attempt: Attempt): void {
    attempt.abort('lease_lost')
    this.#gone(attempt, null)
  }

  #gone(attempt: Attempt, end: Change | null): void {
    this.#notes.forget(attempt)
    if (this.#running.get(attempt.leased.record.id) !== attempt) return
    this.#running.delete(attempt.leased.record.id)
    this.#heartbeat.ended(attempt.fence)
    if (end && isEnd(end.to)) this.#count(attempt, end.to)
  }

  #count({ leased: { record }, begunAt }: Attempt, outcome: 'completed' | 'failed' | 'cancelled'): void {
    const { queue, type } = record
    this.#parts.telemetry.finished({ queue, type, outcome, waitMs: 0, runMs: this.#parts.clock.now() - begunAt })
  }

  // Until when the heartbeat goes on by itself, should the event loop be blocked.
  #longest(now: number): number {
    const ends = [...this.#running.values()].map(({ begunAt, leased }) => begunAt + leased.record.policy.timeoutMs)
    return Math.max(now + this.#parts.leaseMs, ...ends) + slotGraceMs
  }
}

function ended(id: string): WaybillError {
  return new WaybillError('job_finished', `external job ${id} ended before it began`)
}
