// The operations API: queues, dead letters, bulk actions, workers, types, the audit; and who may use it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../job/definition.ts'
import { eventually } from '../waybill.fixture.ts'
import { aStage, read, type Stage } from './http.fixture.ts'
import { routes } from './routes/all.ts'

let stage: Stage
beforeEach(async () => {
  stage = await aStage()
})
afterEach(() => stage.close())

const ask = async (method: string, path: string, body?: object, who = 'admin') => {
  const response = await stage.ask(who, method, `/api/v1${path}`, body)
  return { status: response.status, body: await read(response) }
}
const submitted = async (body: object = {}) => stage.ask('ann', 'POST', '/api/v1/jobs', { type: 'demo', ...body })
const done = async (answer: { body: Record<string, unknown> }) => {
  const { job_id: id } = answer.body['job'] as Record<string, unknown>
  const job = async () => read(await stage.ask('operator', 'GET', `/api/v1/jobs/${String(id)}`))
  await eventually(stage.parts.engine, async () => (await job())['status'] === 'completed')
  return (await job())['result']
}
const counts = () => stage.parts.engine.count({})

describe('queues', () => {
  test('are listed with counts, age, rate, workers and limits, also those that hold no job yet', async () => {
    await stage.submit('ann')
    const { body } = await ask('GET', '/queues', undefined, 'auditor')
    const limits = { concurrency: null, per_user_concurrency: null, rate_per_minute: null, max_pending: null }
    expect(body['items']).toMatchObject([
      { name: 'default', paused: false, draining: false, workers: 0, per_minute: 0, limits, limited_by: null },
      { name: 'videos', counts: { pending: 0 }, oldest_pending_ms: null },
    ])
    expect(body['items']).toMatchObject([{ counts: { pending: 1 }, oldest_pending_ms: expect.any(Number) }, {}])
  })

  test('a paused queue takes jobs and begins none, until it is resumed', async () => {
    expect(await ask('POST', '/queues/default/pause')).toMatchObject({ status: 200, body: { paused: true } })
    await stage.submit('ann')
    expect((await stage.claim()).id).toBe('')
    expect(await ask('POST', '/queues/default/resume')).toMatchObject({ body: { paused: false } })
    expect((await stage.claim()).id).not.toBe('')
  })

  test('a draining queue refuses new jobs, answers replays, and lets go on what is there', async () => {
    const key = { 'idempotency-key': 'k' }
    const first = await stage.ask('ann', 'POST', '/api/v1/jobs', { type: 'demo' }, key)
    expect(first.status).toBe(202)
    await ask('POST', '/queues/default/drain')
    const refused = await eventuallyRefused()
    expect(await read(refused)).toMatchObject({ code: 'draining', status: 503 })
    expect(refused.headers.get('retry-after')).toBe('60')
    expect((await stage.ask('ann', 'POST', '/api/v1/jobs', { type: 'demo' }, key)).status).toBe(200)
    expect((await submitted({ type: 'video' })).status).toBe(202)
    expect((await stage.claim()).id).not.toBe('')
    await ask('POST', '/queues/default/resume')
    await eventually(stage.parts.engine, async () => (await submitted()).status === 202)
  })

  test('limits are kept member by member, and max_pending is obeyed', async () => {
    await ask('PATCH', '/queues/default', { limits: { concurrency: 8, max_pending: 1 } })
    const { body } = await ask('PATCH', '/queues/default', { limits: { concurrency: null, rate_per_minute: 60 } })
    expect(body['limits']).toEqual({
      concurrency: null,
      per_user_concurrency: null,
      rate_per_minute: 60,
      max_pending: 1,
    })
    expect((await read(await eventuallyRefused()))['code']).toBe('queue_full')
    expect((await ask('POST', '/queues/default/pause')).body).toMatchObject({ limits: { max_pending: 1 } })
  })

  test('a limit that is none is refused, and so is a queue that nobody knows', async () => {
    expect((await ask('PATCH', '/queues/default', { limits: { concurrency: 0 } })).status).toBe(400)
    const unknown = await ask('PATCH', '/queues/default', { limits: { concurency: 1 } })
    expect(JSON.stringify(unknown.body)).toContain('Did you mean \\"concurrency\\"?')
    const missing = await ask('POST', '/queues/vidoes/pause')
    expect(missing).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect(missing.body['detail']).toContain('Did you mean "videos"?')
  })

  test('tell autoscalers how many workers they could use', async () => {
    for (let i = 0; i < 20; i++) await stage.submit('ann')
    await stage.claim()
    expect((await ask('GET', '/scaling/default')).body).toMatchObject({
      queue: 'default',
      backlog: 19,
      running: 1,
      load: 20,
      suggested_workers: 3,
    })
    await ask('POST', '/queues/default/pause')
    expect((await ask('GET', '/scaling/default')).body).toMatchObject({ backlog: 0, load: 1, suggested_workers: 1 })
  })

  async function eventuallyRefused(): Promise<Response> {
    let last = await submitted()
    await eventually(stage.parts.engine, async () => (last = await submitted()).status === 503)
    return last
  }
})

