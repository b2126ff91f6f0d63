// The thread behind heartbeat.ts: every third of a lease it renews the fences it has been told of. It ends when told to.
import { parentPort, workerData } from 'node:worker_threads'
import { openEngine } from '../engines/registry.ts'
import { errorText } from '../lib/error-text.ts'
import { steadyClock } from '../lib/clock.ts'
import type { Beat, BeatThreadData } from './heartbeat.ts'

const { engineUrl, workerId, leaseMs }: BeatThreadData = workerData
const engine = await openEngine(engineUrl)
const fences = new Set<number>()
let stopped = false
let until = Number.POSITIVE_INFINITY
let forget = steadyClock.after(leaseMs / 3, () => void beat(), true)

parentPort?.on('message', (said: Beat) => {
  if ('add' in said) fences.add(said.add)
  else if ('drop' in said) fences.delete(said.drop)
  else if ('forMs' in said) until = steadyClock.now() + said.forMs
  else void stop()
})
parentPort?.postMessage('ready')

// Late or failed: the next one follows at once or a third of a lease later; the lease outlives two misses.
async function beat(): Promise<void> {
  const leases = steadyClock.now() < until ? [...fences].map((fence) => ({ fence, begun: 0 })) : []
  let wait = leaseMs / 3
  try {
    await engine.extend({ workerId, leaseMs, leases, jobs: [] })
  } catch (error) {
    wait = Math.min(1_000, leaseMs / 10)
    parentPort?.postMessage(errorText(error))
  }
  if (!stopped) forget = steadyClock.after(wait, () => void beat(), true)
}

async function stop(): Promise<void> {
  stopped = true
  forget()
  await engine.close()
  parentPort?.close()
}
