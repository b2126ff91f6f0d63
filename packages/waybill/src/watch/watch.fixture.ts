// What the tests of watch/ share: an engine in memory whose reads are counted, jobs, and a listener that can be waited for.
import type { Engine, NewJob } from '../engine/engine.ts'
import { openEngine } from '../engines/registry.ts'
import { aClaim, aJob } from '../engine/jobs.fixture.ts'
import { completed } from '../job/decide.ts'
import { steadyClock, systemClock, type Clock } from '../lib/clock.ts'
import { Ears } from './ears.ts'
import type { WatchEvent } from './events.ts'
import type { NearCacheLimits } from './kept.ts'
import { NearCache } from './near-cache.ts'
import { Vouch } from './vouch.ts'
import { Watch } from './watch.ts'

export interface Scene {
  engine: Engine
  watch: Watch
  reads: Record<'get' | 'revs' | 'list', number>
  add(spec?: Partial<NewJob['spec']>, more?: Partial<NewJob>): Promise<string>
  claim(): Promise<{ id: string; fence: number }>
  complete(id: string): Promise<void>
  close(): Promise<void>
}

/** `deaf`: the engine gives no hints at all. `heals`: without it, the look that heals lost hints never comes. */
export async function aScene({ deaf = false, heals = true }: { deaf?: boolean; heals?: boolean } = {}): Promise<Scene> {
  const engine = await openEngine('sqlite::memory:')
  await engine.migrate()
  const reads = { get: 0, revs: 0, list: 0 }
  const counted: Engine = new Proxy(engine, {
    get(target, name) {
      if (deaf && name === 'watch') return () => () => {}
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: unknown[]) => {
        if (name === 'get' || name === 'revs' || name === 'list') reads[name]++
        const answer: unknown = Reflect.apply(member, target, given)
        return answer
      }
    },
  })
  const watch = new Watch({ engine: counted, clock: heals ? systemClock : neverHealing, basePath: '/api/v1' })
  return { engine, watch, reads, ...verbs(engine), close: async () => (watch.close(), engine.close()) }
}

/** A near cache with nothing around it. */
export function nearCacheOf(engine: Engine, limits: NearCacheLimits): NearCache {
  const vouch = new Vouch({ engine, clock: steadyClock, ears: new Ears(engine, () => {}) })
  return new NearCache({ engine, base: '/api/v1', vouch, limits })
}

const neverHealing: Clock = {
  now: () => systemClock.now(),
  after: (ms, fn, keepsAlive) => (ms >= 1_000 ? () => {} : systemClock.after(ms, fn, keepsAlive)),
}

function verbs(engine: Engine): Pick<Scene, 'add' | 'claim' | 'complete'> {
  return {
    async add(spec, more) {
      const [stored] = await engine.insert([aJob(spec, more)])
      return stored?.id ?? ''
    },
    async claim() {
      const { jobs, fence } = await engine.claim(aClaim({ max: 1 }))
      return { id: jobs[0]?.record.id ?? '', fence }
    },
    async complete(id) {
      const [found] = await engine.get([id])
      if (found && 'record' in found) await engine.apply([completed(found.record, found.record.fence, { ok: true })])
    },
  }
}

/** Collects events; `until` resolves when one of them fits. */
export class Heard {
  readonly events: WatchEvent[] = []
  #waiting: (() => void)[] = []

  readonly listener = (event: WatchEvent): void => {
    this.events.push(event)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async until(fits: (event: WatchEvent) => boolean): Promise<WatchEvent> {
    for (;;) {
      const found = this.events.find(fits)
      if (found) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  get types(): string[] {
    return this.events.map((event) => event.type)
  }
}
