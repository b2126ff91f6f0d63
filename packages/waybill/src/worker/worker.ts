// The worker: its parts, and how it starts and stops.
//
//   engine ──claim──▶ Supply ──next──▶ Slots (run) ──end──▶ Ends ──outbox──▶ Exchange: apply + claim, one call ──▶ engine
//             (all of these turned by Pump)  │ progress, steps, logs ──▶ Notes ──▶ engine
//   Heartbeat (a thread) renews the fences · Watchdog finds limits, cancels, lost leases · Wakeups tell of new work · Orders: what operators say
import { isGone } from '../engine/engine.ts'
import { Heartbeat } from './heartbeat.ts'
import type { WorkerOrder } from '../engine/worker-order.ts'
import { refuseInChild } from './isolation/where.ts'
import { insist, type Patience } from './insist.ts'
import type { Attempt, Host } from './attempt.ts'
import { Notes } from './notes.ts'
import { Orders } from './orders.ts'
import type { WorkerParts } from './parts.ts'
import { Pump } from './pump.ts'
import { RunLog } from './run-log.ts'
import { slotGraceMs } from './slots.ts'
import { Steps } from './steps.ts'
import { Wakeups } from './wakeups.ts'
import { Waits, type WaitHost } from './waits.ts'
import { Watchdog } from './watchdog.ts'

/** How long handlers may take to obey the signal of a shutdown. */
const obeyMs = 2_000

export class Worker {
  readonly id: string
  readonly #parts: WorkerParts
  readonly #patience: Patience
  readonly #notes: Notes
  readonly #heartbeat: Heartbeat
  readonly #pump: Pump
  readonly #watchdog: Watchdog
  readonly #wakeups: Wakeups
  readonly #runs: RunLog
  readonly #orders: Orders
  readonly #ended = Promise.withResolvers<void>()
  #starting: Promise<void> | null = null
  #stopping: Promise<void> | null = null

