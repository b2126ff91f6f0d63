// The SQLite engine keeps the contract, on a real file. The machine's clock stands still meanwhile, so that only the
// suite moves time and what falls due at an instant falls due exactly then.
import { afterAll, beforeAll, test, vi } from 'vitest'
import { conformance, type Subject } from '../../engine/conformance/index.ts'
import type { Engine } from '../../engine/engine.ts'
import { aPlace } from './fixture.ts'
import { openSqlite } from './index.ts'

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterAll(() => void vi.useRealTimers())

async function open(): Promise<Subject> {
  const { url, remove } = aPlace()
  let offset = 0
  const options = { clockOffset: () => offset }
  const handles: Engine[] = []
  const handle = async () => {
    const engine = await openSqlite(url, options)
    handles.push(engine)
    return engine
  }
  let engine = await handle()
  await engine.migrate()
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

conformance({ name: 'sqlite', open, test })
