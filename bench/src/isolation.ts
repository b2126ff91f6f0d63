// Jobs in threads and processes of their own, at the default concurrency: small jobs a second once all children are up, and
// how long after its time limit a job that never returns is really gone (its end is recorded when its child is no more).
import type { WaybillWorker } from 'waybill'
import { type Bench, type Figure, median, perSecond } from './figures.ts'
import { endless, small } from './isolation-jobs.ts'
import { input, place } from './place.ts'

const module = new URL('./isolation-jobs.ts', import.meta.url)
const limitMs = 500

export const isolation: Bench = {
  name: 'isolation',
  async run(size) {
    const n = size === 'full' ? 5_000 : 20
    const kills = size === 'full' ? 7 : 1
    return [...(await measured('process', n, kills)), ...(await measured('thread', n, kills))]
  },
}

async function measured(isolate: 'thread' | 'process', n: number, kills: number): Promise<Figure[]> {
  const where = place()
  const waybill = where.open([small, endless])
  const run = async (count: number) => {
    const inputs = Array.from({ length: count }, (_, i) => input(i))
    const jobs = await waybill.enqueueMany(small, inputs)
    for (const job of jobs) await waybill.result(job)
  }
  const kill = async () => {
    const { id } = await waybill.enqueue(endless, null, { timeout: limitMs })
    await waybill.result({ id }).catch(() => null) // it times out, as it must
    const job = await waybill.get(id)
    return (job?.completedAt ?? Number.NaN) - (job?.startedAt ?? Number.NaN) - limitMs
  }
  const worker: WaybillWorker = waybill.worker({ isolate, module })
  const startMs = await timed(() => worker.start())
  await run(n / 5) // warm-up
  const ms = await timed(() => run(n))
  const late: number[] = []
  for (let i = 0; i < kills; i++) late.push(await kill())
  await waybill.close()
  where.remove()
  return [
    { name: `isolate ${isolate}, start of a worker`, value: startMs, unit: 'ms' },
    {
      name: `isolate ${isolate}, small jobs`,
      value: perSecond(n, ms),
      unit: 'jobs/s',
      target: { at: 'least', value: 1_000 },
    },
    { name: `isolate ${isolate}, gone after its limit, p50`, value: median(late), unit: 'ms' },
    {
      name: `isolate ${isolate}, gone after its limit, worst`,
      value: Math.max(...late),
      unit: 'ms',
      target: { at: 'most', value: 1_000 },
    },
  ]
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
