// ctx.sleep and ctx.waitFor. Short ones are waited for where they stand; for all others the attempt ends and the job goes
// on in another one, which finds in its steps what has been waited for.
//
//   asked ─▶ steps beside it have ended ─▶ signals that have come ─▶ less than a second left? ─no──▶ park: the attempt ends
//     ▲            (next round)                   answered              │yes: stay, answer  │
//     └──────────────────────────────────────────────────────────────────┘
import type { Change, NewStep } from '../job/change.ts'
import { JobAborted, type WaitForOptions } from '../job/context.ts'
import { UserError } from '../job/errors.ts'
import { isName, limits } from '../job/limits.ts'
import type { Step } from '../job/record.ts'
import { pointerOf, type StandardSchema } from '../job/standard-schema.ts'
import { parked, signalKey, SignalTimeout, sleepKey, waitKey, waitOver, type Parking } from '../job/waits.ts'
import { pause, type Clock } from '../lib/clock.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import { isObject, type Json } from '../lib/json.ts'
import type { Attempt, StepRunner, WaitRunner } from './attempt.ts'
import { stepInProgress } from './steps.ts'

/** What a wait needs of the worker. */
export interface WaitHost {
  clock: Clock
  /** The engine's clock. */
  now(): number
  /** The steps as they stand now; null: the job is not there. */
  steps(): Promise<Step[] | null>
  /** Records a step under the fence. */
  keep(step: NewStep): Promise<number | 'lost'>
  /** Writes a Change that does not end the attempt. */
  write(change: Change): Promise<'applied' | 'changed' | 'lost'>
  /** Ends the attempt, which waits. */
  park(change: Change): void
}

/** Less than this is waited for where it stands. */
const shortMs = 1_000

/** Something that is waited for. */
interface Wish {
  /** Of the step that says that this wait has begun. */
  key: string
  signal: { name: string; key: string } | null
  askedAt: number
  until: number
  begun: boolean
  answer: (payload: Json) => void
  refuse: (error: unknown) => void
}

export class Waits implements WaitRunner {
  readonly #attempt: Attempt
  readonly #steps: StepRunner
  readonly #host: WaitHost
  readonly #kept: Map<string, Step>
  readonly #used = new Set<string>()
  readonly #calls = new Map<string, number>()
  readonly #open = new Set<Wish>()
  #running = false

  constructor(attempt: Attempt, steps: StepRunner, host: WaitHost) {
    this.#attempt = attempt
    this.#steps = steps
    this.#host = host
    this.#kept = new Map(attempt.leased.steps.map((step) => [step.key, step]))
  }

