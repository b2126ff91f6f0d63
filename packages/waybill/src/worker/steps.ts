// ctx.step: work that is done once and kept. A later attempt gets the kept result instead of doing the work again.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Note } from '../engine/engine.ts'
import { JobAborted } from '../job/context.ts'
import { NonRetryableError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import { isWaitKey } from '../job/waits.ts'
import { jsonFault } from '../lib/json.ts'
import type { Attempt, StepRunner } from './attempt.ts'

/** The key of the step whose work is calling. */
export const stepInProgress: AsyncLocalStorage<string> = new AsyncLocalStorage()

export class Steps implements StepRunner {
  readonly #attempt: Attempt
  readonly #send: (note: Note) => Promise<number | 'lost'>
  readonly #now: () => number
  readonly #kept: Map<string, string>
  readonly #used = new Set<string>()
  #lastMoment: number
  readonly #running = new Set<Promise<unknown>>()

  /** `send` stores a note now; `now` is the engine's clock. */
  constructor(attempt: Attempt, send: (note: Note) => Promise<number | 'lost'>, now: () => number) {
    this.#attempt = attempt
    this.#send = send
    this.#now = now
    const done = attempt.leased.steps.filter((step) => step.status === 'completed')
    this.#lastMoment = Math.max(0, ...attempt.leased.steps.map(({ startedAt }) => startedAt))
    this.#kept = new Map(done.map((step) => [step.key, JSON.stringify(step.result)]))
  }

  run<T>(key: string, work: () => T | Promise<T>): Promise<T> {
    if (this.#attempt.aborted === 'suspended') return new Promise(() => {}) // its handler stands still
    const running = this.#run(key, work)
    this.#running.add(running)
    const ended = () => void this.#running.delete(running)
    running.then(ended, ended)
    return running
  }

  moment(): number {
    this.#lastMoment = Math.max(this.#now(), this.#lastMoment + 1)
    return this.#lastMoment
  }

  get busy(): boolean {
    return this.#running.size > 0
  }

  async idle(): Promise<void> {
    while (this.busy) await Promise.allSettled(this.#running)
  }

  async #run<T>(key: string, work: () => T | Promise<T>): Promise<T> {
    this.#attempt.alive()
    this.#take(key)
    const kept = this.#kept.get(key)
    if (kept !== undefined) return parsed<T>(kept)
    if (this.#attempt.aborted) throw new JobAborted(this.#attempt.aborted)
    const startedAt = this.moment()
    const json = keepable(key, await stepInProgress.run(key, work))
    await this.#keep(key, json, startedAt)
    return parsed<T>(json)
  }

  #take(key: string): void {
    if (key.length === 0 || key.length > limits.textLength)
      throw new TypeError(`step: a key has 1–${limits.textLength} characters, got ${key.length}`)
    if (isWaitKey(key))
      throw new TypeError(`step "${key}": keys that begin with sleep:, wait: or signal: are Waybill's own`)
    if (jsonFault(key)) throw new TypeError(`step: a key ${jsonFault(key)?.detail}, which cannot be kept`)
    if (this.#used.has(key))
      throw new TypeError(`step "${key}": this key was used already in this attempt; give each step its own key`)
    if (this.#used.size >= limits.steps) throw new RangeError(`step "${key}": a job has at most ${limits.steps} steps`)
    this.#used.add(key)
  }

  async #keep(key: string, json: string, startedAt: number): Promise<void> {
    const { leased, fence } = this.#attempt
    const { id, attempt } = leased.record
    this.#attempt.alive()
    const step = { key, status: 'completed' as const, attempt, startedAt, result: JSON.parse(json) }
    if ((await this.#send({ id, fence, steps: [step] })) !== 'lost') return
    this.#attempt.abort('lease_lost')
    throw new JobAborted('lease_lost')
  }
}

// What the work returned, as a later attempt will see it too.
function parsed<T>(json: string): T {
  const value: T = JSON.parse(json)
  return value
}

function keepable(key: string, result: unknown): string {
  const value = result ?? null
  const fault = jsonFault(value)
  if (fault)
    throw new NonRetryableError(`step "${key}": the result cannot be kept: ${fault.pointer || 'it'} ${fault.detail}`)
  const json = JSON.stringify(value)
  const bytes = Buffer.byteLength(json)
  if (bytes <= limits.resultBytes) return json
  throw new RangeError(
    `step "${key}": the result has ${bytes} bytes, the limit is ${limits.resultBytes}; keep the data in a file and return its name`,
  )
}
