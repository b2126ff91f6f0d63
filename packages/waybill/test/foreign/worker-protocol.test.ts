// Waybill's own server against the conformance script, on every engine.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cases } from '../../../../clients/conformance/cases.ts'
import { Peer } from '../../../../clients/conformance/wire.ts'
import { serve, type Served } from '../../src/http/index.ts'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { stores, type Store } from './stores.fixture.ts'

const key = 'wbk_conformance_0123456789abcdef'
const script = new URL('../../../../clients/conformance/worker-protocol.ts', import.meta.url).pathname

describe.each(stores)('the worker protocol on %s', (_, open) => {
  let store: Store
  let waybill: Waybill
  let served: Served
  beforeAll(async () => {
    store = await open()
    const jobs = [defineJob({ type: 'conformance' })]
    waybill = createWaybill({ engine: store.url, jobs, apiKeys: [key], logger: silentLogger })
    served = await serve(waybill, { port: 0 })
  })
  afterAll(async () => {
    await served.close()
    await waybill.close()
    await store.drop()
  })

  test.each(cases)('$name', async ({ run }) => {
    const peer = new Peer(`${served.url}/api/v1`, key, 'conformance', `c-${randomUUID()}`)
    await expect(run(peer)).resolves.toBeUndefined()
  })
})

test('the script holds a server at a URL against every case', async () => {
  const waybill = createWaybill({
    engine: 'sqlite::memory:',
    jobs: [defineJob({ type: 'conformance' })],
    apiKeys: [key],
    logger: silentLogger,
  })
  const served = await serve(waybill, { port: 0 })
  const child = spawn(process.execPath, [script, `${served.url}/api/v1`], {
    env: { ...process.env, WAYBILL_TOKEN: key },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  const [code] = await once(child, 'close')
  await served.close()
  await waybill.close()
  expect(out).toContain(`${cases.length} of ${cases.length} hold`)
  expect(code).toBe(0)
})