describe('dead letters', () => {
  beforeEach(async () => {
    for (let i = 0; i < 3; i++) {
      await stage.submit('ann')
      await stage.fail()
    }
  })

  test('are the failed jobs, with the inside of their errors', async () => {
    const { body } = await ask('GET', '/queues/default/dlq?limit=2', undefined, 'auditor')
    const inside = { status: 'failed', error: { internal: { message: 'secret inside' } } }
    expect(body['items']).toMatchObject([inside, inside])
    const next = await ask('GET', `/queues/default/dlq?limit=2&cursor=${String(body['next_cursor'])}`)
    expect(next.body).toMatchObject({ items: [inside], next_cursor: null })
    expect((await ask('GET', '/queues/videos/dlq')).body).toMatchObject({ items: [] })
  })

  test('are retried, after a dry run that touches none', async () => {
    const dry = await ask('POST', '/queues/default/dlq/retry', { dry_run: true })
    expect(dry).toMatchObject({ status: 200, body: { action: 'retry', matched: 3, job: null } })
    expect(await counts()).toMatchObject({ failed: 3 })
    const told = await ask('POST', '/queues/default/dlq/retry', { filter: { type: 'demo' }, max: 2 })
    expect(told).toMatchObject({ status: 202, body: { matched: 3, max: 2, job: { type: '_waybill.bulk' } } })
    expect(await done(told)).toMatchObject({ done: 2 })
    expect(await counts()).toMatchObject({ failed: 1, pending: 2 })
  })

  test('are erased only when the caller says how many there are', async () => {
    for (const body of [{}, { confirm: 2 }]) {
      const refused = await ask('DELETE', '/queues/default/dlq', body)
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/confirm' }] } })
    }
    expect(await counts()).toMatchObject({ failed: 3 })
    expect(await done(await ask('DELETE', '/queues/default/dlq', { confirm: 3 }))).toMatchObject({ done: 3 })
    expect(await counts()).toMatchObject({ failed: 0 })
  })
})

describe('bulk actions', () => {
  test('cancel what a filter names, visible as a job with a Location', async () => {
    await stage.submit('ann')
    await stage.submit('bob')
    const response = await stage.ask('admin', 'POST', '/api/v1/jobs/bulk', {
      action: 'cancel',
      filter: { user_id: 'ann' },
    })
    const body = await read(response)
    expect(response.headers.get('location')).toMatch(/^\/api\/v1\/jobs\/[\w-]+$/)
    expect(await done({ body })).toMatchObject({ action: 'cancel', done: 1 })
    expect(await stage.parts.engine.count({ userId: 'bob' })).toMatchObject({ pending: 1 })
  })

  test('of an empty filter, an unknown member or a status that cannot be are refused, and nothing is stored', async () => {
    await stage.submit('ann')
    const wishes = [
      { action: 'cancel', filter: {} },
      { action: 'cancel', filter: { user: 'ann' } },
      { action: 'retry', filter: { status: ['completed'] } },
      { action: 'delete', filter: { queue: 'default' } },
      { action: 'cancel', filter: { queue: 'default' }, max: 0 },
    ]
    for (const wish of wishes) expect((await ask('POST', '/jobs/bulk', wish)).status).toBe(400)
    expect(await counts()).toMatchObject({ pending: 1 })
  })

  test('are nothing for a submit to name', async () => {
    expect((await stage.ask('operator', 'POST', '/api/v1/jobs', { type: '_waybill.bulk' })).status).toBe(400)
    expect((await stage.ask('operator', 'POST', '/api/v1/jobs', { type: 'demo', queue: '_waybill' })).status).toBe(400)
  })
})

