// Drain on SQLite: no-op jobs through one worker in one process, at the default settings and at other concurrencies,
// with status, result, owner index and timeline kept. And what a job costs on disk.
import { statSync } from 'node:fs'
import { type Bench, type Figure, perSecond } from './figures.ts'
import { input, noop, place } from './place.ts'

export const drain: Bench = {
  name: 'drain',
  async run(size) {
    const n = size === 'full' ? 100_000 : 300
    const figures: Figure[] = []
    for (const concurrency of [8, 50, 200]) figures.push(...(await drainWith(n, concurrency)))
    return figures
  },
}

async function drainWith(n: number, concurrency: number): Promise<Figure[]> {
  const where = place()
  const waybill = where.open()
  await waybill.migrate()
  for (let i = 0; i < n; i += 1_000) {
    await waybill.enqueueMany(
      noop,
      Array.from({ length: Math.min(1_000, n - i) }, (_, k) => input(i + k)),
      { userId: `user-${i % 100}` },
    )
  }
  const queued = bytes(where.file)
  const { engine } = await waybill.parts()
  const start = performance.now()
  const worker = waybill.worker({ concurrency })
  await worker.start()
  await allCompleted(engine, n)
  const ms = performance.now() - start
  await worker.stop()
  await waybill.close()
  const ended = bytes(where.file)
  where.remove()
  return [
    {
      name: `drain, concurrency ${concurrency}`,
      value: perSecond(n, ms),
      unit: 'jobs/s',
      target: { at: 'least', value: 60_000 },
    },
    ...(concurrency === 8
      ? [
          { name: 'file size a queued job', value: queued / n, unit: 'B/job' as const },
          { name: 'file size a finished job', value: ended / n, unit: 'B/job' as const },
        ]
      : []),
  ]
}

// The counters of a queue are one row: looking costs next to nothing, and every commit is a reason to look.
async function allCompleted(
  engine: { count(filter: object): Promise<{ completed: number }>; watch(listener: () => void): () => void },
  n: number,
): Promise<void> {
  let wake = () => {}
  const unwatch = engine.watch(() => wake())
  for (;;) {
    const hint = new Promise<void>((resolve) => (wake = resolve))
    if ((await engine.count({})).completed >= n) break
    await hint
  }
  unwatch()
}

function bytes(file: string): number {
  return statSync(file).size
}
