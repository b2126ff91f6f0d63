// Memory in front of a real store in which another handle writes, as another process would. Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { aClaim, aJob } from '../../src/engine/jobs.fixture.ts'
import { openEngine } from '../../src/engines/registry.ts'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { Face } from '../../src/http/face.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { Entry } from '../../src/watch/entry.ts'
import { Watch } from '../../src/watch/watch.ts'
import { HandClock } from '../../src/watch/unstamped.fixture.ts'
import { after } from '../faults/caller.fixture.ts'
import type { Place, Places } from '../faults/store.fixture.ts'

/** Ends the connection that brings this store's hints. */
export type Cut = (url: string) => Promise<void>

let place: Place
let worker: Engine

function onPlaces(start: () => Promise<Places>): void {
  let places: Places
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())
  beforeEach(async () => {
    place = await places.store()
    worker = await openEngine(place.url)
    await worker.migrate()
  })
  afterEach(async () => {
    await worker.close()
    await place.close()
  })
}

/** `cut` null: there is no connection that could break. */
export function nearCacheOn(start: () => Promise<Places>, cut: Cut | null): void {
  onPlaces(start)

  describe('jobs that another process runs', () => {
    let api: Engine
    let reads: Reads
    let watch: Watch
    beforeEach(async () => {
      api = await openEngine(place.url)
      reads = new Reads()
      watch = new Watch({ engine: reads.of(api), clock: new HandClock(), basePath: '/api/v1' })
    })
    afterEach(async () => {
      watch.close()
      await api.close()
    })

    const progressOf = async (id: string): Promise<number | null> => {
      const { found } = await watch.look(id)
      return found instanceof Entry ? found.record.progress : null
    }

    test('are polled a hundred times for no more reads than there are jobs and changes, beside the looks', async () => {
      const running = await runningJobs(20)
      const pollAll = () => Promise.all(running.map(({ id }) => watch.look(id)))
      await pollAll()
      await vouchedFor(watch, running)
      for (const { id, fence } of running.slice(0, 10)) {
        for (let poll = 0; poll < 10; poll++) await pollAll()
        await worker.note([{ id, fence, progress: 0.5 }])
        while ((await progressOf(id)) !== 0.5) await after(2)
      }
      expect(reads.calls - reads.looks(20)).toBeLessThanOrEqual(20 + 10)
    })

    test.skipIf(cut === null)(
      'are not trusted to memory while hints are cut off, and what changed then is seen',
      async () => {
        const [first = none, second = none] = await runningJobs(2)
        for (const { id } of [first, second]) await watch.look(id)
        await vouchedFor(watch, [first, second])
        const isCut = turned(api)
        await cut?.(place.url)
        await worker.note([{ ...first, progress: 0.5 }])
        await isCut
        expect([watch.fresh(first.id), watch.fresh(second.id)]).toEqual([null, null])
        expect(await progressOf(first.id)).toBe(0.5)
        await vouchedFor(watch, [first, second])
        expect(await progressOf(first.id)).toBe(0.5)
      },
    )
  })

  describe('what this process did', () => {
    let waybill: Waybill
    beforeEach(() => {
      waybill = createWaybill({ engine: place.url, jobs: [patient], logger: silentLogger })
    })
    afterEach(() => waybill.close())

    test('it shows at once, though no hint comes: cancel, retry, purge', async () => {
      const { watch, control } = await deafened(waybill)
      const job = await waybill.enqueue(patient, {})
      const memory = async () => {
        await vouchedFor(watch, [job])
        return watch
      }
      await (await memory()).look(job.id)
      await waybill.cancel(job.id)
      expect(await waybill.get(job.id)).toMatchObject({ status: 'cancelled' })
      await memory()
      await waybill.retry(job.id)
      expect(await waybill.get(job.id)).toMatchObject({ status: 'pending' })
      await waybill.cancel(job.id)
      await memory()
      await control.purge(job.id)
      await expect(waybill.get(job.id)).rejects.toMatchObject({ code: 'job_expired' })
    })

    test('or another, a poller that has seen it there is not shown less here', async () => {
      const parts = await deafened(waybill)
      const face = new Face(() => waybill.parts(), {})
      const [{ id, fence } = none] = await runningJobs(1)
      const get = (tag?: string, query = '') =>
        face.fetch(
          new Request(`http://localhost/api/v1/jobs/${id}${query}`, tag ? { headers: { 'if-none-match': tag } } : {}),
        )
      await get()
      await vouchedFor(parts.watch, [{ id }])
      expect([await sourceOf(await get()), await sourceOf(await get('W/"2-owner"'))]).toEqual([
        'memory 200',
        'memory 304',
      ])
      await worker.note([{ id, fence, progress: 0.5 }])
      const seen = await get('W/"3-owner"')
      await worker.note([{ id, fence, progress: 0.7 }])
      const waited = await get('W/"4-owner"', '?wait=0')
      expect([seen, waited].map(({ headers }) => headers.get('etag'))).toEqual(['W/"3-owner"', 'W/"4-owner"'])
      face.stop()
    })
  })
}

const none = { id: '', fence: 0 }
const patient = defineJob({ type: 'patient', run: () => null })

const sourceOf = async (response: Response) => `${response.headers.get('waybill-source')} ${response.status}`

async function runningJobs(count: number): Promise<{ id: string; fence: number }[]> {
  await worker.insert(Array.from({ length: count }, () => aJob()))
  const running: { id: string; fence: number }[] = []
  while (running.length < count) {
    const { jobs, fence } = await worker.claim(aClaim({ max: count, begins: count })) // of one shard at a time
    for (const { record } of jobs) running.push({ id: record.id, fence })
  }
  return running
}

/** Hints come no longer, or again. */
async function turned(engine: Engine): Promise<void> {
  const before = engine.hearing()
  await new Promise<void>((resolve) => {
    const stop = engine.watch(() => {
      if (engine.hearing() === before) return
      stop()
      resolve()
    })
  })
}

/** Polls until memory answers for all of these. */
async function vouchedFor(watch: Watch, jobs: readonly { id: string }[]): Promise<void> {
  while (jobs.some(({ id }) => watch.fresh(id) === null)) {
    await Promise.all(jobs.map(({ id }) => watch.look(id)))
    await after(2)
  }
}

/** The Waybill's parts, with hints that name jobs lost from here on. */
async function deafened(waybill: Waybill): Promise<Awaited<ReturnType<Waybill['parts']>>> {
  const parts = await waybill.parts()
  const { engine } = parts
  const heard = engine.watch.bind(engine)
  engine.watch = (listener) => heard((hint) => (hint.ids === null ? listener(hint) : undefined))
  return parts
}

/** Counts what an engine is asked for. */
class Reads {
  readonly #gets: string[][] = []
  readonly #revs: string[][] = []

  get calls(): number {
    return this.#gets.length + this.#revs.length
  }

  /** Looks at the revs of all jobs at once. */
  looks(jobs: number): number {
    return this.#revs.filter((ids) => ids.length === jobs).length
  }

  of(engine: Engine): Engine {
    const over: Partial<Engine> = {
      get: (ids, include) => (this.#gets.push(ids), engine.get(ids, include)),
      revs: (ids) => (this.#revs.push(ids), engine.revs(ids)),
    }
    return new Proxy(engine, {
      get(target, name) {
        const member: unknown = Reflect.get(name in over ? over : target, name, target)
        if (typeof member !== 'function') return member
        return (...given: unknown[]): unknown => Reflect.apply(member, target, given)
      },
    })
  }
}
