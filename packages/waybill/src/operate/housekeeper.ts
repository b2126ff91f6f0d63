// Jobs of the system's own queue, for when no worker takes them: none that serves all queues is there, or all are busy
// with long jobs, which may be the very reason for a bulk cancel. A worker of this process then does them and leaves.
import type { Engine } from '../engine/engine.ts'
import { pause, type Clock } from '../lib/clock.ts'
import type { Role } from '../upkeep/loop.ts'
import type { Worker } from '../worker/worker.ts'
import { systemQueue } from './bulk/job.ts'

const lookMs = 200

export function housekeeper(engine: Engine, clock: Clock, makeWorker: () => Worker): Role {
  const over = new AbortController()
  const pending = async () => (await engine.count({ queue: systemQueue })).pending > 0

  async function help(): Promise<void> {
    const worker = makeWorker()
    try {
      await worker.start()
      do await pause(clock, lookMs, over.signal)
      while (!over.signal.aborted && (worker.active > 0 || (await pending())))
    } finally {
      await worker.stop({ graceMs: 0 })
    }
  }

  return {
    name: 'housekeeper',
    restMs: 1_000,
    async bite() {
      if (await pending()) await help()
      return false
    },
    halt: () => over.abort(),
  }
}
