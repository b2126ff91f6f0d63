// The client against the real server on a real SQLite file, through a restart of the server, and in a real browser.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { serve, type Served } from '../http/index.ts'
import { createWaybill, defineJob, type Waybill, type WaybillOptions } from '../index.ts'
import { silentLogger } from '../lib/log.ts'
import { isEnded, WaybillClient, type Job } from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A job that goes on when the test says so. */
function gated() {
  let open: () => void = () => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const job = defineJob<{ n: number }, { done: number }>({
    type: 'gated',
    async run(ctx) {
      ctx.progress(0.4, 'Waiting at the gate', { stage: 'WAITING' })
      await gate
      return { done: ctx.input.n }
    },
  })
  return { job, open: () => open() }
}

function made(job: ReturnType<typeof gated>['job'], more: WaybillOptions = {}): Waybill {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-client-'))
  const waybill = createWaybill({
    engine: `sqlite:${join(dir, 'jobs.db')}`,
    jobs: [job],
    logger: silentLogger,
    ...more,
  })
  cleanups.push(
    () => rmSync(dir, { recursive: true, force: true }),
    () => waybill.close(),
  )
  return waybill
}

async function served(waybill: Waybill, port = 0): Promise<Served> {
  const server = await serve(waybill, { port })
  cleanups.push(() => server.close())
  return server
}

test('a watch goes on through a restart of the server, and ends when the job does', async () => {
  const { job, open } = gated()
  const waybill = made(job)
  await waybill.worker().start()
  const first = await served(waybill)
  const client = new WaybillClient({ url: `${first.url}/api/v1` })
  const { id } = await client.submit('gated', { n: 7 })
  const states: string[] = []
  for await (const seen of client.watch(id)) {
    states.push(seen.status)
    if (seen.stage !== 'WAITING' || states.includes('restarted')) continue
    states.push('restarted')
    await first.close()
    await served(waybill, first.port)
    open()
  }
  expect(states.at(-1)).toBe('completed')
  expect(states).toContain('restarted')
  expect(await client.result(id)).toEqual({ done: 7 })
})

test('where no stream comes through, the real server’s long polls, lookups and lists tell the same', async () => {
  const { job, open } = gated()
  const waybill = made(job)
  await waybill.worker().start()
  const { url } = await served(waybill)
  const noStreams: typeof fetch = async (input, init) =>
    /\/events/.test(input instanceof Request ? input.url : input.toString())
      ? new Response('not here', { status: 405 })
      : fetch(input, init)
  const client = new WaybillClient({ url: `${url}/api/v1`, fetch: noStreams, env: { after: soon } })
  const submitted = await Promise.all([1, 2, 3].map((n) => client.submit('gated', { n }, { userId: 'ann' })))
  const [one, ...others] = submitted.map(({ id }) => id)
  const ways: string[] = []
  client.onConnection((way) => ways.push(way))
  const watched = Promise.all([
    ends(client.watch(one ?? '')),
    ends(client.watchAll({ jobs: others })),
    ends(client.watchAll({ userId: 'ann' }), 3),
  ])
  setTimeout(open, 100)
  expect((await watched).map(({ length }) => length)).toEqual([1, 2, 3])
  expect(ways).toContain('polling')
})

test('an absent job and an erased one are not there, and say which', async () => {
  const { job, open } = gated()
  open()
  const waybill = made(job, { retention: '1s' })
  await waybill.worker().start()
  const { url } = await served(waybill)
  const client = new WaybillClient({ url: `${url}/api/v1` })
  await expect(client.ended('absent')).rejects.toMatchObject({ code: 'not_found', status: 404 })
  const { id, expiresAt } = await client.ended((await client.submit('gated', { n: 1 })).id)
  await new Promise((resolve) => setTimeout(resolve, Date.parse(expiresAt ?? '') - Date.now() + 5))
  await expect(client.ended(id)).rejects.toMatchObject({ code: 'job_expired', status: 410 })
})

