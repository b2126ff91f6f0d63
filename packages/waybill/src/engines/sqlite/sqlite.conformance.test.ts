// The SQLite engine keeps the contract, on a real file.
import { test } from 'vitest'
import { conformance, type Subject } from '../../engine/conformance/index.ts'
import type { Engine } from '../../engine/engine.ts'
import { aPlace } from './fixture.ts'
import { openSqlite } from './index.ts'

async function open(): Promise<Subject> {
  const { url, remove } = aPlace()
  let now = Date.now()
  const options = { clockOffset: () => now - Date.now() } // time stands still unless the suite moves it
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
    advance: (ms) => void (now += ms),
    another: handle,
    async reopen() {
      await engine.close()
      return (engine = await handle())
    },
    async close() {
      for (const one of handles) await one.close()
      remove()
    },
  }
}

conformance({ name: 'sqlite', open, test })
