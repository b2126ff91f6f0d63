// Pickup: from the moment enqueue is called to the moment the handler begins, an idle worker waiting. In one process,
// and with the worker in a process of its own on the same file.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createWaybill, defineJob } from 'waybill'
import { type Bench, type Figure, quantile } from './figures.ts'
import { place } from './place.ts'

const self = fileURLToPath(import.meta.url)
const stampNow = () => performance.timeOrigin + performance.now()

export const pickup: Bench = {
  name: 'pickup',
  async run(size) {
    const n = size === 'full' ? 500 : 20
    return [...(await inOneProcess(n)), ...(await acrossProcesses(n))]
  },
}

/** A job that tells when it began, on a clock that processes of one machine share. */
function stamped(begun: (n: number, at: number) => void) {
  return defineJob<{ n: number }, null>({
    type: 'stamped',
    run: async (ctx) => {
      begun(ctx.input.n, stampNow())
      return null
    },
  })
}

async function inOneProcess(n: number): Promise<Figure[]> {
  const where = place()
  let tell: (at: number) => void = () => {}
  const job = stamped((_, at) => tell(at))
  const waybill = createWaybill({ engine: where.url, jobs: [job], logLevel: 'error' })
  const worker = waybill.worker({})
  await worker.start()
  const samples = await sampled(n, async (i) => {
    const begun = new Promise<number>((resolve) => (tell = resolve))
    const asked = stampNow()
    await waybill.enqueue(job, { n: i })
    return (await begun) - asked
  })
  await worker.stop()
  await waybill.close()
  where.remove()
  return figures('pickup in one process', samples, 2)
}

async function acrossProcesses(n: number): Promise<Figure[]> {
  const where = place()
  const job = stamped(() => {})
  const waybill = createWaybill({ engine: where.url, jobs: [job], logLevel: 'error' })
  await waybill.migrate()
  const child = fork(self, ['worker', where.url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(child, 'message')
  const samples = await sampled(n, async (i) => {
    const begun = begunIn(child, i)
    const asked = stampNow()
    await waybill.enqueue(job, { n: i })
    return (await begun) - asked
  })
  child.send('stop')
  await once(child, 'exit')
  await waybill.close()
  where.remove()
  return figures('pickup across two processes', samples, 10)
}

async function sampled(n: number, one: (i: number) => Promise<number>): Promise<number[]> {
  const warmUp = Math.min(20, n)
  const samples: number[] = []
  for (let i = 0; i < n + warmUp; i++) {
    const ms = await one(i)
    if (i >= warmUp) samples.push(ms)
    await new Promise((rest) => setTimeout(rest, 2 + (i % 5))) // the worker is idle again, at no fixed beat
  }
  return samples
}

function begunIn(child: ChildProcess, n: number): Promise<number> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (!Array.isArray(message) || message[0] !== n) return
      child.off('message', listen)
      resolve(Number(message[1]))
    }
    child.on('message', listen)
  })
}

function figures(name: string, samples: number[], target: number): Figure[] {
  return [
    {
      name: `${name}, p50`,
      value: quantile(samples, 0.5),
      unit: 'ms',
      target: { at: 'most', value: target },
    },
    { name: `${name}, p99`, value: quantile(samples, 0.99), unit: 'ms' },
  ]
}

if (process.argv[1] === self && process.argv[2] === 'worker') {
  const job = stamped((n, at) => process.send?.([n, at]))
  const waybill = createWaybill({ engine: process.argv[3] ?? '', jobs: [job], logLevel: 'error' })
  const worker = waybill.worker({})
  await worker.start()
  process.send?.('ready')
  await once(process, 'message')
  await worker.stop()
  await waybill.close()
  process.disconnect?.()
}