/** Waits of seconds take 20 ms, but for deadlines. */
function soon(ms: number, fn: () => void): () => void {
  const timer = setTimeout(fn, ms >= 5_000 ? ms : Math.min(ms, 20))
  return () => clearTimeout(timer)
}

/** The ends that come, the first `enough` of them. */
async function ends(watching: AsyncIterable<Job>, enough = Number.POSITIVE_INFINITY): Promise<Job[]> {
  const found: Job[] = []
  for await (const job of watching) if (isEnded(job) && found.push(job) >= enough) break
  return found
}

const browser = '/usr/bin/chromium'

test.skipIf(!existsSync(browser) && !process.env['CI'])(
  'a page in Chromium watches a job by the client’s own modules (needs Debian’s chromium)',
  async () => {
    const { job, open } = gated()
    const page = await pageServer()
    const waybill = made(job, { corsOrigins: [page.origin] })
    await waybill.worker().start()
    const { url } = await served(waybill)
    const { id } = await waybill.enqueue(job, { n: 3 })
    const chrome = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] })
    cleanups.push(() => chrome.close())
    const tab = await chrome.newPage()
    await tab.goto(`${page.origin}/?api=${encodeURIComponent(`${url}/api/v1`)}&job=${id}`)
    await tab.getByText('WAITING').first().waitFor()
    open()
    await tab.getByText('completed').first().waitFor()
    expect(await tab.textContent('body')).toContain('{"done":3}')
  },
)

const html = `<!doctype html><meta charset="utf-8"><title>t</title><body></body><script type="module">
import { WaybillClient } from '/index.ts'
const query = new URLSearchParams(location.search)
const client = new WaybillClient({ url: query.get('api') })
for await (const job of client.watch(query.get('job'))) {
  document.body.append(document.createElement('p'))
  document.body.lastChild.textContent = job.status + ' ' + job.stage + ' ' + JSON.stringify(job.result)
}
</script>`

// The client's sources as a browser can load them: types taken out, nothing bundled.
async function pageServer(): Promise<{ origin: string }> {
  const server = createServer((request, response) => {
    const name = /^\/([\w-]+\.ts)$/.exec(request.url ?? '')?.[1]
    if (!name) return void response.writeHead(200, { 'content-type': 'text/html' }).end(html)
    const code = stripTypeScriptTypes(readFileSync(new URL(name, import.meta.url), 'utf8'))
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(code)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { origin: `http://127.0.0.1:${address.port}` }
}

test('a batch is submitted, looked at, cancelled and retried', async () => {
  const { job } = gated()
  const { url } = await served(made(job))
  const client = new WaybillClient({ url: `${url}/api/v1` })
  const jobs = [1, 2].map((n) => ({ type: 'gated', input: { n } }))
  const { batchId, items } = await client.submitBatch([...jobs, { type: 'unknown' }], { atomic: false, name: 'three' })
  expect(items.map((item) => item.job?.batchId ?? item.problem?.code)).toEqual([batchId, batchId, 'unknown_type'])
  expect(await client.batch(batchId)).toMatchObject({ name: 'three', total: 2, counts: { pending: 2 }, progress: 0 })
  expect(await client.cancelBatch(batchId)).toMatchObject({ finished: true, counts: { cancelled: 2 } })
  expect(await client.retryBatch(batchId)).toMatchObject({ retried: 0, batch: { batchId } })
  await expect(client.batch('nothing')).rejects.toMatchObject({ code: 'not_found' })
})

test('a unique key is answered the job that has it', async () => {
  const { job } = gated()
  const { url } = await served(made(job))
  const client = new WaybillClient({ url: `${url}/api/v1` })
  const first = await client.submit('gated', { n: 1 }, { unique: { key: 'k' } })
  expect((await client.submit('gated', { n: 2 }, { unique: { key: 'k' } })).id).toBe(first.id)
  const rejected = client.submit('gated', { n: 3 }, { unique: { key: 'k', onConflict: 'reject' } })
  await expect(rejected).rejects.toMatchObject({ code: 'unique_conflict' })
})
