// Unique jobs and batches over HTTP: what is answered, and who may see it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchSchema, submittedBatchSchema } from '../wire/batch-view.ts'
import { submittedSchema } from '../wire/schemas-views.ts'
import { aStage, read, type Stage } from './http.fixture.ts'

let stage: Stage
beforeAll(async () => {
  stage = await aStage()
})
afterAll(() => stage.close())

const api = '/api/v1'
const job = { type: 'demo', input: { a: 1 } }
const submit = (body: object, who = 'ann', headers = {}) => stage.ask(who, 'POST', `${api}/jobs/batch`, body, headers)
const idOf = async (answer: Promise<Response>) => String((await read(await answer))['batch_id'])

describe('unique', () => {
  const ask = (unique: object, who = 'ann') => stage.ask(who, 'POST', `${api}/jobs`, { ...job, unique })

  test('the second one is 200, deduplicated, with the job that exists', async () => {
    const first = await ask({ key: 'a' })
    expect(first.status).toBe(202)
    const { job_id, deduplicated } = submittedSchema.parse(await first.json())
    expect(deduplicated).toBeUndefined()
    const second = await ask({ key: 'a' })
    expect(second.status).toBe(200)
    expect(submittedSchema.parse(await second.json())).toMatchObject({ job_id, deduplicated: true })
    expect(second.headers.get('location')).toBe(`${api}/jobs/${job_id}`)
  })

  test('reject is 409 unique_conflict', async () => {
    await ask({ key: 'b' })
    const refused = await ask({ key: 'b', on_conflict: 'reject' })
    expect([refused.status, (await read(refused))['code']]).toEqual([409, 'unique_conflict'])
  })

  test('replace is 202 with a new job, and the old one is cancelled', async () => {
    const first = await read(await ask({ key: 'c' }))
    const second = await ask({ key: 'c', on_conflict: 'replace' })
    expect(second.status).toBe(202)
    const old = await read(await stage.ask('ann', 'GET', `${api}/jobs/${String(first['job_id'])}`))
    expect(old['status']).toBe('cancelled')
  })

  test('the key of somebody else is another key', async () => {
    await ask({ key: 'd' })
    expect((await ask({ key: 'd', on_conflict: 'reject' }, 'bob')).status).toBe(202)
  })

  test('an unknown member names the nearest one', async () => {
    const refused = await ask({ key: 'e', on_conflit: 'reject' })
    expect(refused.status).toBe(400)
    expect((await read(refused))['detail']).toContain('on_conflict')
  })
})

test('a reused result is 200, reused, with the job that completed', async () => {
  const body = { type: 'video', input: { reuse: 1 }, priority: 10, reuse_result: { max_age_ms: 60_000 } }
  const first = await read(await stage.ask('ann', 'POST', `${api}/jobs`, body))
  await stage.complete()
  const second = await stage.ask('ann', 'POST', `${api}/jobs`, body)
  expect(second.status).toBe(200)
  expect(submittedSchema.parse(await second.json())).toMatchObject({ job_id: first['job_id'], reused: true })
})

test('a debounced job waits, and takes the last input', async () => {
  const ask = (input: number) =>
    stage.ask('ann', 'POST', `${api}/jobs`, { ...job, input, debounce: { key: 'k', wait_ms: 60_000 } })
  const first = await read(await ask(1))
  expect(first['status']).toBe('scheduled')
  const second = await ask(2)
  expect(second.status).toBe(200)
  expect(await read(second)).toMatchObject({ job_id: first['job_id'], deduplicated: true, rev: 2 })
  const whole = await stage.ask('ann', 'GET', `${api}/jobs/${String(first['job_id'])}?include=input`)
  expect((await read(whole))['input']).toBe(2)
})

