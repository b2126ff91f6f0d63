// An engine with an accelerator keeps the contract as it does without one: real Redis before real SQLite. What writers
// see is under test here; what readers are shown from the cache may be two seconds old (test/faults/accelerator-trust).
import { startRedis, type Server } from '@waybill/servers'
import { afterAll, beforeAll, test, vi } from 'vitest'
import { conformance, type Subject } from '../engine/conformance/index.ts'
import type { Engine } from '../engine/engine.ts'
import { aPlace } from '../engines/sqlite/fixture.ts'
import { openSqlite } from '../engines/sqlite/index.ts'
import { steadyClock, systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/log.ts'
import { openAccelerator } from './open.ts'

let redis: Server
beforeAll(async () => {
  redis = await startRedis({ settings: { appendonly: 'no' } })
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterAll(async () => {
  vi.useRealTimers()
  await redis.stop()
})

async function open(): Promise<Subject> {
  const { url, remove } = aPlace()
  let offset = 0
  const handles: Engine[] = []
  const handle = async () => {
    const bare = await openSqlite(url, { clockOffset: () => offset })
    await bare.migrate()
    const wanted = { url: redis.url, prefix: 'wb:', ttlMs: 300_000 }
    const clocks = { clock: systemClock, steady: steadyClock }
    const { engine } = await openAccelerator(bare, wanted, { ...clocks, log: silentLogger })
    handles.push(engine)
    return engine
  }
  let engine = await handle()
  return {
    engine,
    advance: (ms) => void (offset += ms),
    another: handle,
    async reopen() {
      await engine.close()
      engine = await handle()
      return engine
    },
    async close() {
      for (const one of handles) await one.close()
      remove()
    },
  }
}

conformance({ name: 'accelerated sqlite', open, test, runs: 10 })
