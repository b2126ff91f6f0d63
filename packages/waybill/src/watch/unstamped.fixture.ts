// SQLite in memory as an engine without a stamp: its hints, their breaks and losses, its reads and the time are the
// test's to command.
import type { Engine, Hint } from '../engine/engine.ts'
import { aClaim, aJob } from '../engine/jobs.fixture.ts'
import { openEngine } from '../engines/registry.ts'
import { systemClock, type Clock } from '../lib/clock.ts'
import type { NearCacheLimits } from './kept.ts'
import { Watch } from './watch.ts'

/** Time stands still; what is due in a second or later comes when `beat` is called, a second later. */
export class HandClock implements Clock {
  #now = 0
  #due: (() => void)[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, fn: () => void): () => void {
    if (ms < 1_000) return systemClock.after(ms, fn)
    this.#due.push(fn)
    return () => (this.#due = this.#due.filter((one) => one !== fn))
  }

  pass(ms: number): void {
    this.#now += ms
  }

  beat(): void {
    this.pass(1_000)
    for (const fn of this.#due.splice(0)) fn()
  }
}

export interface Unstamped {
  engine: Engine
  watch: Watch
  clock: HandClock
  /** Ids of each call, in order. */
  gets: string[][]
  revs: string[][]
  /** What `hearing` answers; a change is told as hints of all are. */
  hear(stretch: number | null): void
  /** While true, hints are lost. */
  lose: { hints: boolean }
  /** Awaited by each read after the store was asked, before its answer is handed on. */
  hold: { answers: Promise<void> }
  /** How many listen to hints. */
  listeners(): number
  /** The id of a running job. */
  running(): Promise<string>
  note(id: string, progress: number): Promise<void>
  close(): Promise<void>
}

export async function unstamped(limits: NearCacheLimits = {}): Promise<Unstamped> {
  const engine = await openEngine('sqlite::memory:')
  await engine.migrate()
  const clock = new HandClock()
  const listening = new Set<(hint: Hint) => void>()
  const fences = new Map<string, number>()
  const gets: string[][] = []
  const revs: string[][] = []
  const lose = { hints: false }
  const hold = { answers: Promise.resolve() }
  let stretch: number | null = 1
  const counted =
    <Out>(calls: string[][], run: (ids: string[]) => Promise<Out>) =>
    async (ids: string[]): Promise<Out> => {
      calls.push(ids)
      const answer = await run(ids)
      await hold.answers
      return answer
    }
  const over: Partial<Engine> = {
    stamp: () => null,
    hearing: () => stretch,
    get: counted(gets, (ids) => engine.get(ids)),
    revs: counted(revs, (ids) => engine.revs(ids)),
    watch(listener) {
      const heard = (hint: Hint) => void (lose.hints || listener(hint))
      listening.add(heard)
      const stop = engine.watch(heard)
      return () => {
        listening.delete(heard)
        stop()
      }
    },
  }
  const seen: Engine = new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(name in over ? over : target, name)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => Reflect.apply(member, target, given)
    },
  })
  const watch = new Watch({ engine: seen, clock, basePath: '/api/v1', limits })
  return {
    engine,
    watch,
    clock,
    gets,
    revs,
    lose,
    hold,
    hear(next) {
      stretch = next
      for (const listener of listening) listener({ ids: null, queues: null })
    },
    listeners: () => listening.size,
    async running() {
      const [stored] = await engine.insert([aJob()])
      const { fence } = await engine.claim(aClaim({ max: 1 }))
      fences.set(stored?.id ?? '', fence)
      return stored?.id ?? ''
    },
    async note(id, progress) {
      await engine.note([{ id, fence: fences.get(id) ?? 0, progress }])
    },
    async close() {
      watch.close()
      await engine.close()
    },
  }
}
