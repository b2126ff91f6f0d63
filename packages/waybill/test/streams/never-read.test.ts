// Readers that never read: what waits for a thousand of them is bounded, and they are let go of.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aStage, Events, type Stage } from '../../src/http/http.fixture.ts'
import { serve } from '../../src/http/serve.ts'

let stage: Stage
const cleanups: (() => unknown)[] = []
beforeEach(async () => {
  stage = await aStage()
})
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
  await stage.close()
})

const readers = 1_000
const KiB = 1024

const streamsIn = (metrics: string) => Number(/^waybill_streams (\d+)$/m.exec(metrics)?.[1])
const gauge = async () => streamsIn(await (await stage.ask('operator', 'GET', '/metrics')).text())
const streamsOf = async (url: string) =>
  streamsIn(await (await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer operator' } })).text())

/** What the process holds once all that nobody needs has been thrown away. */
function held(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// Each was handed two chunks of 64 KiB at most; what waits beyond them is the jobs themselves, which all share.
test('what waits for a thousand readers that never read costs less than 200 KiB each', {
  timeout: 60_000,
}, async () => {
  const ids: string[] = []
  for (let i = 0; i < 16; i++) ids.push(await stage.submit('ann'))
  const before = held()
  const open = async () => stage.ask('operator', 'GET', `/api/v1/events?jobs=${ids.join(',')}`)
  const unread = await Promise.all(Array.from({ length: readers }, open))
  const last = new Events(await open())
  for (const _ of ids) await stage.complete({ big: 'x'.repeat(20 * KiB) })
  for (const id of ids) await last.until('job', (job) => job['job_id'] === id && job['status'] === 'completed')
  await last.cancel()
  expect(await gauge()).toBe(readers)
  expect(held() - before).toBeLessThan(readers * 200 * KiB)
  for (const response of unread) await response.body?.cancel()
  expect(await gauge()).toBe(0)
})

test.runIf(process.platform === 'linux')(
  'a thousand connections that take nothing are let go of within 45 s (by the table of Linux)',
  { timeout: 90_000 },
  async () => {
    const served = await serve(stage.core, { port: 0, auth: () => stage.auth, graceMs: 1_000 })
    cleanups.push(() => served.close())
    const id = await stage.submit('ann')
    await openIdle(`${served.url}/api/v1/jobs/${id}/events`)
    await stage.complete({ big: 'x'.repeat(240 * KiB) }) // more than a connection's window
    const streams = () => streamsOf(served.url)
    expect(await streams()).toBe(readers)
    await expect.poll(streams, { timeout: 45_000, interval: 500 }).toBe(0)
  },
)

async function openIdle(url: string): Promise<void> {
  const program = fileURLToPath(new URL('./idle-client.ts', import.meta.url))
  const client = spawn(process.execPath, [program, url, String(readers)], { stdio: ['pipe', 'pipe', 'inherit'] })
  cleanups.push(async () => (client.kill('SIGKILL'), once(client, 'exit')))
  await once(client.stdout, 'data')
}