  async sleep(key: string, duration: Duration): Promise<void> {
    const ms = spanOf(duration, `sleep "${key}"`)
    outsideSteps(`sleep "${key}"`)
    if (key.length === 0 || key.length > limits.textLength)
      throw new TypeError(`sleep: a key has 1–${limits.textLength} characters, got ${key.length}`)
    if (this.#used.has(key))
      throw new TypeError(`sleep "${key}": this key was used already in this attempt; give each sleep its own key`)
    this.#used.add(key)
    const kept = this.#kept.get(sleepKey(key))
    if (kept && untilOf(kept) <= this.#host.now()) return
    await this.#wish(sleepKey(key), null, ms)
  }

  async waitFor<T = unknown>(name: string, { timeout = '7d', schema }: WaitForOptions<T> = {}): Promise<T> {
    if (!isName(name))
      throw new TypeError(`waitFor: a signal's name has 1–100 letters, digits or . _ : -, got "${name}"`)
    const ms = spanOf(timeout, `waitFor "${name}": timeout`)
    outsideSteps(`waitFor "${name}"`)
    const n = (this.#calls.get(name) ?? 0) + 1
    this.#calls.set(name, n)
    const key = signalKey(name, n)
    const kept = this.#kept.get(key)
    if (kept?.status === 'failed') throw new SignalTimeout(name)
    const payload = kept ? kept.result : await this.#wish(waitKey(name, n), { name, key }, ms)
    return schema ? fitting(schema, name, payload) : unchecked<T>(payload)
  }

  #wish(key: string, signal: Wish['signal'], ms: number): Promise<Json> {
    const { aborted } = this.#attempt
    if (aborted && aborted !== 'suspended') return Promise.reject(new JobAborted(aborted))
    const kept = this.#kept.get(key)
    const askedAt = this.#steps.moment()
    const until = kept ? untilOf(kept) : this.#host.now() + ms
    return new Promise((answer, refuse) => {
      this.#open.add({ key, signal, askedAt, until, begun: kept !== undefined, answer, refuse })
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    const { signal } = this.#attempt
    const stop = () => this.#refuseAll(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (this.#open.size > 0 && !this.#attempt.settled) await this.#round()
    } catch (error) {
      this.#refuseAll(error)
    }
    signal.removeEventListener('abort', stop)
    this.#running = false
  }

  async #round(): Promise<void> {
    await this.#quiet()
    await this.#answerSignals()
    if (this.#open.size === 0 || this.#attempt.settled || this.#attempt.aborted) return
    const left = Math.min(...[...this.#open].map(({ until }) => until)) - this.#host.now()
    if (left >= shortMs) return this.#park(left)
    if (left > 0) return pause(this.#host.clock, Math.ceil(left), this.#attempt.signal, true)
    for (const wish of this.#open) if (wish.until <= this.#host.now()) await this.#over(wish)
  }

  // A whole turn passed without a step: what had ended would have begun the next one by now.
  async #quiet(): Promise<void> {
    for (await turn(); this.#steps.busy; await turn()) await this.#steps.idle()
  }

  async #answerSignals(): Promise<void> {
    if (![...this.#open].some(({ signal }) => signal)) return
    const steps = await this.#host.steps()
    for (const step of steps ?? []) this.#kept.set(step.key, step)
    for (const wish of this.#open) {
      const came = wish.signal && this.#kept.get(wish.signal.key)
      if (came?.status === 'completed') this.#close(wish).answer(came.result)
      else if (came && wish.signal) this.#close(wish).refuse(new SignalTimeout(wish.signal.name))
    }
  }

  // Its time has come. A signal that arrives in this very moment still counts: the next round finds it.
  async #over(wish: Wish): Promise<void> {
    const { signal } = wish
    if (!signal) {
      if (!wish.begun) await this.#owned(this.#host.keep(this.#begins(wish, 0)))
      this.#close(wish).answer(null)
      return
    }
    const missed = { ...this.#begins(wish, 0), key: signal.key, status: 'failed' as const }
    const { record, fence } = this.#attempt
    const written = await this.#owned(this.#host.write(waitOver(record, fence, signal.name, missed)))
    if (written === 'applied') this.#close(wish).refuse(new SignalTimeout(signal.name))
  }

  async #owned<T>(writing: Promise<T | 'lost'>): Promise<T> {
    const answer = await writing
    if (answer !== 'lost') return answer
    this.#attempt.abort('lease_lost')
    throw new JobAborted('lease_lost')
  }

  #park(ms: number): void {
    const open = [...this.#open]
    const { record, fence } = this.#attempt
    const now = this.#host.now()
    const parking: Parking = {
      ms,
      signals: open.flatMap(({ signal }) => signal ?? []),
      begun: open
        .filter(({ begun }) => !begun)
        .map((wish) => this.#begins(wish, wish.until - Math.max(now, wish.askedAt))),
    }
    this.#open.clear() // nobody answers them any more: their handler stands still
    this.#host.park(parked(record, fence, parking))
  }

  #begins({ key, askedAt }: Wish, ms: number): NewStep {
    const { attempt } = this.#attempt.leased.record
    return { key, status: 'completed', attempt, startedAt: askedAt, result: { ms } }
  }

  #close(wish: Wish): Wish {
    this.#open.delete(wish)
    return wish
  }

  #refuseAll(error: unknown): void {
    for (const wish of this.#open) this.#close(wish).refuse(error)
  }
}

function spanOf(duration: Duration, what: string): number {
  const ms = toMs(duration, what)
  if (ms <= limits.waitMs) return ms
  throw new RangeError(`${what}: at most a year, got ${JSON.stringify(duration)}`)
}

// The step would be done again from its beginning.
function outsideSteps(what: string): void {
  const key = stepInProgress.getStore()
  if (key !== undefined)
    throw new TypeError(`${what} inside of step "${key}": a step cannot wait; end it and wait between two steps`)
}

function untilOf({ endedAt, result }: Step): number {
  return endedAt + (isObject(result) && typeof result['ms'] === 'number' ? result['ms'] : 0)
}

async function fitting<T>(schema: StandardSchema<unknown, T>, name: string, payload: Json): Promise<T> {
  const verdict = await schema['~standard'].validate(payload)
  if (verdict.issues === undefined) return verdict.value
  const [issue] = verdict.issues
  const where = issue ? `${pointerOf(issue)} ${issue.message}`.trim() : 'it does not fit'
  throw new UserError('invalid_signal', `The signal "${name}" is not valid: ${where}`)
}

// Without a schema its type is what the handler says it is.
function unchecked<T>(payload: Json): T {
  const value: T = JSON.parse(JSON.stringify(payload))
  return value
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
