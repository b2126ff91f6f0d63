// The PostgreSQL engine keeps the contract, on a real server whose clock goes on meanwhile. Every case has a schema of
// its own in one database.
import { freshDatabase } from '@waybill/servers'
import pg from 'pg'
import { afterAll, beforeAll, test, vi } from 'vitest'
import { conformance, type Subject } from '../../engine/conformance/index.ts'
import type { Engine } from '../../engine/engine.ts'
import { openPostgres } from './index.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
let client: pg.Client
let made = 0

beforeAll(async () => {
  database = await freshDatabase()
  client = new pg.Client(database.url)
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await database.drop()
})

async function open(): Promise<Subject> {
  const schema = `case_${++made}`
  const url = `${database.url}?schema=${schema}`
  let offset = 0
  const options = { clockOffset: () => offset }
  const handles: Engine[] = []
  const handle = async () => {
    const engine = await openPostgres(url, options)
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
      handles.splice(handles.indexOf(engine), 1)
      engine = await handle()
      return engine
    },
    async close() {
      for (const one of handles) await one.close()
      await client.query(`DROP SCHEMA ${schema} CASCADE`)
    },
  }
}

// A life takes some seconds here: a look at everything after every command is hundreds of statements.
process.env['WAYBILL_RUNS'] ??= '12'
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

conformance({ name: 'postgres', open, test })
