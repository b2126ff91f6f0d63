// The command as people run it: a child process in a project of its own, on a SQLite file of its own.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { end, firstLine, lines, Place, type Child } from './cli.fixture.ts'

const place = new Place()
const run = place.run.bind(place)
afterAll(() => place.remove())

describe('with `waybill dev` running', () => {
  let server: Child
  let url = ''
  beforeAll(async () => {
    server = place.start(['dev', '--port', '0', '--json'])
    url = JSON.parse(await firstLine(server.stdout)).url
  })
  afterAll(async () => {
    if ((await end(server)) !== 0) throw new Error('`waybill dev` did not end in order at SIGTERM')
  })

  test('submit --watch follows a job to its end, as JSON lines in a pipe, and exits 0', async () => {
    const { code, out } = await run(['submit', 'math.add', '--input', '{"a":1,"b":2}', '--watch', '--url', url])
    expect(lines(out).at(-1)).toMatchObject({ status: 'completed', progress: 1, result: { sum: 3 } })
    expect(code).toBe(0)
  })

  test('the same works on the engine itself, without --url', async () => {
    const { code, out } = await run(['submit', 'math.add', '-i', '-', '-w'], {}, '{"a":20,"b":1}')
    expect(lines(out).at(-1)).toMatchObject({ status: 'completed', result: { sum: 21 } })
    expect(code).toBe(0)
  })

  test('a failed job ends with 3 and shows the sentence meant for its owner', async () => {
    const { code, out } = await run(['submit', 'math.refuse', '--watch'])
    expect(out).toContain('These numbers are odd.')
    expect(code).toBe(3)
  })

  test('result says why there is none, and ends with 3 for a failed job', async () => {
    const { job_id: id } = lines((await run(['submit', 'math.refuse', '--watch'])).out).at(-1) ?? {}
    const { code, out, talk } = await run(['result', String(id)])
    expect([code, out]).toEqual([3, ''])
    expect(talk).toContain('These numbers are odd.')
  })

  test('logs -f goes on until the job has ended', async () => {
    const { job_id: id } = JSON.parse(
      (await run(['submit', 'math.add', '--input', '{"a":1,"b":1}', '--delay', '600ms'])).out,
    )
    const { code, out } = await run(['logs', id, '-f'])
    expect(lines(out)).toMatchObject([{ seq: 1, message: 'adding', fields: { a: 1 } }])
    expect(code).toBe(0)
  })

  test('a wait that is over ends with 5, a cancelled job with 4', async () => {
    const submitted = await run(['submit', 'math.endless'])
    const { job_id: id } = JSON.parse(submitted.out)
    expect((await run(['watch', id, '--timeout', '300ms'])).code).toBe(5)
    const watching = run(['watch', id])
    expect((await run(['cancel', id, '--reason', 'enough'])).code).toBe(0)
    const { code, out } = await watching
    expect(code).toBe(4)
    expect(lines(out).at(-1)).toMatchObject({
      status: 'cancelled',
      cancel_reason: 'enough',
    })
  })

  test('signal answers a job that waits', async () => {
    const { job_id: id } = JSON.parse((await run(['submit', 'math.ask'])).out)
    expect((await run(['signal', id, 'sum', '--input', '42'])).code).toBe(0)
    const { code, out } = await run(['result', id])
    expect([code, JSON.parse(out)]).toEqual([0, 42])
    expect((await run(['signal', id, 'sum'])).code).toBe(1)
  })

  test('get, list, result, logs and retry', async () => {
    const submitted = await run(['submit', 'math.add', '--input', '{"a":2,"b":2}', '--user', 'ada', '--watch'])
    const { job_id: id } = JSON.parse(submitted.out.trim().split('\n').at(-1) ?? '')
    expect(JSON.parse((await run(['get', id, '--include', 'timeline'])).out)).toMatchObject({
      job_id: id,
      user_id: 'ada',
    })
    expect(JSON.parse((await run(['list', '--user', 'ada'])).out).items).toMatchObject([{ job_id: id }])
    expect(JSON.parse((await run(['result', id])).out)).toEqual({ sum: 4 })
    expect((await run(['logs', id])).out).toContain('adding')
    const refused = await run(['retry', id, '--from-step', 'adding'])
    expect([refused.code, refused.talk]).toEqual([2, expect.stringContaining('has no step "adding"')])
    expect(JSON.parse((await run(['retry', id])).out)).toMatchObject({ job_id: id, status: 'pending' })
  })
})

test('keys are shown once, listed without their secret, and revoked only with a yes', async () => {
  const made = await run(['keys', 'create', '--scope', 'jobs:read', '--user', 'ada', '--json'])
  const { key, id } = JSON.parse(made.out)
  expect(key).toMatch(/^wbk_/)
  const listed = await run(['keys', 'list'])
  expect(listed.out).toContain(id)
  expect(listed.out).not.toContain(key)
  expect((await run(['keys', 'revoke', id])).code).toBe(2)
  expect((await run(['keys', 'revoke', id, '--yes'])).code).toBe(0)
})

test('migrate says which layout the store has', async () => {
  const { out, code } = await run(['migrate', '--status', '--json'])
  const { found, wanted } = JSON.parse(out)
  expect([typeof wanted, found]).toEqual(['number', wanted])
  expect(code).toBe(0)
})
