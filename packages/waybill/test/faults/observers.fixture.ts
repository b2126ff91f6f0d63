// People who watch jobs, and what is wrong with what they see: by polls, by a stream, and through the status cache. For
// each of them a job's rev never falls, nothing is missing, and nothing is answered that was not true two seconds before.
import { isGone, type Engine, type JobDetails, type ReadEngine, type Tombstone } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engines/registry.ts'
import { isEnd } from '../../src/job/status.ts'
import { pause, steadyClock, systemClock } from '../../src/lib/clock.ts'
import type { Watch } from '../../src/watch/watch.ts'

/** So old may be what is answered. */
const oldestMs = 2_000
/** Of a busy machine: between the moment something was true and the moment this process could note it. */
const slackMs = 250
/** Jobs looked at in each round: the latest. */
const atOnce = 12

export class Observers {
  readonly faults: string[] = []
  readonly #truth: Engine
  readonly #ids: string[] = []
  readonly #history = new Map<string, { at: number; rev: number }[]>()
  readonly #seen = new Map<string, number>()
  readonly #ended = new Set<string>()
  #closed = false
  #work: Promise<unknown> = Promise.resolve()
  #stop: () => void = () => {}

  private constructor(truth: Engine) {
    this.#truth = truth
  }

  static async of(url: string, watch: Watch, cache: ReadEngine): Promise<Observers> {
    const truth = await openEngine(url)
    const observers = new Observers(truth)
    const revOf = (found: JobDetails | Tombstone | null | undefined) =>
      found && !isGone(found) ? found.record.rev : null
    const polled = async (ids: string[]) => (await Promise.all(ids.map((id) => watch.get(id)))).map(revOf)
    const cached = async (ids: string[]) => (await cache.get(ids)).map(revOf)
    observers.#work = Promise.all([
      observers.#rounds(() => observers.#noteTruth()),
      observers.#rounds((ids) => observers.#check('poll', ids, polled)),
      observers.#rounds((ids) => observers.#check('cache', ids, cached)),
    ])
    const subscription = watch.follow({ filter: {} }, (event) => {
      if (event.type === 'sync' || event.type === 'gone') return
      observers.#saw('stream', event.record.id, event.record.rev)
      if (isEnd(event.record.status)) observers.#ended.add(event.record.id)
    })
    observers.#stop = () => subscription.close()
    await subscription.ready
    return observers
  }

  /** The job has been acknowledged: from now on it is there for everybody. */
  look(id: string): void {
    this.#ids.push(id)
  }

  /** Jobs whose end the stream has told. */
  get ended(): number {
    return this.#ended.size
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stop()
    await this.#work
    await this.#truth.close()
  }

  async #rounds(round: (ids: string[]) => Promise<unknown>): Promise<void> {
    while (!this.#closed) {
      await round(this.#ids.slice(-atOnce))
      await pause(systemClock, 20, undefined, true)
    }
  }

  async #noteTruth(): Promise<void> {
    const ids = this.#ids.slice(-atOnce)
    const revs = await this.#truth.revs(ids)
    const at = steadyClock.now()
    for (const [i, id] of ids.entries()) {
      const history = this.#history.get(id) ?? []
      history.push({ at, rev: revs[i] ?? 0 })
      this.#history.set(id, history)
    }
  }

  async #check(who: string, ids: string[], read: (ids: string[]) => Promise<(number | null)[]>): Promise<void> {
    const time = steadyClock.now() - oldestMs - slackMs
    const least = ids.map((id) => this.#revBefore(id, time))
    const revs = await read(ids)
    for (const [i, id] of ids.entries()) this.#judge(who, id, revs[i] ?? null, least[i] ?? 0)
  }

  #judge(who: string, id: string, rev: number | null, least: number): void {
    if (rev === null) return void this.faults.push(`${who}: job ${id} was not there`)
    if (rev < least) this.faults.push(`${who}: job ${id} had rev ${least} long ago, got ${rev}`)
    this.#saw(who, id, rev)
  }

  #revBefore(id: string, time: number): number {
    const known = this.#history.get(id)?.filter(({ at }) => at <= time) ?? []
    return known.at(-1)?.rev ?? 0
  }

  // Looks of one observer at one job follow each other: each round waits for all of its own.
  #saw(who: string, id: string, rev: number): void {
    const key = `${who} ${id}`
    const before = this.#seen.get(key) ?? 0
    if (rev < before) this.faults.push(`${who}: job ${id} fell from rev ${before} to ${rev}`)
    this.#seen.set(key, rev)
  }
}
