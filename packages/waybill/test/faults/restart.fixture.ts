// The server is killed and comes back in the middle of the work: nothing acknowledged is lost, everything ends once.
// Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isGone, type JobDetails, type Tombstone } from '../../src/engine/engine.ts'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { after, insisted } from './caller.fixture.ts'
import type { Store, Under } from './store.fixture.ts'

const echo = defineJob<number, number>({
  type: 'echo',
  retry: { backoff: '100ms', jitter: 0 },
  run: (ctx) => ctx.input,
})

export function restartFaults(start: () => Promise<Under>): void {
  let under: Under
  let store: Store
  let waybill: Waybill
  beforeAll(async () => {
    under = await start()
  })
  afterAll(() => under.stop())
  beforeEach(async () => {
    store = await under.store()
    waybill = createWaybill({ engine: store.url, jobs: [echo], lease: '2s', logger: silentLogger })
  })
  afterEach(async () => {
    await waybill.close()
    await store.close()
  })

  test('a server killed twice under load: acknowledged jobs all end, once each, and no rev falls', async () => {
    await waybill.worker({ concurrency: 20 }).start()
    const load = new Load(waybill, 1_500)
    const seen = new Observer(waybill, load.acknowledged)
    for (const part of [300, 800]) {
      await load.reached(part)
      await store.server.kill()
      await load.refused()
      await store.server.restart()
    }
    await load.all()
    const { engine } = await waybill.parts()
    await ended(waybill, load.acknowledged)
    await seen.stop()

    expect(seen.falls).toEqual([])
    expect(seen.reads).toBeGreaterThan(0)
    expect(new Set(load.acknowledged).size).toBe(load.size)
    expect((await engine.count({})).completed).toBe(load.size)
    const found = await engine.get(load.acknowledged, { timeline: true })
    expect(found.filter((one) => !endedOnce(one))).toEqual([])
  }, 60_000)
}

/** Completed, by one entry of a timeline without gaps. */
function endedOnce(found: JobDetails | Tombstone | null): boolean {
  if (found === null || isGone(found)) return false
  const { record, timeline = [] } = found
  const completions = timeline.filter(({ type }) => type === 'completed').length
  const gapless = timeline.every(({ seq }, i) => seq === i + 1) && record.rev === timeline.length
  return record.status === 'completed' && completions === 1 && gapless
}

/** Callers who submit until each job is acknowledged, with its key, whatever the store says meanwhile. */
class Load {
  readonly size: number
  readonly acknowledged: string[] = []
  readonly #waybill: Waybill
  readonly #callers: Promise<unknown>
  #refusals = 0
  #next = 0
  #listeners: (() => void)[] = []

  constructor(waybill: Waybill, size: number) {
    this.#waybill = waybill
    this.size = size
    this.#callers = Promise.all(Array.from({ length: 16 }, () => this.#caller()))
    this.#callers.catch(() => undefined) // `all` says it
  }

  reached(count: number): Promise<void> {
    return this.#until(() => this.acknowledged.length >= count)
  }

  /** A call has failed since. */
  refused(): Promise<void> {
    const before = this.#refusals
    return this.#until(() => this.#refusals > before)
  }

  async all(): Promise<void> {
    await this.#callers
  }

  async #caller(): Promise<void> {
    while (this.#next < this.size) {
      const n = this.#next++
      const { id } = await insisted(
        () => this.#waybill.enqueue(echo, n, { idempotencyKey: `n-${n}` }),
        () => this.#tell(this.#refusals++),
      )
      this.#tell(this.acknowledged.push(id))
    }
  }

  #tell(_: number): void {
    for (const listener of this.#listeners) listener()
  }

  async #until(holds: () => boolean): Promise<void> {
    const reached = new Promise<void>((resolve) => this.#listeners.push(() => holds() && resolve()))
    if (!holds()) await Promise.race([reached, this.#callers])
  }
}

/** Reads revs all the time and remembers each that is lower than one read before. */
class Observer {
  readonly falls: string[] = []
  reads = 0
  readonly #best = new Map<string, number>()
  readonly #running: Promise<void>
  #on = true

  constructor(waybill: Waybill, ids: readonly string[]) {
    this.#running = this.#look(waybill, ids)
  }

  stop(): Promise<void> {
    this.#on = false
    return this.#running
  }

  async #look(waybill: Waybill, ids: readonly string[]): Promise<void> {
    const { engine } = await waybill.parts()
    while (this.#on) {
      const some = ids.slice(-200)
      const revs = await insisted(() => engine.revs(some))
      this.reads += 1
      for (const [i, id] of some.entries()) this.#saw(id, revs[i] ?? 0)
      await after(10)
    }
  }

  #saw(id: string, rev: number): void {
    const best = this.#best.get(id) ?? 1
    if (rev < best) this.falls.push(`${id}: ${best} → ${rev}`)
    this.#best.set(id, Math.max(best, rev))
  }
}

async function ended(waybill: Waybill, ids: readonly string[]): Promise<void> {
  const { engine } = await waybill.parts()
  await expect
    .poll(async () => (await engine.count({})).completed, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(ids.length)
}
