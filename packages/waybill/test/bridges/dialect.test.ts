// Dialects: the paths and words of a front end that knows nothing of Waybill.
import { afterEach, expect, test } from 'vitest'
import { dialect } from '../../src/bridges/index.ts'
import { serve, type Served } from '../../src/http/index.ts'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { silentLogger } from '../../src/lib/log.ts'

const slides = defineJob<object, object>({ type: 'slides', run: () => ({ formatted_html: '<p>a</p>' }) })
const portrait = defineJob<object, object>({ type: 'portrait' })
const key = 'wbk_dialect_0123456789abcdef01'

const front = dialect({
  paths: {
    '/api/slides/jobs/{job_id}': { type: 'slides' },
    '/api/characters/{id}/generation-status': { type: 'portrait', subject: 'character:{id}' },
    'DELETE /api/slides/jobs/{job_id}': { type: 'slides', do: 'cancel' },
    'POST /api/portraits': {
      submit: 'portrait',
      input: 'request',
      options: (body) => ({ subject: `character:${JSON.stringify(body['id'])}` }),
    },
  },
  fields: { error_message: 'error', queue: null, progress: 'progress_percentage' },
  status: { pending: 'waiting', cancelled: 'stopped' },
  progress: 'percent',
  errors: { detail: 'error', code: 'reason' },
})

let waybill: Waybill
let served: Served
afterEach(async () => {
  await served.close()
  await waybill.close()
})
const begin = async () => {
  waybill = createWaybill({
    engine: 'sqlite::memory:',
    jobs: [slides, portrait],
    bridges: [front],
    apiKeys: [key],
    logger: silentLogger,
  })
  served = await serve(waybill, { port: 0 })
}
const call = async (path: string, token = key, init: RequestInit = {}) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(served.url + path, { ...init, headers })
  const body: unknown = await answer.json()
  return { code: answer.status, body, type: answer.headers.get('content-type') }
}
const tokenOf = async (userId: string) => {
  const { body } = await call('/api/v1/tokens', key, {
    method: 'POST',
    body: JSON.stringify({ user_id: userId, scope: 'jobs:read', ttl_ms: 60_000 }),
  })
  const { token }: { token: string } = JSON.parse(JSON.stringify(body))
  return token
}

test('a job is shown under the old path with the old names and words', async () => {
  await begin()
  const { id } = await waybill.enqueue(slides, {}, { userId: 'u1' })
  const { code, body } = await call(`/api/slides/jobs/${id}`, await tokenOf('u1'))
  expect(code).toBe(200)
  expect(body).toMatchObject({ job_id: id, status: 'waiting', user_id: 'u1', error: null, progress_percentage: null })
  expect(body).not.toHaveProperty('queue')
  await waybill.worker().start()
  await waybill.result({ id })
  expect((await call(`/api/slides/jobs/${id}`)).body).toMatchObject({
    status: 'completed',
    progress_percentage: 100,
    formatted_html: '<p>a</p>',
  })
})

test("another's job, a job of another type and no job at all answer alike, in the old shape", async () => {
  await begin()
  const { id } = await waybill.enqueue(slides, {}, { userId: 'u1' })
  const other = await waybill.enqueue(portrait, {}, { userId: 'u2' })
  const token = await tokenOf('u2')
  const answers = await Promise.all([id, other.id, 'none'].map((one) => call(`/api/slides/jobs/${one}`, token)))
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers[0]).toMatchObject({
    code: 404,
    body: { error: 'there is no job with this id', reason: 'not_found' },
    type: 'application/json; charset=utf-8',
  })
  expect((await call(`/api/slides/jobs/${id}`, 'wrong')).body).toMatchObject({ reason: 'unauthenticated' })
})

test('the newest job about a subject, submitted in the old way', async () => {
  await begin()
  const submitted = await call('/api/portraits', key, {
    method: 'POST',
    body: JSON.stringify({ id: 42, request: { name: 'Ada' } }),
  })
  expect(submitted.code).toBe(202)
  const shown = await call('/api/characters/42/generation-status')
  expect(shown.body).toEqual(submitted.body)
  expect((await call('/api/characters/43/generation-status')).code).toBe(404)
})

test('a cancel in the old way', async () => {
  await begin()
  const { id } = await waybill.enqueue(slides, {})
  expect((await call(`/api/slides/jobs/${id}`, key, { method: 'DELETE' })).body).toMatchObject({ status: 'stopped' })
})

test('a path of the API itself, and a path without a job, are refused', async () => {
  await begin()
  const wrong = createWaybill({
    engine: 'sqlite::memory:',
    bridges: [dialect({ paths: { '/api/v1/jobs/{id}': {} } })],
    logger: silentLogger,
  })
  const answer = await wrong.fetch(new Request('http://localhost/api/v1/jobs/a'))
  expect(await answer.text()).toContain('set basePath')
  await wrong.close()
  expect(() => dialect({ paths: { '/api/jobs': {} } })).toThrow('a parameter that names the job')
})