  constructor(parts: WorkerParts) {
    const workerId = `w_${parts.newId()}`
    const troubled = (error: unknown) =>
      parts.log.warn({ error, worker_id: workerId }, 'the engine did not answer; trying again')
    const shared = { ...parts, workerId, troubled }
    this.id = workerId
    this.#parts = parts
    this.#patience = shared
    this.#notes = new Notes(parts.engine, shared)
    this.#heartbeat = new Heartbeat(shared)
    const runs = new RunLog(shared)
    const ran: RunLog['add'] = (type, run) => runs.add(type, run)
    const pump = new Pump({
      ...shared,
      ran,
      notes: this.#notes,
      heartbeat: this.#heartbeat,
      host: this.#host(),
      waitHost: (attempt) => this.#waitHost(attempt),
    })
    this.#runs = runs
    this.#pump = pump
    this.#watchdog = new Watchdog(parts.engine, parts.clock, parts.leaseMs, pump.slots.running, {
      softLimit: (attempt) => attempt.fireSoft(),
      hardLimit: (attempt) => pump.timeOut(attempt),
      cancelled: (attempt) => attempt.cancel(),
      lost: (attempt) => pump.lost(attempt),
      tick: (now) => pump.tick(now),
      troubled,
    })
    this.#wakeups = new Wakeups({ ...parts, random: parts.chance.random }, () => pump.wake())
    this.#orders = new Orders({ ...shared, obey: (order) => this.#obey(order) })
  }

  /** Jobs running now. */
  get active(): number {
    return this.#pump.slots.taken
  }

  /** Resolves when it was started and nothing of it is left, also when an operator stopped it. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Makes the worker known and begins to take jobs. Throws when it was started or stopped before, or the store is away. */
  start(): Promise<void> {
    if (this.#starting || this.#stopping)
      return Promise.reject(new Error(`worker ${this.id}: it was started or stopped before; make a new worker`))
    this.#starting = this.#begin()
    return this.#starting
  }

  /**
   * Takes no more jobs, gives back what has not begun, waits `graceMs` for running ones, then aborts them ("shutdown")
   * and gives them back without charging an attempt. Resolves when nothing of this worker is left.
   */
  stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#halt(options.graceMs ?? this.#parts.shutdownGraceMs)
    return this.#stopping
  }

  #host(): Host {
    return {
      dirty: (attempt) => this.#notes.dirty(attempt),
      stepsOf: (attempt: Attempt) =>
        new Steps(
          attempt,
          (note) => this.#notes.keep(note, attempt),
          () => this.#parts.engine.now(),
        ),
      waitsOf: (attempt, steps) => new Waits(attempt, steps, this.#waitHost(attempt)),
    }
  }

  #waitHost(attempt: Attempt): WaitHost {
    const { engine, clock } = this.#parts
    const { fence, signal } = attempt
    const { id } = attempt.leased.record
    const insisting = <T>(call: () => Promise<T>) => insist(call, this.#patience, signal)
    return {
      clock,
      now: () => engine.now(),
      steps: async () => {
        const [found = null] = await insisting(() => engine.get([id], { steps: true }))
        return found === null || isGone(found) ? null : (found.steps ?? [])
      },
      keep: (step) => this.#notes.keep({ id, fence, steps: [step] }, attempt),
      write: async (change) => {
        const { applied } = await insisting(() => engine.apply([change]))
        const outcome = applied[0]?.outcome ?? 'missing'
        return outcome === 'missing' ? 'lost' : outcome
      },
      park: (change) => this.#pump.ends.park(attempt, change),
    }
  }

  async #begin(): Promise<void> {
    refuseInChild()
    await this.#pump.start()
    try {
      await this.#enrol(this.#parts.leaseMs * 3)
    } catch (error) {
      await this.#pump.stopChildren()
      throw error
    }
    await this.#heartbeat.start()
    this.#watchdog.start()
    this.#wakeups.start()
    this.#orders.start()
    this.#pump.open()
  }

  #obey(order: WorkerOrder): void {
    this.#parts.log.warn({ worker_id: this.id, order }, 'an operator told this worker to stop taking jobs')
    if (order === 'quiet') return this.#pump.close()
    this.stop().catch((error: unknown) =>
      this.#parts.log.error({ error, worker_id: this.id }, 'the worker could not stop'),
    )
  }

  async #halt(graceMs: number): Promise<void> {
    if (!(await this.#hasBegun())) return
    const pump = this.#pump
    pump.close()
    await pump.drained(graceMs)
    for (const attempt of pump.slots.running.values()) attempt.abort('shutdown')
    await pump.drained(obeyMs)
    await pump.stopChildren()
    pump.giveBackRunning('shutdown')
    await pump.drained(slotGraceMs)
    await this.#close()
  }

  // A start that is under way is waited for: what it begins must end. One that failed has begun nothing.
  async #hasBegun(): Promise<boolean> {
    if (!this.#starting) return false
    return this.#starting.then(
      () => true,
      () => false,
    )
  }

  async #close(): Promise<void> {
    this.#orders.stop()
    this.#wakeups.stop()
    this.#watchdog.stop()
    this.#pump.end()
    this.#notes.stop()
    await this.#pump.drained(slotGraceMs) // what was insisted on fails now
    await this.#heartbeat.stop()
    await this.#runs.stop()
    await this.#signOff().catch((error: unknown) =>
      this.#parts.log.warn({ error, worker_id: this.id }, 'the worker could not sign off; its row runs out by itself'),
    )
    this.#ended.resolve()
  }

  async #signOff(): Promise<void> {
    await this.#enrol(0)
    await this.#orders.takeDown()
  }

  #enrol(ttlMs: number): Promise<void> {
    const { engine, queues, concurrency, name } = this.#parts
    return engine.enrol({ id: this.id, name, queues, slots: concurrency }, ttlMs)
  }
}
