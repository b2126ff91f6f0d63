// Memory of an idle worker process: started, its heartbeat running, nothing to do.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Bench } from './figures.ts'
import { place } from './place.ts'

const self = fileURLToPath(import.meta.url)

export const idle: Bench = {
  name: 'idle',
  async run(size) {
    const where = place()
    const child = fork(self, ['worker', where.url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    await once(child, 'message')
    await new Promise((settled) => setTimeout(settled, size === 'full' ? 3_000 : 100))
    const rss = residentBytes(child.pid ?? 0)
    child.send('stop')
    await once(child, 'exit')
    where.remove()
    return [
      {
        name: 'idle worker, resident memory',
        value: rss / 1e6,
        unit: 'MB',
        target: { at: 'most', value: 90 },
      },
    ]
  },
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

if (process.argv[1] === self && process.argv[2] === 'worker') {
  const { createWaybill } = await import('waybill')
  const { noop } = await import('./place.ts')
  const waybill = createWaybill({ engine: process.argv[3] ?? '', jobs: [noop], logLevel: 'error' })
  const worker = waybill.worker({})
  await worker.start()
  process.send?.('ready')
  await once(process, 'message')
  await worker.stop()
  await waybill.close()
  process.disconnect()
}