describe('POST /jobs/batch', () => {
  test('stores all, and answers each with its index', async () => {
    const answer = await submit({ jobs: [job, { ...job, job_id: 'mine' }], batch: { name: 'n' } })
    expect(answer.status).toBe(202)
    const body = submittedBatchSchema.parse(await answer.json())
    expect(body).toMatchObject({
      items: [
        { index: 0, job: { status: 'pending' } },
        { index: 1, job: { job_id: 'mine' } },
      ],
    })
    expect(answer.headers.get('location')).toMatch(/^\/api\/v1\/batches\/[\w-]+$/)
  })

  test('all or none: the problem points to the job at fault, and nothing is stored', async () => {
    const before = await stage.parts.engine.count({})
    const malformed = await submit({ jobs: [job, { type: 'strict', input: { n: 1 }, prioritty: 1 }] })
    expect(malformed.status).toBe(400)
    expect(await read(malformed)).toMatchObject({ errors: [{ pointer: '/jobs/1/prioritty' }] })
    const unfit = await submit({ jobs: [job, { type: 'strict', input: { n: 'x' } }] })
    expect([unfit.status, (await read(unfit))['code']]).toEqual([422, 'invalid_input'])
    expect(await stage.parts.engine.count({})).toEqual(before)
  })

  test('each on its own: problems beside jobs, in order', async () => {
    const jobs = [{ type: 'strict', input: { n: 'x' } }, job, { type: 'nothing' }, 7]
    const answer = await submit({ jobs, atomic: false })
    expect(answer.status).toBe(202)
    expect(submittedBatchSchema.parse(await answer.json())).toMatchObject({
      items: [
        { index: 0, problem: { code: 'invalid_input', status: 422 } },
        { index: 1, job: { type: 'demo' } },
        { index: 2, problem: { code: 'unknown_type', status: 404 } },
        { index: 3, problem: { code: 'bad_request', status: 400 } },
      ],
    })
  })

  test('more than 1,000 are too large, none are refused', async () => {
    expect((await submit({ jobs: Array.from({ length: 1_001 }, () => job) })).status).toBe(413)
    expect((await submit({ jobs: [] })).status).toBe(400)
  })

  test('the same Idempotency-Key answers the same batch', async () => {
    const headers = { 'idempotency-key': 'batch-1' }
    const first = await read(await submit({ jobs: [job] }, 'ann', headers))
    expect(await read(await submit({ jobs: [job] }, 'ann', headers))).toMatchObject({ batch_id: first['batch_id'] })
    expect((await submit({ jobs: [{ ...job, input: 2 }] }, 'ann', headers)).status).toBe(422)
    expect(await idOf(submit({ jobs: [job] }, 'bob', headers))).not.toBe(first['batch_id'])
  })
})

describe('a batch', () => {
  test('tells how its jobs stand, where they are and what follows', async () => {
    const id = await idOf(submit({ jobs: [job, job], batch: { name: 'n', on_finish: { type: 'video', input: {} } } }))
    const answer = await stage.ask('ann', 'GET', `${api}/batches/${id}`)
    expect(answer.status).toBe(200)
    const batch = batchSchema.parse(await answer.json())
    expect(batch).toMatchObject({ name: 'n', user_id: 'ann', total: 2, progress: 0, finished: false })
    expect(batch.on_finish).toEqual({ type: 'video', job_id: `${id}-finish` })
    const list = await read(await stage.ask('ann', 'GET', batch.links.jobs))
    expect(list['items']).toHaveLength(2)
  })

  test('is cancelled by DELETE, and its failed jobs run again by retry', async () => {
    const id = await idOf(submit({ jobs: [job, job] }))
    const cancelled = await stage.ask('ann', 'DELETE', `${api}/batches/${id}`)
    expect([cancelled.status, await read(cancelled)]).toMatchObject([200, { finished: true, counts: { cancelled: 2 } }])
    const retried = await stage.ask('ann', 'POST', `${api}/batches/${id}/retry`)
    expect([retried.status, await read(retried)]).toMatchObject([202, { retried: 0, batch: { batch_id: id } }])
  })

  test('of somebody else answers like one that never was, to every verb', async () => {
    const id = await idOf(submit({ jobs: [job] }))
    const verbs = [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/retry'],
    ]
    for (const [method = '', tail = ''] of verbs) {
      const theirs = await read(await stage.ask('bob', method, `${api}/batches/${id}${tail}`))
      const nobodys = await read(await stage.ask('bob', method, `${api}/batches/nothing${tail}`))
      expect({ ...theirs, request_id: '' }).toEqual({ ...nobodys, request_id: '' })
      expect(theirs['status']).toBe(404)
    }
    expect((await stage.ask('reader', 'DELETE', `${api}/batches/${id}`)).status).toBe(403)
    expect((await stage.ask('operator', 'GET', `${api}/batches/${id}`)).status).toBe(200)
  })
})
