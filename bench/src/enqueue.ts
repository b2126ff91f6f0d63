// Enqueue on SQLite, synchronous=FULL: alone, with 64 callers in flight, and in bulk. Through the public API, so each
// job is checked, serialised and durable before its promise resolves.
import { type Bench, type Figure, perSecond, quantile } from './figures.ts'
import { input, noop, place } from './place.ts'

export const enqueue: Bench = {
  name: 'enqueue',
  async run(size) {
    const where = place()
    const waybill = where.open()
    await waybill.migrate()
    const n = size === 'full' ? 20_000 : 200
    await inFlight(waybill, Math.min(2_000, n)) // warm-up
    const figures = [
      ...(await alone(waybill, size === 'full' ? 2_000 : 50)),
      await inFlight(waybill, n),
      await bulk(waybill, n * 3),
    ]
    await waybill.close()
    where.remove()
    return figures
  },
}

type Open = ReturnType<ReturnType<typeof place>['open']>

async function alone(waybill: Open, n: number): Promise<Figure[]> {
  const samples: number[] = []
  for (let i = 0; i < n; i++) {
    const start = performance.now()
    await waybill.enqueue(noop, input(i), { userId: `user-${i % 100}` })
    samples.push(performance.now() - start)
  }
  return [
    { name: 'enqueue alone, p50', value: quantile(samples, 0.5), unit: 'ms' },
    {
      name: 'enqueue alone, p99',
      value: quantile(samples, 0.99),
      unit: 'ms',
      target: { at: 'most', value: 5 },
    },
  ]
}

async function inFlight(waybill: Open, n: number): Promise<Figure> {
  let left = n
  const caller = async () => {
    while (left-- > 0) await waybill.enqueue(noop, input(left), { userId: `user-${left % 100}` })
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: 64 }, caller))
  return {
    name: 'enqueue, 64 in flight',
    value: perSecond(n, performance.now() - start),
    unit: 'jobs/s',
    target: { at: 'least', value: 25_000 },
  }
}

async function bulk(waybill: Open, n: number): Promise<Figure> {
  const groups = Array.from({ length: Math.ceil(n / 1_000) }, (_, g) =>
    Array.from({ length: Math.min(1_000, n - g * 1_000) }, (_, i) => input(i)),
  )
  const start = performance.now()
  for (const [g, inputs] of groups.entries()) await waybill.enqueueMany(noop, inputs, { userId: `user-${g % 100}` })
  return {
    name: 'enqueue in bulk, 1,000 a call',
    value: perSecond(n, performance.now() - start),
    unit: 'jobs/s',
    target: { at: 'least', value: 70_000 },
  }
}
