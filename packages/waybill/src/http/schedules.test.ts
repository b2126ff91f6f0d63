import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aStage, read, type Stage } from './http.fixture.ts'

let stage: Stage
beforeEach(async () => {
  stage = await aStage()
})
afterEach(() => stage.close())

const path = '/api/v1/schedules/nightly'
const nightly = { cron: '30 2 * * *', timezone: 'Europe/Berlin', job: { type: 'demo', input: { a: 1 } } }
const ask = (method: string, at: string, body?: object) => stage.ask('operator', method, at, body)
const put = (body: object) => ask('PUT', path, body)
const problem = async (response: Response) => {
  const { code, errors = [] } = await read(response)
  return { status: response.status, code, errors }
}

describe('a schedule', () => {
  test('is made by PUT, answered with its next five runs, and made anew by another', async () => {
    const made = await put(nightly)
    expect(made.status).toBe(201)
    const view = await read(made)
    expect(view).toMatchObject({
      ...nightly,
      key: 'nightly',
      every_ms: null,
      overlap: 'skip',
      catch_up: 'one',
      paused: false,
      last_run: null,
    })
    expect(view['next_runs']).toHaveLength(5)
    const again = await put({ ...nightly, cron: '0 4 * * *' })
    expect([again.status, await read(again)]).toMatchObject([
      200,
      { cron: '0 4 * * *', created_at: view['created_at'] },
    ])
  })

  test('that is put as it is stays as it is: its rev does not rise', async () => {
    const first = await read(await put(nightly))
    expect(await read(await put(nightly))).toEqual(first)
  })

  test('is read alone and in the list, and is gone once it is deleted', async () => {
    await put(nightly)
    await ask('PUT', '/api/v1/schedules/a', { every_ms: 60_000, job: { type: 'demo' } })
    const { items } = (await read(await ask('GET', '/api/v1/schedules'))) as { items: { key: string; next_runs: [] }[] }
    expect(items.map(({ key, next_runs }) => [key, next_runs.length])).toEqual([
      ['a', 1],
      ['nightly', 1],
    ])
    expect((await ask('GET', path)).status).toBe(200)
    expect((await ask('DELETE', path)).status).toBe(204)
    expect((await ask('GET', path)).status).toBe(404)
    expect((await ask('DELETE', path)).status).toBe(404)
  })

  test('that is paused has no next run, stays paused when it is put again, and goes on when it is resumed', async () => {
    await put(nightly)
    expect(await read(await ask('POST', `${path}/pause`))).toMatchObject({ paused: true, next_runs: [] })
    expect(await read(await put({ ...nightly, cron: '0 5 * * *' }))).toMatchObject({ paused: true })
    expect(await read(await ask('POST', `${path}/resume`))).toMatchObject({ paused: false })
    expect((await ask('POST', '/api/v1/schedules/nobody/pause')).status).toBe(404)
  })

  test('submits its job when it is triggered, also while it is paused', async () => {
    await put({ ...nightly, paused: true, job: { type: 'demo', input: 7, user_id: 'ann', title: 'Night' } })
    const triggered = await ask('POST', `${path}/trigger`)
    const job = await read(triggered)
    expect(triggered.status).toBe(202)
    expect(triggered.headers.get('location')).toBe(`/api/v1/jobs/${String(job['job_id'])}`)
    expect(job).toMatchObject({ schedule_key: 'nightly', user_id: 'ann', title: 'Night', status: 'pending' })
    const list = await read(await stage.ask('ann', 'GET', '/api/v1/jobs?schedule=nightly'))
    expect(list).toMatchObject({ items: [{ job_id: job['job_id'] }] })
  })

  test('is the business of operators: others get 403', async () => {
    await put(nightly)
    for (const [method, at] of [
      ['GET', '/api/v1/schedules'],
      ['GET', path],
      ['DELETE', path],
      ['POST', `${path}/trigger`],
      ['POST', `${path}/pause`],
      ['POST', `${path}/resume`],
    ] as const)
      expect([at, (await stage.ask('ann', method, at)).status]).toEqual([at, 403])
    expect((await stage.ask('ann', 'PUT', path, nightly)).status).toBe(403)
  })
})

describe('what is no schedule is refused and not stored', () => {
  const { job } = nightly
  test.each([
    ['a cron that never fires', { cron: '0 0 30 2 *', job }, '/cron', /would never run/],
    ['a cron of four fields', { cron: '0 0 30 2', job }, '/cron', /has 4/],
    ['neither cron nor interval', { job }, '/cron', /give cron or every_ms/],
    ['both', { cron: '* * * * *', every_ms: 60_000, job }, '/every_ms', /not both/],
    ['a negative interval', { every_ms: -1, job }, '/every_ms', /1 s to 366 d/],
    ['an interval with a time zone', { every_ms: 60_000, timezone: 'UTC', job }, '/timezone', /no time zone/],
    ['a time zone that is none', { ...nightly, timezone: 'Europe/Berln' }, '/timezone', /no time zone/],
    [
      'all missed runs where only one may stay',
      { ...nightly, catch_up: 'all' },
      '/catch_up',
      /needs the overlap "queue"/,
    ],
    ['an unknown word', { ...nightly, overlap: 'wait' }, '/overlap', /skip/],
    ['an unknown member', { ...nightly, time_zone: 'UTC' }, '/time_zone', /Did you mean "timezone"/],
    ['an unknown member of its job', { ...nightly, job: { ...job, tile: 'x' } }, '/job/tile', /Did you mean "title"/],
    ['an id for all its jobs', { ...nightly, job: { ...job, job_id: 'one' } }, '/job/job_id', /leave it out/],
  ])('%s', async (_, body, pointer, detail) => {
    const told = await problem(await put(body))
    expect(told).toMatchObject({ status: 400, code: 'bad_request', errors: [{ pointer }] })
    expect(JSON.stringify(told.errors)).toMatch(new RegExp(detail.source.replaceAll('"', '\\\\"')))
    expect((await ask('GET', path)).status).toBe(404)
  })

  test('a type that nobody defined, an input that does not fit, a job that is too large', async () => {
    const codes = [{ type: 'dmo' }, { type: 'strict', input: {} }, { type: 'demo', input: 'x'.repeat(40_000) }].map(
      async (one) => (await problem(await put({ ...nightly, job: one }))).code,
    )
    expect(await Promise.all(codes)).toEqual(['unknown_type', 'invalid_input', 'too_large'])
    expect((await ask('GET', path)).status).toBe(404)
  })

  test('a key with other characters', async () => {
    expect(await problem(await ask('PUT', '/api/v1/schedules/a%20b', nightly))).toMatchObject({ status: 400 })
  })
})
