// The Python client against a real server: it submits, watches and works, and it outlives what goes wrong around it.
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { key, Site } from './python.fixture.ts'

let site: Site
beforeEach(async () => {
  site = new Site()
  await site.open()
})
afterEach(() => site.close())

const file = new URL('../../../../clients/python/waybill.py', import.meta.url).pathname

test('waybill.py compiles, and is written in the Python of 3.9', () => {
  const check = `import ast, py_compile, sys
py_compile.compile(sys.argv[1], cfile=sys.argv[2], doraise=True)
ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))
print('sound')`
  expect(execFileSync('python3', ['-c', check, file, `${site.effects}.pyc`], { encoding: 'utf8' })).toBe('sound\n')
})

test('a job submitted in Python runs in Python, and its progress, log and result are there', async () => {
  await site.worker()
  const id = await site.submit('py.sum', { numbers: [1, 2, 3.5] })
  expect(await site.call('result', id)).toEqual({ sum: 6.5, attempt: 1 })
  const job = await site.waybill.get(id)
  expect(job).toMatchObject({
    status: 'completed',
    progressMessage: 'Adding',
    stage: 'adding',
    metadata: { from: 'python' },
  })
  const { engine } = await site.waybill.parts()
  const [line] = await engine.logs(id, 0, 10)
  expect(line).toMatchObject({ message: 'halfway', fields: { at: 1 }, audience: 'owner', attempt: 1 })
})

test('a step runs once although the attempt after it failed, and the error stays inside', async () => {
  await site.worker()
  const id = await site.submit('py.steps', null)
  expect(await site.call('result', id)).toBe(3)
  expect(site.done().filter((line) => line.endsWith(' read'))).toHaveLength(1)
  const { fails, attempt } = (await site.waybill.get(id)) ?? {}
  expect([fails, attempt]).toEqual([1, 2])
})

test.each([
  ['user', { code: 'no_scenes', message: 'The script has no scenes.' }],
  ['never', { code: 'job_error', message: 'The job failed.' }],
  ['large', { code: 'result_too_large' }],
  ['set', { code: 'job_error' }],
])('a failure that is final ends the job at once: %s', async (how, error) => {
  await site.worker()
  const id = await site.submit('py.fail', how)
  expect(await site.call('result', id)).toMatchObject(error)
  expect((await site.waybill.get(id))?.fails).toBe(1)
})

test('a handler that ends its thread by SystemExit fails its job, and the worker goes on', async () => {
  await site.worker()
  const failing = await site.submit('py.fail', 'exit')
  const id = await site.submit('py.sum', { numbers: [1] })
  expect(await site.call('result', id)).toMatchObject({ sum: 1 })
  await expect.poll(async () => (await site.waybill.get(failing))?.fails).toBeGreaterThan(0)
})

test('a cancel is seen by the handler, and the job ends as cancelled', async () => {
  await site.worker(1_500)
  const id = await site.submit('py.patient', { s: 60 })
  await site.effect(new RegExp(`began ${id}`))
  expect(await site.call('cancel', id)).toBe(true)
  await site.effect(new RegExp(`stopped ${id} cancel`))
  expect(await site.call('result', id)).toContain('enough')
})

test('the job of a worker that was killed is run by another one', async () => {
  const first = await site.worker(1_000)
  const id = await site.submit('py.patient', { s: 3 })
  await site.effect(`${first.pid} began ${id}`)
  first.signal('SIGKILL')
  await first.over
  const second = await site.worker(1_000)
  expect(await site.call('result', id)).toEqual({ pid: second.pid })
  expect((await site.waybill.get(id))?.losses).toBe(1)
})

