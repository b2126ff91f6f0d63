// Workers elsewhere, as the HTTP face sees them: who may do what, and what becomes of jobs nobody takes. What every server
// owes them is in clients/conformance.
import { z } from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aJob } from '../engine/jobs.fixture.ts'
import { defineJob } from '../job/definition.ts'
import { defaultPolicy } from '../job/policy.ts'
import { people, aStage, base, read, type Stage } from './http.fixture.ts'

const jobs = [
  defineJob({ type: 'elsewhere', output: z.object({ n: z.number() }), queue: 'far' }),
  defineJob({ type: 'demo', run: () => ({ ok: true }) }),
]
let stage: Stage
beforeEach(async () => (stage = await aStage({ jobs })))
afterEach(() => stage.close())

const worker = { id: 'w-1' }
const as = (name: string, scopes: string[]) =>
  (people[name] = { userId: null, scopes: new Set(scopes), tier: null, operator: false, name })

interface Held {
  id: string
  lease: string
}

async function lease(who: string, body: object = {}): Promise<Response> {
  return stage.ask(who, 'POST', '/api/v1/worker/lease', { worker, ...body })
}

async function held(who = 'worker', body: object = {}): Promise<Held> {
  const { leases } = (await (await lease(who, body)).json()) as { leases: { lease: string; job: { job_id: string } }[] }
  return { id: leases[0]?.job.job_id ?? '', lease: leases[0]?.lease ?? '' }
}

function say(who: string, { id, lease }: Held, what: string, body: object = {}): Promise<Response> {
  return stage.ask(who, 'POST', `/api/v1/worker/jobs/${id}/${what}`, body, { 'waybill-lease': lease })
}

describe('who may work', () => {
  test('users, readers and strangers may not', async () => {
    for (const who of ['ann', 'reader', 'minter']) expect((await lease(who)).status).toBe(403)
    expect((await stage.ask(null, 'POST', '/api/v1/worker/lease', { worker })).status).toBe(401)
    const heartbeat = { worker_id: 'w-1', leases: [] }
    expect((await stage.ask('ann', 'POST', '/api/v1/worker/heartbeat', heartbeat)).status).toBe(403)
  })

  test('a lease is no key: its holder needs the scope for every call', async () => {
    await stage.submit('ann')
    const one = await held()
    expect((await say('ann', one, 'complete')).status).toBe(403)
    expect((await say('worker', one, 'complete')).status).toBe(200)
  })

  test('a key for one queue is given its jobs alone, and other jobs are not there for it', async () => {
    as('far', ['work:far'])
    await stage.submit('ann')
    const far = await stage.submit('ann', { type: 'elsewhere' })
    expect((await held('far')).id).toBe(far)
    expect((await read(await lease('far')))['leases']).toEqual([])
    expect((await lease('far', { queues: ['default'] })).status).toBe(403)
    const near = await held()
    expect((await say('far', near, 'complete')).status).toBe(404)
    const { leases } = await read(
      await stage.ask('far', 'POST', '/api/v1/worker/heartbeat', { worker_id: 'w-1', leases: [{ lease: near.lease }] }),
    )
    expect(leases).toEqual([{ job_id: null, ok: false, lost: true }])
    expect((await say('worker', near, 'complete')).status).toBe(200)
  })

  test('a worker’s key reads no job', async () => {
    const id = await stage.submit('ann')
    expect((await stage.ask('worker', 'GET', `/api/v1/jobs/${id}`)).status).toBe(403)
  })
})

