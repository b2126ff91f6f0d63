// What those who wait for a job are told: how long it will take while it runs, how many are before it while it does not.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runsBody, runsKind } from '../engine/past-runs.ts'
import { jobSchema } from '../wire/schemas-views.ts'
import { aStage, read, type Stage } from './http.fixture.ts'

const api = '/api/v1'
let stage: Stage
beforeEach(async () => {
  stage = await aStage()
})
afterEach(() => stage.close())

const minutes = [1, 2, 3, 4, 5].map((n) => ({ endedAt: n, tookMs: n * 60_000 }))
const jobOf = async (path: string) => jobSchema.parse(await read(await stage.ask('ann', 'GET', api + path)))

test('a running job bears an estimate, in whatever way it is asked for', async () => {
  await stage.parts.engine.putDoc(runsKind, 'demo', runsBody(minutes), 0)
  const id = await stage.submit('ann')
  await stage.claim()
  const expected = { ends_at: expect.any(String), duration_ms: 180_000, samples: 5 }
  for (const path of [`/jobs/${id}`, `/jobs/${id}`, `/jobs/${id}?include=steps`])
    expect(await jobOf(path)).toMatchObject({ estimate: expected, queue_position: null })
  expect(await read(await stage.ask('ann', 'GET', `${api}/jobs`))).toMatchObject({ items: [{ estimate: expected }] })
  expect(await read(await stage.ask('ann', 'POST', `${api}/jobs/lookup`, { ids: [id] }))).toMatchObject({
    items: [{ estimate: expected }],
  })
})

test('its end stays where it is while time goes on', async () => {
  await stage.parts.engine.putDoc(runsKind, 'demo', runsBody(minutes), 0)
  const id = await stage.submit('ann')
  await stage.claim()
  const { started_at, estimate } = await jobOf(`/jobs/${id}`)
  expect(Date.parse(estimate?.ends_at ?? '') - Date.parse(started_at ?? '')).toBe(180_000)
})

test('with fewer than five runs, and before and after it runs, the member is not there', async () => {
  await stage.parts.engine.putDoc(runsKind, 'demo', runsBody(minutes.slice(1)), 0)
  const id = await stage.submit('ann')
  expect(await jobOf(`/jobs/${id}`)).not.toHaveProperty('estimate')
  await stage.claim()
  expect(await jobOf(`/jobs/${id}`)).not.toHaveProperty('estimate')
  await stage.parts.engine.putDoc(runsKind, 'video', runsBody(minutes), 0)
  const ended = await stage.submit('ann', { type: 'video' })
  await stage.complete()
  expect(await jobOf(`/jobs/${ended}`)).not.toHaveProperty('estimate')
})

test('a pending job says how many are before it, its list too, and the answer to a submit does not look', async () => {
  const worker = { id: 'w', name: 'w', queues: [], slots: 1 }
  await stage.parts.engine.enrol(worker, 60_000)
  const first = await stage.submit('ann')
  const second = await stage.submit('bob')
  const urgent = await read(await stage.ask('ann', 'POST', `${api}/jobs`, { type: 'demo', priority: 9 }))
  expect(urgent).toMatchObject({ queue_position: null, wait_text: 'Waiting for a free worker' })
  expect(await jobOf(`/jobs/${String(urgent['job_id'])}`)).toMatchObject({
    queue_position: 1,
    wait_text: 'Next in line',
  })
  expect(await jobOf(`/jobs/${first}`)).toMatchObject({ queue_position: 2, wait_text: '1 job is before this one' })
  expect(await read(await stage.ask('bob', 'GET', `${api}/jobs/${second}`))).toMatchObject({
    queue_position: 3,
    wait_text: '2 jobs are before this one',
  })
  const { items } = await read(await stage.ask('ann', 'GET', `${api}/jobs`))
  expect(items).toMatchObject([{ queue_position: 1 }, { queue_position: 2 }])
})
