// What is promised of jobs that sleep and wait for signals, with real processes on one store: kill -9 at any moment
// neither loses nor repeats a sleep, nor loses an answer. Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../src/waybill.fixture.ts'
import { after } from './caller.fixture.ts'
import { Cast } from './cast.fixture.ts'
import { human } from './program.fixture.ts'
import type { Places } from './store.fixture.ts'

export function waitFaults(start: () => Promise<Places>): void {
  let places: Places
  let cast: Cast
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())
  beforeEach(async () => {
    cast = new Cast(await places.store())
    await cast.open()
  })
  afterEach(() => cast.close())

  const types = async (id: string) => (await cast.history(id)).types

  async function comes(id: string, type: string): Promise<void> {
    const { engine } = await cast.waybill.parts()
    await eventually(engine, async () => (await types(id)).some((one) => one === type))
  }

  test('a worker dies while its job sleeps, and the next while it waits: nothing is charged, and nothing is done twice', async () => {
    const first = await cast.worker()
    const job = await cast.waybill.enqueue(human, { sleepMs: 1_500 })
    await comes(job.id, 'slept')
    first.kill('SIGKILL')
    const second = await cast.worker()
    await comes(job.id, 'waits')
    second.kill('SIGKILL')
    await cast.waybill.signal(job.id, 'go', 'one')
    await cast.waybill.signal(job.id, 'go', 'two')
    await cast.worker()
    expect(await cast.waybill.result(job)).toEqual({ answers: ['one', 'two'] })
    const { record, attempts, timeline } = await cast.history(job.id)
    expect([record.attempt, record.fails, record.losses]).toEqual([1, 0, 0])
    expect(attempts.map(({ status }) => status)).toEqual(['suspended', 'suspended', 'completed'])
    expect(cast.effects(`first ${job.id}`)).toHaveLength(1)
    const [slept, woken] = ['slept', 'due'].map((type) => timeline.find((entry) => entry.type === type)?.at ?? 0)
    expect((woken ?? 0) - (slept ?? 0)).toBeGreaterThanOrEqual(1_000)
  })

  test('answers that are sent while workers die are all heard, in order, and every sleep is slept once', async () => {
    const made = await cast.waybill.enqueueMany(human, Array(20).fill({ sleepMs: 1_100 }))
    let running = true
    const dying = async (): Promise<void> => {
      while (running) {
        const child = await cast.worker()
        await after(700)
        child.kill('SIGKILL')
      }
      await cast.worker()
    }
    const sending = async (): Promise<void> => {
      for (const answer of [1, 2])
        for (const { id } of made) {
          await cast.waybill.signal(id, 'go', answer)
          await after(60)
        }
      running = false
    }
    await Promise.all([dying(), sending()])
    for (const job of made) expect(await cast.waybill.result(job)).toEqual({ answers: [1, 2] })
    const slept = await Promise.all(made.map(async ({ id }) => (await types(id)).filter((type) => type === 'slept')))
    expect(slept.filter(({ length }) => length !== 1)).toEqual([])
  })
}
