// The verbs that stay: several processes on one store, probes, ports, signals.
import { once } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { end, ended, firstLine, lines, Place, type Child } from './cli.fixture.ts'

const place = new Place()
const run = place.run.bind(place)
afterAll(() => place.remove())

async function serve(env: Record<string, string> = {}): Promise<{ child: Child; url: string }> {
  const child = place.start(['serve', '--port', '0', '--json'], env)
  return { child, url: JSON.parse(await firstLine(child.stdout)).url }
}

/** Resolves with the first line of talk that fits. */
async function said(child: Child, words: RegExp): Promise<RegExpExecArray> {
  let talk = ''
  for await (const [chunk] of onData(child)) {
    talk += chunk
    const match = words.exec(talk)
    if (match) return match
  }
  throw new Error(`never said ${words}: ${talk}`)
}

async function* onData(child: Child): AsyncGenerator<[string]> {
  for (;;) yield [String((await once(child.stderr, 'data'))[0])]
}

async function running(id: string): Promise<void> {
  for (;;) {
    const { status } = JSON.parse((await run(['get', id])).out)
    if (status === 'processing') return
  }
}

test('serve in one process, work in another, submit in a third: one store, one job, one end', async () => {
  const server = await serve()
  const worker = place.start(['work', '--queues', 'default', '--concurrency', '2'])
  const { code, out } = await run(['submit', 'math.add', '-i', '{"a":1,"b":1}', '-w', '--url', server.url])
  expect(lines(out).at(-1)).toMatchObject({ status: 'completed', result: { sum: 2 } })
  expect([code, await end(worker), await end(server.child)]).toEqual([0, 0, 0])
})

test.each(['process', 'thread'])('work --isolate %s runs the jobs of the config file elsewhere', async (kind) => {
  const worker = place.start(['work', '--isolate', kind])
  const { code, out } = await run(['submit', 'math.add', '-i', '{"a":1,"b":1}', '-w'])
  expect(lines(out).at(-1)).toMatchObject({ status: 'completed', result: { sum: 2 }, stage: 'ADDING' })
  expect([code, await end(worker)]).toEqual([0, 0])
})

test('work --isolate refuses what it does not know', async () => {
  const { code, talk } = await run(['work', '--isolate', 'fork'])
  expect([code, talk]).toEqual([2, expect.stringContaining('--isolate: expected none, thread, process, got "fork"')])
})

test('a worker answers probes on WAYBILL_WORKER_PORT, and nothing else', async () => {
  const worker = place.start(['work'], { WAYBILL_WORKER_PORT: '0' })
  const [, address] = await said(worker, /probes listen on (\S+)\.\n/)
  const status = async (path: string) => (await fetch(`http://${address}${path}`)).status
  expect([await status('/livez'), await status('/readyz'), await status('/metrics')]).toEqual([200, 200, 200])
  expect(await status('/api/v1/jobs')).toBe(404)
  expect(await end(worker)).toBe(0)
})

test('a port that is taken ends with 1 and a sentence, not with a process that hangs', async () => {
  const server = await serve()
  const { code, talk, out } = await run(['serve', '--port', new URL(server.url).port])
  expect([code, out]).toEqual([1, ''])
  expect(talk).toContain('is taken; choose another with PORT')
  expect(await end(server.child)).toBe(0)
})

test('without auth, serve refuses an address that others can reach', async () => {
  const { code, talk } = await run(['serve', '--host', '0.0.0.0', '--port', '0'])
  expect(code).toBe(1)
  expect(talk).toContain('set WAYBILL_API_KEYS')
})

describe('a signal', () => {
  test('gives running jobs the grace, then gives them back: no attempt is charged', async () => {
    const worker = place.start(['work'], { WAYBILL_SHUTDOWN_GRACE: '200ms' })
    const id = JSON.parse((await run(['submit', 'math.endless'])).out).job_id
    await running(id)
    expect(await end(worker)).toBe(0)
    expect(JSON.parse((await run(['get', id])).out)).toMatchObject({ status: 'pending', attempt: 0 })
    await run(['cancel', id])
  })

  test('twice ends the process at once, whatever still runs', async () => {
    const worker = place.start(['work'], { WAYBILL_SHUTDOWN_GRACE: '10m' })
    const id = JSON.parse((await run(['submit', 'math.endless'])).out).job_id
    await running(id)
    const end = ended(worker)
    const stopping = said(worker, /Stopping/)
    worker.kill('SIGTERM')
    await stopping
    worker.kill('SIGINT')
    expect((await end).code).toBe(1)
    await run(['cancel', id, '--force'])
  })
})

test('with auth, the exit code says that the key is wrong, missing or too weak; the right one may do it', async () => {
  const operator = 'an-operator-key-of-some-length'
  const { child, url } = await serve({ WAYBILL_API_KEYS: operator })
  const job = await run(['submit', 'math.add', '--user', 'ada', '--url', url, '-i', '{"a":1,"b":1}'], {
    WAYBILL_API_KEY: operator,
  })
  const id = String(lines(job.out)[0]?.['job_id'])
  const made = await run(['keys', 'create', '--user', 'ada', '--scope', 'jobs:read'])
  const minted = await run(['token', 'mint', '--user', 'ada', '--url', url, '--key', operator])
  const code = async (words: string[], key: string) => (await run([...words, '--url', url, '--key', key])).code

  expect((await run(['get', id, '--url', url])).code).toBe(7)
  expect(await code(['get', id], 'wrong')).toBe(7)
  expect(await code(['get', id], made.out.trim())).toBe(0)
  expect(await code(['cancel', id], made.out.trim())).toBe(7)
  expect(await code(['get', id], minted.out.trim())).toBe(0)
  expect(await code(['cancel', id], minted.out.trim())).toBe(7)
  expect(await code(['cancel', id], operator)).toBe(0)
  expect(await end(child)).toBe(0)
})
