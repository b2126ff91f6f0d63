// The worker: where its parts meet, and how it starts and stops.
//
//   engine ──claim──▶ Supply ──next──▶ Slots (run) ──end──▶ Ends ──outbox──▶ Exchange: apply + claim, one call ──▶ engine
//                                        │ progress, steps, logs ──▶ Notes ──▶ engine
//                   Heartbeat (a thread) renews the fences · Watchdog finds limits, cancels, lost leases
import type { Engine } from '../engine/engine.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import type { Telemetry } from '../job/telemetry.ts'
import { pause, type Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Logger } from '../lib/log.ts'
import { Attempt, type Host, type StepRunner } from './attempt.ts'
import { Ends } from './ends.ts'
import { Exchange } from './exchange.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Held } from './local-queue.ts'
import { Notes } from './notes.ts'
import type { Chance } from './outcome.ts'
import { run } from './run.ts'
import { Slots, slotGraceMs } from './slots.ts'
import { Steps } from './steps.ts'
import { Supply } from './supply.ts'
import { Wakeups } from './wakeups.ts'
import { Watchdog } from './watchdog.ts'

export interface WorkerParts {
  engine: Engine
  /** For the heartbeat's own connection; null: none can be made. */
  engineUrl: string | null
  jobs: ReadonlyMap<string, AnyJobDefinition>
  /** Empty: all queues. */
  queues: string[]
  concurrency: number
  leaseMs: number
  shutdownGraceMs: number
  name: string
  clock: Clock
  log: Logger
  telemetry: Telemetry
  newId: NewId
  chance: Chance
}

/** How long handlers may take to obey the signal of a shutdown. */
const obeyMs = 2_000

export class Worker implements Host {
  readonly id: string
  readonly #parts: WorkerParts
  readonly #slots: Slots
  readonly #supply: Supply
  readonly #ends: Ends
  readonly #exchange: Exchange
  readonly #notes: Notes
  readonly #heartbeat: Heartbeat
  readonly #watchdog: Watchdog
  readonly #wakeups: Wakeups
  #state: 'new' | 'running' | 'quiet' | 'stopped' = 'new'
  #starting: Promise<void> | null = null
  #stopping: Promise<void> | null = null
  #pumpScheduled = false
  #idle: (() => void)[] = []

