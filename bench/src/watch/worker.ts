// A worker process: holds jobs that run until told to end and report when told to, and drains others.
import { createWaybill, defineJob } from 'waybill'
import { input, noop } from '../place.ts'
import { clockTime } from './asking.ts'
import { play, taskOf } from './child.ts'
import { waybillOn } from './opened.ts'
import type { StoreUrls } from './stores.ts'

interface Running {
  report: (fraction: number) => void
  end: () => void
}

const { store, hold } = taskOf<{ store: StoreUrls; hold: number }>()
const running = new Map<string, Running>()
const begun = Promise.withResolvers<void>()

const held = defineJob<object, object>({
  type: 'held',
  queue: 'held',
  timeout: '1h',
  softTimeout: '59m',
  run: (ctx) =>
    new Promise((resolve) => {
      const report = (fraction: number) => ctx.progress(fraction, String(clockTime()))
      running.set(ctx.job.id, { report, end: () => resolve({}) })
      if (running.size === hold) begun.resolve()
    }),
})

const waybill = createWaybill({ ...waybillOn(store), jobs: [noop, held] })
await waybill.migrate()

play({
  hold: async () => {
    const jobs = await waybill.enqueueMany(
      held,
      Array.from({ length: hold }, () => ({})),
      { userId: 'user-1' },
    )
    await waybill.worker({ queues: ['held'], concurrency: hold }).start()
    await begun.promise
    return jobs.map(({ id }) => id)
  },
  end: (id: string) => running.get(id)?.end(),
  report: ({ id, fraction }: { id: string; fraction: number }) => running.get(id)?.report(fraction),
  reportAll: (fraction: number) => {
    for (const one of running.values()) one.report(fraction)
  },
  /** Jobs that nobody runs yet. */
  wait: async (n: number) => {
    const jobs = await waybill.enqueueMany(
      held,
      Array.from({ length: n }, () => ({})),
    )
    return jobs.map(({ id }) => id)
  },
  fill: async (n: number) => {
    const ids: string[] = []
    for (let i = 0; i < n; i += 1_000) {
      const inputs = Array.from({ length: Math.min(1_000, n - i) }, (_, k) => input(i + k))
      const jobs = await waybill.enqueueMany(noop, inputs, { userId: `user-${i % 100}` })
      ids.push(...jobs.map(({ id }) => id))
    }
    return ids
  },
  drain: async (n: number) => {
    const { engine } = await waybill.parts()
    const start = performance.now()
    const worker = waybill.worker({ queues: ['default'], concurrency: 50 })
    await worker.start()
    while ((await engine.count({ queue: 'default', type: 'noop' })).completed < n) await turn()
    const ms = performance.now() - start
    await worker.stop()
    return ms
  },
})

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}
