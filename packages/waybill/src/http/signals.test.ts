// POST /jobs/{job_id}/signals/{name}: who may answer a job, and with what.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parked } from '../job/waits.ts'
import { jobSchema } from '../wire/schemas-views.ts'
import { aStage, read, type Stage } from './http.fixture.ts'

let stage: Stage
beforeAll(async () => {
  stage = await aStage()
})
afterAll(() => stage.close())

const api = '/api/v1'
const signalled = (who: string | null, id: string, name = 'approved', body?: unknown) =>
  stage.ask(who, 'POST', `${api}/jobs/${id}/signals/${name}`, body)
const stepsOf = async (id: string) => {
  const [found] = await stage.parts.engine.get([id], { steps: true })
  return found && 'steps' in found ? found.steps : null
}

test('wakes the job that waits for it, and answers 202 with the job', async () => {
  const id = await stage.submit('ann', { priority: 10 })
  const { fence } = await stage.claim()
  const [found] = await stage.parts.engine.get([id])
  if (!found || !('record' in found)) throw new Error('no job')
  const begun = { key: 'wait:approved', status: 'completed', attempt: 1, startedAt: 0, result: { ms: 60_000 } } as const
  const parking = { ms: 60_000, signals: [{ name: 'approved', key: 'signal:approved' }], begun: [begun] }
  await stage.parts.engine.apply([parked(found.record, fence, parking)])
  const waits = await read(await stage.ask('ann', 'GET', `${api}/jobs/${id}`))
  expect(waits).toMatchObject({ status: 'waiting', wait_reason: 'signal' })
  expect(waits['wait_text']).toMatch(/^Waiting for a signal; goes on without it in /)
  const response = await signalled('ann', id, 'approved', { payload: { by: 'ann' } })
  expect(response.status).toBe(202)
  expect(jobSchema.parse(await response.json())).toMatchObject({ job_id: id, status: 'pending' })
  expect((await stepsOf(id))?.at(-1)).toMatchObject({ key: 'signal:approved', result: { by: 'ann' } })
})

test('the body may be left out: the payload is null', async () => {
  const id = await stage.submit('ann')
  expect((await signalled('ann', id)).status).toBe(202)
  expect(await stepsOf(id)).toMatchObject([{ key: 'signal:approved', result: null }])
})

test.each([
  ['reader', 403, 'insufficient_scope'],
  ['bob', 404, 'not_found'],
  [null, 401, 'unauthenticated'],
])('%s may not', async (who, status, code) => {
  const id = await stage.submit('ann')
  const response = await signalled(who, id)
  expect([response.status, (await read(response))['code']]).toEqual([status, code])
  expect(await stepsOf(id)).toEqual([])
})

test('a token with the scope jobs:signal may, for its jobs alone, and controls nothing', async () => {
  const [id, other] = [await stage.submit('ann'), await stage.submit('ann')]
  const body = { user_id: 'ann', scope: 'jobs:signal', jobs: [id] }
  const { token } = await read(await stage.ask('minter', 'POST', `${api}/tokens`, body))
  expect((await signalled(String(token), id)).status).toBe(202)
  expect((await signalled(String(token), other)).status).toBe(404)
  expect((await stage.ask(String(token), 'POST', `${api}/jobs/${id}/cancel`)).status).toBe(403)
})

test.each([
  ['a%20name', {}, 400, 'bad_request'],
  ['%E0%A4%A', {}, 400, 'bad_request'],
  ['approved', { pay: 1 }, 400, 'bad_request'],
  ['approved', { payload: 'x'.repeat(65_536) }, 413, 'too_large'],
])('%s with %o is refused, and nothing is kept', async (name, body, status, code) => {
  const id = await stage.submit('ann')
  const response = await signalled('ann', id, name, body)
  expect([response.status, (await read(response))['code']]).toEqual([status, code])
  expect(await stepsOf(id)).toEqual([])
})

test('a job that has ended answers 409, one that never was 404', async () => {
  const id = await stage.submit('ann')
  await stage.ask('ann', 'POST', `${api}/jobs/${id}/cancel`)
  expect((await signalled('ann', id)).status).toBe(409)
  expect((await signalled('ann', 'nobody')).status).toBe(404)
})