  constructor(parts: WorkerParts) {
    const { engine, clock, newId, concurrency } = parts
    this.#parts = parts
    this.id = `w_${newId()}`
    const shared = { ...parts, workerId: this.id, troubled: (error: unknown) => this.#troubled(error) }
    this.#slots = new Slots(concurrency)
    this.#notes = new Notes(engine, shared)
    this.#heartbeat = new Heartbeat(shared)
    this.#ends = new Ends({
      ...shared,
      notes: this.#notes,
      slots: this.#slots,
      news: () => this.#schedulePump(),
      gone: (attempt) => this.#gone(attempt),
    })
    this.#supply = new Supply({
      ...shared,
      free: () => this.#slots.free,
      quiet: () => this.#exchange.idle && this.#ends.waiting === 0,
      giveBack: (held, reason) => this.#giveBack(held, reason),
    })
    this.#exchange = new Exchange({
      ...shared,
      ends: this.#ends,
      supply: this.#supply,
      open: () => this.#state === 'running',
      claimed: (fence, jobs) => this.#heartbeat.claimed(fence, jobs),
      done: () => this.#pump(),
    })
    this.#watchdog = new Watchdog(engine, clock, parts.leaseMs, this.#slots.running, {
      softLimit: (attempt) => attempt.fireSoft(),
      hardLimit: (attempt) => this.#ends.timeOut(attempt),
      cancelled: (attempt) => attempt.cancel(),
      lost: (attempt) => this.#ends.lost(attempt),
      tick: (now) => this.#tick(now),
      troubled: shared.troubled,
    })
    this.#wakeups = new Wakeups({ engine, clock, random: parts.chance.random, queues: parts.queues }, () => this.#wake())
  }

  /** Jobs running now. */
  get active(): number {
    return this.#slots.taken
  }

  /** Makes the worker known and begins to take jobs. Throws when it was started or stopped before, or the store is away. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error(`worker ${this.id}: it was started or stopped before; make a new worker`)
    this.#state = 'running'
    this.#starting = this.#begin()
    try {
      await this.#starting
    } catch (error) {
      this.#state = 'stopped'
      throw error
    }
  }

  /**
   * Takes no more jobs, gives back what has not begun, waits `graceMs` for running ones, then aborts them ("shutdown")
   * and gives them back without charging an attempt. Resolves when nothing of this worker is left.
   */
  stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#halt(options.graceMs ?? this.#parts.shutdownGraceMs)
    return this.#stopping
  }

  // ── Host ──

  dirty(attempt: Attempt): void {
    this.#notes.dirty(attempt)
  }

  stepsOf(attempt: Attempt): StepRunner {
    return new Steps(
      attempt,
      (note) => this.#notes.keep(note, attempt),
      () => this.#parts.engine.now(),
    )
  }

  // ── pump ──

  #wake(): void {
    this.#supply.wake()
    this.#schedulePump()
  }

  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    queueMicrotask(() => {
      this.#pumpScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#state === 'running') this.#beginAll()
    else this.#giveBack(this.#supply.drain(), 'shutdown')
    this.#exchange.look()
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #beginAll(): void {
    const now = this.#parts.clock.now()
    while (this.#slots.free > 0) {
      const next = this.#supply.next(now)
      if (!next) return
      const attempt = new Attempt(next.job, next.fence, now, this)
      this.#supply.begun(attempt)
      this.#slots.take(attempt)
      const definition = this.#parts.jobs.get(next.job.record.type)
      if (definition) run(attempt, definition, this.#ends.end)
      else this.#ends.unknownType(attempt)
    }
  }

  #isIdle(): boolean {
    return this.#slots.taken === 0 && this.#ends.idle && this.#exchange.idle
  }

  #gone(attempt: Attempt): void {
    this.#supply.gone(attempt)
    this.#heartbeat.ended(attempt.fence)
  }

  #giveBack(held: Held[], reason: string): void {
    for (const { job, fence } of held)
      this.#ends.giveBack(new Attempt(job, fence, this.#parts.clock.now(), this), reason)
  }

  #tick(now: number): void {
    if (this.#supply.holdsBack) this.#schedulePump()
    this.#supply.tick(now)
    for (const attempt of this.#slots.overdue(now)) this.#abandon(attempt)
    this.#heartbeat.alive(now + Math.max(this.#slots.longestMs(now), this.#parts.leaseMs * 2) + slotGraceMs)
  }

  #abandon(attempt: Attempt): void {
    const { id, type } = attempt.leased.record
    this.#parts.log.warn(
      { job_id: id, type },
      'a handler does not end although it was told to; its slot is given to others',
    )
    this.#ends.release(attempt)
  }

  #troubled(error: unknown): void {
    this.#parts.log.warn({ error, worker_id: this.id }, 'the engine did not answer; trying again')
  }

  // ── starting, stopping ──

  async #begin(): Promise<void> {
    await this.#enrol(this.#parts.leaseMs * 3)
    await this.#heartbeat.start()
    this.#watchdog.start()
    this.#wakeups.start()
    this.#pump()
  }

  async #halt(graceMs: number): Promise<void> {
    const begun = await this.#hasBegun()
    this.#state = begun ? 'quiet' : 'stopped'
    if (!begun) return
    this.#exchange.close()
    this.#schedulePump()
    await this.#drained(graceMs)
    for (const attempt of this.#slots.running.values()) attempt.abort('shutdown')
    await this.#drained(obeyMs)
    this.#giveBackRunning()
    await this.#drained(slotGraceMs)
    await this.#close()
  }

  // A start that is under way is waited for: what it begins must end.
  async #hasBegun(): Promise<boolean> {
    if (this.#state === 'new' || this.#state === 'stopped') return false
    try {
      await this.#starting
      return true
    } catch {
      return false // start() itself has thrown it to its caller
    }
  }

  #giveBackRunning(): void {
    for (const attempt of this.#slots.running.values()) {
      if (!attempt.settled) this.#ends.giveBack(attempt, 'shutdown')
      this.#ends.release(attempt)
    }
  }

  async #drained(withinMs: number): Promise<void> {
    await Promise.resolve() // a pump may be scheduled
    if (this.#isIdle()) return
    const idle = new Promise<void>((resolve) => this.#idle.push(resolve))
    const enough = new AbortController()
    await Promise.race([idle, pause(this.#parts.clock, withinMs, enough.signal, true)])
    enough.abort()
  }

  async #close(): Promise<void> {
    this.#wakeups.stop()
    this.#watchdog.stop()
    this.#exchange.end()
    this.#notes.stop()
    await this.#heartbeat.stop()
    await this.#enrol(0).catch((error: unknown) =>
      this.#parts.log.warn({ error, worker_id: this.id }, 'the worker could not sign off; its row runs out by itself'),
    )
    this.#state = 'stopped'
  }

  #enrol(ttlMs: number): Promise<void> {
    const { engine, queues, concurrency, name } = this.#parts
    return engine.enrol({ id: this.id, name, queues, slots: concurrency }, ttlMs)
  }
}
