// What drives a worker: jobs begin while slots are free, what ended goes out, the next jobs are asked for. It looks
// again whenever something has happened, once for all that happened in one turn.
import { isGone } from '../engine/engine.ts'
import { mayBeLate, startsAnew } from '../job/decide.ts'
import { pause } from '../lib/clock.ts'
import { Attempt, type Host } from './attempt.ts'
import { Ends, type EndsParts } from './ends.ts'
import { Exchange } from './exchange.ts'
import { Pool } from './isolation/pool.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Patience } from './insist.ts'
import type { Held } from './local-queue.ts'
import type { Notes } from './notes.ts'
import type { WorkerParts } from './parts.ts'
import { isHandled, run } from './run.ts'
import { Slots, slotGraceMs } from './slots.ts'
import { Supply } from './supply.ts'
import type { WaitHost } from './waits.ts'

export interface PumpParts extends WorkerParts, Patience, Pick<EndsParts, 'ran'> {
  workerId: string
  host: Host
  waitHost(attempt: Attempt): WaitHost
  notes: Notes
  heartbeat: Heartbeat
}

/** How long a job stays away when there is no child to run it. */
const unstartedMs = 5_000

export class Pump {
  readonly slots: Slots
  readonly ends: Ends
  readonly #parts: PumpParts
  readonly #supply: Supply
  readonly #exchange: Exchange
  readonly #pool: Pool | null
  /** Jobs are taken. */
  #open = false
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(parts: PumpParts) {
    const slots = new Slots(parts.concurrency)
    const ends = new Ends({ ...parts, slots, news: () => this.soon(), gone: (attempt) => this.#gone(attempt) })
    const supply = new Supply({
      ...parts,
      free: () => slots.free,
      quiet: () => this.#exchange.idle && ends.waiting === 0,
      giveBack: (held, reason) => this.#giveBack(held, reason),
    })
    this.#parts = parts
    this.slots = slots
    this.ends = ends
    this.#supply = supply
    this.#exchange = new Exchange({
      ...parts,
      ends,
      supply,
      open: () => this.#open,
      claimed: (fence, jobs) => parts.heartbeat.claimed(fence, jobs),
      done: () => this.#turn(),
    })
    this.#pool = parts.isolation
      ? new Pool({ ...parts, isolation: parts.isolation, unstarted: (attempt, why) => this.#unstarted(attempt, why) })
      : null
  }

  /** Resolves when jobs can be run. Throws when none ever could. */
  async start(): Promise<void> {
    await this.#pool?.start()
  }

  /** Ends what still runs in children. */
  async stopChildren(): Promise<void> {
    await this.#pool?.stop()
  }

  /** Begins to take jobs. */
  open(): void {
    this.#open = true
    this.#turn()
  }

  /** Takes no more jobs and gives back what has not begun. */
  close(): void {
    this.#open = false
    this.#exchange.close()
    this.soon()
  }

  /** Insists no longer on what could not be sent. */
  end(): void {
    this.#exchange.end()
  }

  /** There may be work. */
  wake(): void {
    this.#supply.wake()
    this.soon()
  }

  /** Looks at the end of this turn. */
  soon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#turn()
    })
  }

  /** The hard limit. In a child the job is over when the child is: no later attempt runs beside it. */
  timeOut(attempt: Attempt): void {
    if (!this.#pool?.runs(attempt)) return this.ends.timeOut(attempt)
    this.#pool.kill(attempt, 'its time was over')
  }

  /** The lease is another's. */
  lost(attempt: Attempt): void {
    this.ends.lost(attempt)
    this.#pool?.kill(attempt, 'its lease was lost')
  }

  /** Time passes: slots that are held for nothing are freed, jobs that wait for nothing go back. */
  tick(now: number): void {
    if (this.#supply.holdsBack) this.soon()
    this.#supply.tick(now)
    this.#pool?.tick(now)
    for (const attempt of this.slots.overdue(now)) this.ends.abandon(attempt)
    const longest = Math.max(this.slots.longestMs(now), this.#parts.leaseMs * 2)
    this.#parts.heartbeat.alive(now + longest + slotGraceMs)
  }

  /** Gives back what still runs, uncharged. */
  giveBackRunning(reason: string): void {
    for (const attempt of this.slots.running.values()) {
      if (!attempt.settled) this.ends.giveBack(attempt, { reason, began: true })
      this.ends.release(attempt)
    }
  }

  /** Resolves when nothing runs and nothing is on its way, or when the time is up. */
  async drained(withinMs: number): Promise<void> {
    await Promise.resolve() // what was asked for `soon` comes first
    if (this.#isIdle()) return
    const idle = new Promise<void>((resolve) => this.#idle.push(resolve))
    const enough = new AbortController()
    await Promise.race([idle, pause(this.#parts.clock, withinMs, enough.signal, true)])
    enough.abort()
  }

  #turn(): void {
    if (this.#open) this.#beginAll()
    else this.#giveBack(this.#supply.drain(), 'shutdown')
    this.#exchange.look()
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #beginAll(): void {
    while (this.slots.free > 0) {
      const now = this.#parts.clock.now() // anew each time: handlers may take theirs
      const next = this.#supply.next(now)
      if (!next) return
      this.#parts.heartbeat.atLeast(now + next.job.record.policy.timeoutMs + slotGraceMs)
      this.#begin(new Attempt(next.job, next.fence, now, this.#parts.host))
    }
  }

  #begin(attempt: Attempt): void {
    this.#supply.begun(attempt)
    this.slots.take(attempt)
    if (mayBeLate(attempt.leased.record, this.#parts.engine.now())) void this.#judge(attempt)
    else this.#run(attempt)
  }

  // It waits in its slot until the store has told whether it ever began.
  async #judge(attempt: Attempt): Promise<void> {
    try {
      const [found = null] = await this.#parts.engine.get([attempt.leased.record.id], { timeline: true })
      if (attempt.settled) this.ends.release(attempt)
      else if (found && !isGone(found) && startsAnew(found.timeline ?? [])) this.#run(attempt)
      else this.ends.expire(attempt)
    } catch (error) {
      this.#parts.troubled(error)
      if (!attempt.settled) this.ends.giveBack(attempt, { reason: 'the store did not say whether it ever began' })
      this.ends.release(attempt)
    }
  }

  #run(attempt: Attempt): void {
    const definition = this.#parts.jobs.get(attempt.leased.record.type)
    if (!isHandled(definition)) return this.ends.unknownType(attempt)
    attempt.stallMs = definition.stallMs ?? null
    const { end } = this.ends
    if (this.#pool?.runs(attempt)) this.#pool.run({ attempt, end, host: this.#parts.waitHost(attempt) })
    else run(attempt, definition, end)
  }

  #unstarted(attempt: Attempt, why: string): void {
    if (!attempt.settled)
      this.ends.giveBack(attempt, { reason: `no child could be started: ${why}`, delayMs: unstartedMs })
    this.ends.release(attempt)
  }

  #giveBack(held: Held[], reason: string): void {
    const { clock, host } = this.#parts
    for (const { job, fence } of held) this.ends.giveBack(new Attempt(job, fence, clock.now(), host), { reason })
  }

  #gone(attempt: Attempt): void {
    this.#supply.gone(attempt)
    this.#parts.heartbeat.ended(attempt.fence)
  }

  #isIdle(): boolean {
    return this.slots.taken === 0 && this.ends.idle && this.#exchange.idle
  }
}