describe('jobs', () => {
  test('of a type without a handler here are submitted, and run elsewhere', async () => {
    const id = await stage.submit('ann', { type: 'elsewhere', input: { any: 'thing' } })
    const one = await held()
    expect(one.id).toBe(id)
    expect((await say('worker', one, 'complete', { result: { n: 1 } })).status).toBe(200)
  })

  test('have results that fit the output schema, where the server knows one', async () => {
    await stage.submit('ann', { type: 'elsewhere' })
    const one = await held()
    const refused = await say('worker', one, 'complete', { result: { n: 'x' } })
    expect([refused.status, (await read(refused))['code']]).toEqual([422, 'invalid_input'])
    expect((await say('worker', one, 'complete', { result: { n: 2 } })).status).toBe(200)
  })

  test('that nobody has defined here are leased all the same', async () => {
    const { engine } = stage.parts
    await engine.insert([aJob({ id: 'foreign', type: 'never.heard', queue: 'far' })])
    const one = await held()
    expect(one.id).toBe('foreign')
    expect((await say('worker', one, 'complete', { result: [1] })).status).toBe(200)
    expect((await stage.core.get('foreign'))?.result).toEqual([1])
  })

  test('without a handler here are given back by workers of our own, uncharged', async () => {
    const id = await stage.submit('ann', { type: 'elsewhere' })
    const ours = stage.core.worker({ queues: ['far'] })
    await ours.start()
    await expect.poll(async () => (await stage.core.get(id))?.status).toBe('scheduled')
    await ours.stop()
    expect(await stage.core.get(id)).toMatchObject({ attempt: 0, fails: 0, losses: 0 })
  })

  test('that should have begun by now are not given to anybody', async () => {
    const { engine, upkeep } = stage.parts
    await upkeep.stop() // which would end it too
    await engine.insert([aJob({ id: 'late', policy: { ...defaultPolicy, startWithinMs: 0 } })])
    expect((await held()).id).toBe('')
    await expect.poll(async () => (await stage.core.get('late'))?.error?.code).toBe('expired')
  })

  test('leased for a caller who has hung up go back at once, uncharged', async () => {
    const { engine } = stage.parts
    const gone = new AbortController()
    const request = new Request(`${base}/api/v1/worker/lease`, {
      method: 'POST',
      headers: { authorization: 'Bearer worker', 'content-type': 'application/json' },
      body: JSON.stringify({ worker, wait_ms: 20_000 }),
      signal: gone.signal,
    })
    const claimed = new Promise<void>((resolve) => {
      const claim = engine.claim.bind(engine)
      engine.claim = async (asked) => {
        const answer = await claim(asked)
        if (answer.jobs.length > 0) {
          gone.abort()
          resolve()
        }
        return answer
      }
    })
    const answer = Promise.resolve(stage.face.fetch(request)).catch(() => null)
    const id = await stage.submit('ann')
    await claimed
    await answer
    await expect.poll(async () => (await stage.core.get(id))?.status).toBe('pending')
    expect((await stage.core.get(id))?.attempt).toBe(0)
  })
})

test('calls that wait are answered when the server shuts down', async () => {
  const waiting = lease('worker', { wait_ms: 30_000 })
  await expect.poll(async () => (await stage.parts.engine.workers()).length).toBe(1)
  stage.face.stop()
  expect((await read(await waiting))['leases']).toEqual([])
})

test('a worker is known by its last call: to operators, with its name and slots', async () => {
  await lease('worker', { worker: { id: 'w-9', name: 'gpu 1', slots: 4 }, queues: ['far'] })
  const [row] = await stage.parts.engine.workers()
  expect(row).toMatchObject({ id: 'w-9', name: 'gpu 1', slots: 4, queues: ['far'] })
})

test('what ends elsewhere is counted like what ends here', async () => {
  await stage.submit('ann')
  await say('worker', await held(), 'complete')
  const text = await (await stage.ask('operator', 'GET', '/metrics')).text()
  expect(text).toContain('waybill_jobs_finished_total{queue="default",type="demo",outcome="completed"} 1')
})

test('children and artifacts are not there yet: 404', async () => {
  await stage.submit('ann')
  expect((await say('worker', await held(), 'children')).status).toBe(404)
})

test('a job that ran elsewhere is retried by its owner from a step on: its next worker is given the steps before it', async () => {
  const id = await stage.submit('ann', { input: { n: 1 } })
  const first = await held()
  for (const key of ['a', 'b', 'c'])
    await stage.ask(
      'worker',
      'PUT',
      `/api/v1/worker/jobs/${id}/steps/${key}`,
      { result: key },
      { 'waybill-lease': first.lease },
    )
  await say('worker', first, 'fail', { error: { code: 'E', message: 'no' }, retry: 'never' })
  const retry = `/api/v1/jobs/${id}/retry`
  expect((await stage.ask('bob', 'POST', retry, { from_step: 'c' })).status).toBe(404)
  expect((await stage.ask('reader', 'POST', retry, { from_step: 'c' })).status).toBe(403)
  const again = await stage.ask('ann', 'POST', retry, { from_step: 'c', input: { n: 2 } })
  expect([again.status, await read(again)]).toMatchObject([202, { job_id: id, status: 'pending' }])
  const { leases } = await read(await lease('worker'))
  expect(leases).toMatchObject([{ job: { input: { n: 2 }, attempt: 1 }, steps: [{ key: 'a' }, { key: 'b' }] }])
  const timeline = await read(await stage.ask('ann', 'GET', `/api/v1/jobs/${id}/timeline`))
  expect(JSON.stringify(timeline)).toContain('"data":{"new_input":true,"from_step":"c"}')
})
