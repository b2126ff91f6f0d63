// The thread behind heartbeat.ts: every third of a lease it renews the fences it has been told of. It ends when told to.
import { parentPort, workerData } from 'node:worker_threads'
import { openEngine } from '../engines/registry.ts'
import type { Beat, BeatThreadData } from './heartbeat.ts'

const { engineUrl, workerId, leaseMs }: BeatThreadData = workerData
const engine = await openEngine(engineUrl)
const fences = new Set<number>()
let until = Number.POSITIVE_INFINITY
let timer = setTimeout(beat, leaseMs / 3)

parentPort?.on('message', (said: Beat) => {
  if ('add' in said) fences.add(said.add)
  else if ('drop' in said) fences.delete(said.drop)
  else if ('until' in said) until = said.until
  else void stop()
})
parentPort?.postMessage('ready')

// Late or failed: the next one follows at once or a third of a lease later; the lease outlives two misses.
async function beat(): Promise<void> {
  const leases = Date.now() < until ? [...fences].map((fence) => ({ fence, begun: 0 })) : []
  let wait = leaseMs / 3
  try {
    await engine.extend({ workerId, leaseMs, leases, jobs: [] })
  } catch (error) {
    wait = Math.min(1_000, leaseMs / 10)
    parentPort?.postMessage({ failed: String(error) })
  }
  timer = setTimeout(beat, wait)
}

async function stop(): Promise<void> {
  clearTimeout(timer)
  await engine.close()
  parentPort?.close()
}
