// What an SQL engine with an accelerator owes its users while that one is killed, paused, emptied, filled or not there at
// all: jobs run while people watch them, by polls, by a stream and through the cache itself, and each of them checks what
// it sees against the engine. Run by one test file an engine.
import { isDeepStrictEqual } from 'node:util'
import { startProxy, startRedis, type Proxy, type Server } from '@waybill/servers'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { pause, systemClock } from '../../src/lib/clock.ts'
import type { Parts } from '../../src/parts.ts'
import { heard } from '../../src/waybill.fixture.ts'
import { aProcess, figure, isUp, readOf, until, type Process } from './accelerated.fixture.ts'
import { Observers } from './observers.fixture.ts'
import type { Place, Places } from './store.fixture.ts'

const parts = 4
const film = defineJob({
  type: 'film',
  run: async (ctx) => {
    for (let part = 1; part < parts; part++) {
      ctx.progress(part / parts)
      await pause(systemClock, 25, undefined, true)
    }
    return { seconds: 1.5 }
  },
})

interface Stage {
  redis: Server
  proxy: Proxy
  /** Runs the jobs. */
  worker: Waybill
  /** Takes them and shows them. */
  api: Waybill
  apiParts: Parts
  said: string[]
}

export function acceleratorFaults(start: () => Promise<Places>): void {
  let places: Places
  let place: Place
  let stage: Stage
  let cache: Process
  const cleanups: (() => unknown)[] = []
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())
  beforeEach(async () => {
    place = await places.store()
    cleanups.push(() => place.close())
  })
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  })

  async function opened(redis: Server, settings: { absent?: boolean } = {}): Promise<void> {
    const proxy = await startProxy(redis.port)
    cleanups.push(proxy.stop)
    const accelerator = `redis://127.0.0.1:${proxy.port}`
    const said: string[] = []
    const options = { engine: place.url, accelerator, jobs: [film], logger: heard(said) }
    const [worker, api] = [createWaybill(options), createWaybill(options)]
    cleanups.push(
      () => worker.close(),
      () => api.close(),
    )
    await worker.worker({ concurrency: 8 }).start()
    const apiParts = await api.parts()
    stage = { redis, proxy, worker, api, apiParts, said }
    const [name] = await apiParts.engine.docs('store', 'name')
    cache = await aProcess(place.url, accelerator, { store: JSON.stringify(name?.body['name']).slice(1, -1) })
    cleanups.push(cache.close)
    if (!settings.absent) await until(isAllUp)
  }

  async function withRedis(settings: Record<string, string> = {}): Promise<void> {
    const redis = await startRedis({ settings: { appendonly: 'no', ...settings } })
    cleanups.push(() => redis.stop())
    await opened(redis)
  }

  const isAllUp = async () => (await health()).checks.accelerator === 'up' && isUp(cache)()
  const isAllDown = async () => (await health()).checks.accelerator === 'down' && !isUp(cache)()

  async function health(): Promise<{ status: string; checks: { accelerator: string } }> {
    const response = await stage.api.fetch(new Request('http://localhost/api/v1/jobs/health'))
    expect(response.status).toBe(200)
    const told: { status: string; checks: { accelerator: string } } = JSON.parse(await response.text())
    return told
  }

  /**
   * Jobs run and are watched before, during and after what happens; then everything is compared with the engine. Answers
   * what was wrong.
   */
  async function underLoad(happens: () => Promise<unknown>): Promise<string[]> {
    const observers = await Observers.of(place.url, stage.apiParts.watch, cache.reader)
    const ids: string[] = []
    let isOver = false
    const submitting = (async () => {
      while (!isOver) {
        const { id } = await stage.api.enqueue(film, null)
        ids.push(id)
        observers.look(id)
        await pause(systemClock, 20, undefined, true)
      }
    })()
    const more = async () => {
      const before = observers.ended
      await until(() => observers.ended >= before + 8)
    }
    await more()
    await happens()
    await more()
    isOver = true
    await submitting
    const results = await Promise.all(ids.map((id) => stage.api.result({ id })))
    await until(() => observers.ended >= ids.length)
    await observers.close()
    return [...observers.faults, ...unlike(results, { seconds: 1.5 }), ...(await untrue(ids.slice(-5)))]
  }

  async function untrue(ids: string[]): Promise<string[]> {
    const pairs = ids.map(async (id) => [(await readOf(cache.reader, id)).record, (await readOf(engine(), id)).record])
    return (await Promise.all(pairs)).flatMap(([shown, truth]) => unlike([shown], truth))
  }

  const engine = () => stage.apiParts.engine

  vi.setConfig({ testTimeout: 60_000 }) // with other programs beside them, rounds of looks take their time

  test('nothing happens: jobs are watched, and the cache answers some of the looks', async () => {
    await withRedis()
    expect(await underLoad(async () => {})).toEqual([])
    expect(cache.accelerator.metrics()).toMatch(/reads_total\{outcome="hit"\} [1-9]/)
    expect((await health()).status).toBe('ok')
  })

  test('it is killed, and later started again', async () => {
    await withRedis()
    const faults = await underLoad(async () => {
      await stage.redis.kill()
      await until(isAllDown)
      expect((await health()).status).toBe('degraded')
      await pause(systemClock, 300, undefined, true)
      await stage.redis.restart()
      await until(isAllUp)
    })
    expect(faults).toEqual([])
    expect(stage.said.filter((line) => line.includes('does not answer'))).not.toEqual([])
  })

  test('it is paused for longer than the breaker waits, and goes on with what it had been sent', async () => {
    await withRedis()
    const faults = await underLoad(async () => {
      stage.redis.pause()
      await until(isAllDown)
      await pause(systemClock, 2_000, undefined, true)
      stage.redis.resume()
      await until(isAllUp)
    })
    expect(faults).toEqual([])
  })

  test('it is emptied again and again, and forgets the script', async () => {
    await withRedis()
    const admin = new Redis(stage.redis.url)
    cleanups.push(() => admin.disconnect())
    const faults = await underLoad(async () => {
      for (let i = 0; i < 20; i++) {
        await admin.flushall()
        await admin.script('FLUSH')
        await pause(systemClock, 25, undefined, true)
      }
    })
    expect(faults).toEqual([])
    await until(isAllUp)
  })

  test.each(['allkeys-lru', 'noeviction'])('it is full, with %s', async (policy) => {
    await withRedis({ 'maxmemory-policy': policy })
    const admin = new Redis(stage.redis.url)
    cleanups.push(() => admin.disconnect())
    const faults = await underLoad(async () => {
      const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1])
      await admin.config('SET', 'maxmemory', String(used + 20_000))
      for (let i = 0; i < 50; i++) {
        await admin.set(`filler-${i}`, 'x'.repeat(10_000)).catch(() => null)
        await pause(systemClock, 10, undefined, true)
      }
    })
    expect(faults).toEqual([])
    await until(isAllUp)
  })

  test('the network swallows everything for a while, and what was sent never arrives', async () => {
    await withRedis()
    const faults = await underLoad(async () => {
      stage.proxy.blackhole(true)
      await until(isAllDown)
      stage.proxy.blackhole(false)
      await until(isAllUp)
    })
    expect(faults).toEqual([])
  })

  test('everything that is sent to it arrives late', async () => {
    await withRedis()
    const faults = await underLoad(async () => {
      stage.proxy.latency(100)
      await pause(systemClock, 500, undefined, true)
      stage.proxy.latency(1_000)
      await until(isAllDown)
      stage.proxy.latency(0)
      await until(isAllUp)
    })
    expect(faults).toEqual([])
  })

  test('its connections are cut again and again', async () => {
    await withRedis()
    const faults = await underLoad(async () => {
      const opened = () => figure(cache, 'waybill_accelerator_breaker_total{to="open"}')
      for (let i = 0; i < 3; i++) {
        const before = opened()
        stage.proxy.cut()
        await until(() => opened() > before)
        await until(isAllUp)
      }
    })
    expect(faults).toEqual([])
  })

  test('it is not there at the start, and appears later', async () => {
    const redis = await startRedis({ settings: { appendonly: 'no' } })
    cleanups.push(() => redis.stop())
    await redis.kill()
    await opened(redis, { absent: true })
    const faults = await underLoad(async () => {
      expect(await health()).toMatchObject({ status: 'degraded', checks: { accelerator: 'down' } })
      await redis.restart()
      await until(isAllUp)
      expect(await health()).toMatchObject({ status: 'ok', checks: { accelerator: 'up' } })
    })
    expect(faults).toEqual([])
  })
}

function unlike(values: unknown[], wanted: unknown): string[] {
  return values.filter((value) => !isDeepStrictEqual(value, wanted)).map((value) => JSON.stringify([value, wanted]))
}