describe('workers', () => {
  test('are listed and told to stop', async () => {
    const worker = stage.core.worker({ name: 'w', queues: ['videos'] })
    await worker.start()
    const items = (await ask('GET', '/workers')).body['items'] as Record<string, unknown>[]
    expect(items).toMatchObject([{ name: 'w', queues: ['videos'], slots: 8, command: 'continue' }])
    const told = await ask('POST', `/workers/${String(items[0]?.['worker_id'])}/terminate`)
    expect(told).toMatchObject({ status: 202, body: { command: 'terminate' } })
    await worker.ended
    expect((await ask('GET', '/workers')).body).toEqual({ items: [] })
  })

  test('that are not there cannot be told anything', async () => {
    expect((await ask('POST', '/workers/w_1/quiet')).status).toBe(404)
  })
})

test('types are told with the JSON Schemas of their libraries, or null', async () => {
  const { body } = await ask('GET', '/types')
  expect(body['items']).toMatchObject([
    { type: 'demo', queue: 'default', input_schema: null, output_schema: null },
    { type: 'strict', input_schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } },
    { type: 'video', queue: 'videos' },
  ])
})

test('a schema that JSON Schema cannot say is told as null', async () => {
  const odd = defineJob({ type: 'odd', input: z.object({ at: z.date() }), run: () => null })
  const other = await aStage({ jobs: [odd] })
  const answer = await read(await other.ask('admin', 'GET', '/api/v1/types'))
  expect(answer['items']).toMatchObject([{ type: 'odd', input_schema: null }])
  await other.close()
})

test('the audit tells who did what, newest first, and nothing of what was refused', async () => {
  const id = await stage.submit('ann')
  await ask('POST', '/queues/default/pause')
  await ask('POST', '/queues/nowhere/pause')
  await ask('PATCH', '/queues/default', { limits: { concurrency: 3 } }, 'operator')
  await ask('POST', '/jobs/bulk', { action: 'cancel', filter: { queue: 'default' }, dry_run: true })
  await stage.ask('ann', 'DELETE', `/api/v1/jobs/${id}`)
  await stage.ask('operator', 'DELETE', `/api/v1/jobs/${id}?purge=true`)
  const first = await ask('GET', '/audit?limit=2', undefined, 'auditor')
  expect(first.body['items']).toMatchObject([
    { who: 'operator', action: 'job.purge', target: id },
    { who: 'operator', action: 'queue.limits', target: 'default', detail: { concurrency: 3 } },
  ])
  const rest = await ask('GET', `/audit?before=${String(first.body['next_before'])}`)
  expect(rest.body).toMatchObject({ items: [{ seq: 1, who: 'admin', action: 'queue.pause' }], next_before: null })
})

describe('scopes', () => {
  const isOurs = ({ scope = '' }: (typeof routes)[number]) => scope.startsWith('admin:')
  const ours = routes.filter(isOurs).map((route) => [`${route.method} ${route.path}`, route] as const)

  test.each(ours)('%s is for those who have the scope, and asks that first', async (_, { method, path, scope }) => {
    const real = `/api/v1${path.replace('{queue}', 'default').replace('{worker_id}', 'w_1')}`
    const body = method === 'GET' ? undefined : '{"broken'
    const strangers = ['ann', 'reader', 'worker', 'minter', ...(scope === 'admin:write' ? ['auditor'] : [])]
    for (const who of strangers) expect((await stage.ask(who, method, real, body)).status).toBe(403)
    expect((await stage.ask(null, method, real, body)).status).toBe(401)
    expect(await stage.parts.operate.audit.list(10)).toEqual([])
  })

  test('there are nine to read and fourteen to write', () => {
    expect(ours.map(([, { scope }]) => scope).filter((scope) => scope === 'admin:write')).toHaveLength(14)
    expect(ours).toHaveLength(23)
  })
})