test('a worker that was stopped for longer than its lease is told so, and its result is dropped', async () => {
  const first = await site.worker(1_000)
  const id = await site.submit('py.deaf', { s: 2 })
  await site.effect(`${first.pid} began ${id}`)
  first.signal('SIGSTOP')
  const second = await site.worker(1_000)
  expect(await site.call('result', id)).toEqual({ pid: second.pid })
  first.signal('SIGCONT')
  await site.effect(`${first.pid} ended ${id}`)
  const later = await site.submit('py.sum', { numbers: [1] }) // both go on
  await site.call('result', later)
  expect((await site.waybill.get(id))?.result).toEqual({ pid: second.pid })
  expect((await site.waybill.get(id))?.losses).toBeGreaterThan(0)
})

test('an API that is away in the middle of a job is waited for: same attempt, same worker', async () => {
  const worker = await site.worker(5_000)
  const id = await site.submit('py.deaf', { s: 1 })
  await site.effect(`${worker.pid} began ${id}`)
  await site.restart(async () => void (await site.effect(`${worker.pid} ended ${id}`)))
  expect(await site.call('result', id)).toEqual({ pid: worker.pid })
  expect(await site.waybill.get(id)).toMatchObject({ attempt: 1, losses: 0, fails: 0 })
  const next = await site.submit('py.sum', { numbers: [2] })
  expect(await site.call('result', next)).toMatchObject({ sum: 2 })
})

test('at SIGTERM what listens is told, what does not is given back, and nothing is charged', async () => {
  const worker = await site.worker()
  const listens = await site.submit('py.patient', { s: 60 })
  const deaf = await site.submit('py.deaf', { s: 60 })
  for (const id of [listens, deaf]) await site.effect(`${worker.pid} began ${id}`)
  worker.signal('SIGTERM')
  expect(await worker.over).toBe(0)
  expect(site.done()).toContain(`${worker.pid} stopped ${listens} shutdown`)
  for (const id of [listens, deaf])
    expect(await site.waybill.get(id)).toMatchObject({ status: 'pending', attempt: 0, losses: 0, fails: 0 })
})

test('an idle worker ends at once at SIGTERM, and takes no job with it', async () => {
  const worker = await site.worker()
  worker.signal('SIGTERM')
  expect(await worker.over).toBe(0)
  expect(site.done()).toContain(`${worker.pid} over`)
  const id = await site.submit('py.sum', { numbers: [1] })
  await site.worker()
  expect(await site.call('result', id)).toEqual({ sum: 1, attempt: 1 })
  expect((await site.waybill.get(id))?.losses).toBe(0)
})

test('watching goes on through a restart of the API, and every rev is higher than the last', async () => {
  const worker = await site.worker(5_000)
  const id = await site.submit('py.deaf', { s: 3 })
  await site.effect(`${worker.pid} began ${id}`)
  const seen: [string, number | null, number][] = []
  let restarted = false
  for await (const state of site.lines('watch', id)) {
    seen.push(state as [string, number | null, number])
    if (!restarted) await site.restart()
    restarted = true
  }
  expect(seen.at(-1)?.slice(0, 2)).toEqual(['completed', 1])
  const revs = seen.map(([, , rev]) => rev)
  expect(revs).toEqual([...new Set(revs)].sort((a, b) => a - b))
})

test('where no stream gets through, watching polls', async () => {
  await site.worker()
  const proxy = createServer((request, response) => {
    const blocked = request.url?.endsWith('/events') ?? false
    void (blocked ? Promise.resolve(new Response(null, { status: 502 })) : forwarded(request.url ?? '')).then(
      async (answer) =>
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()),
    )
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const direct = site.url
  const forwarded = (path: string) => fetch(direct + path, { headers: { authorization: `Bearer ${key}` } })
  const id = await site.submit('py.patient', { s: 1 })
  const address = proxy.address()
  site.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const seen: unknown[] = []
  for await (const state of site.lines('watch', id)) seen.push(state)
  proxy.closeAllConnections()
  proxy.close()
  expect(seen.at(-1)).toMatchObject(['completed', 1, expect.any(Number)])
})
