// Limits of users over HTTP: the tier comes from the token or key; refusals and what is left are said in headers.
import * as jose from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aClaim } from '../engine/jobs.fixture.ts'
import { createWaybill, defineJob, type Waybill, type WaybillOptions } from '../index.ts'
import { failed, completed } from '../job/decide.ts'
import { silentLogger } from '../lib/log.ts'
import { createKey } from './auth/keys.ts'
import { read } from './http.fixture.ts'

const secret = 'a shared secret of more than 32 characters'
const tiers = { free: { perDay: 3, active: 2, maxPriority: 5 }, slow: { perMinute: 1 }, paid: {} }
const jobs = [
  defineJob({ type: 'plain', run: () => null }),
  defineJob({ type: 'urgent', priority: 8, run: () => null }),
]

let waybill: Waybill
const open = (options: Partial<WaybillOptions> = {}) => {
  waybill = createWaybill({
    engine: 'sqlite::memory:',
    jobs,
    tiers,
    jwt: { secret },
    apiKeys: ['an-operator-key'],
    logger: silentLogger,
    ...options,
  })
}
beforeEach(() => open())
afterEach(() => waybill.close())

async function token(tier: string | null, sub = 'ann', scope = 'jobs:submit jobs:read jobs:control'): Promise<string> {
  const claims = { sub, scope, ...(tier === null ? {} : { tier }) }
  const made = new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('10m')
  return made.sign(new TextEncoder().encode(secret))
}

async function post(credential: string, path: string, body: object = {}, headers = {}): Promise<Response> {
  const init = { method: 'POST', body: JSON.stringify(body) }
  const bearer = { authorization: `Bearer ${credential}`, 'content-type': 'application/json', ...headers }
  return waybill.fetch(new Request(`http://localhost/api/v1${path}`, { ...init, headers: bearer }))
}

const submit = async (tier: string | null, body: object = {}, headers = {}) =>
  post(await token(tier), '/jobs', { type: 'plain', ...body }, headers)
const told = (response: Response) => [
  response.headers.get('ratelimit-policy'),
  response.headers.get('ratelimit')?.replaceAll(/t=\d+/g, 't=…') ?? null,
]
const refusedWith = async (response: Response) => [response.status, (await read(response))['code']]

async function endAll(fails = false): Promise<void> {
  const { engine } = await waybill.parts()
  const { jobs: claimed, fence } = await engine.claim(aClaim())
  const error = { code: 'bad', message: '', retryable: false, ref: 'err_1', internal: null }
  const end = fails
    ? (record: (typeof claimed)[number]['record']) => failed(record, fence, error, () => 0.5)
    : (record: (typeof claimed)[number]['record']) => completed(record, fence, null)
  await engine.apply(claimed.map(({ record }) => end(record)))
}

describe('what is said', () => {
  test('an accepted job says what is allowed and what is left', async () => {
    const response = await submit('free')
    expect(response.status).toBe(202)
    expect(told(response)).toEqual(['"day";q=3;w=86400, "active";q=2', '"day";r=2;t=…, "active";r=1'])
  })

  test('too many active: 429 with the way out, nothing stored', async () => {
    await Promise.all([submit('free'), submit('free')])
    const response = await submit('free')
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(response.headers.get('retry-after')).toBe('10')
    expect(told(response)[1]).toBe('"day";r=1;t=…, "active";r=0')
    expect(await read(response)).toMatchObject({
      status: 429,
      code: 'too_many_active',
      detail:
        'tier "free" allows 2 unfinished jobs at a time: 2 of them have not ended, 1 more asked for; wait until one ends, or cancel one',
    })
    expect((await waybill.list()).jobs).toHaveLength(2)
  })

  test('the day is used up: 429 until midnight UTC', async () => {
    for (let i = 0; i < 3; i++) {
      await submit('free')
      await endAll()
    }
    const response = await submit('free')
    const until = Number(response.headers.get('retry-after'))
    expect(until).toBeGreaterThan(0)
    expect(until).toBeLessThanOrEqual(86_400)
    expect(response.headers.get('ratelimit')).toBe(`"day";r=0;t=${until}, "active";r=2`)
    const { code, detail } = await read(response)
    expect(code).toBe('quota_exceeded')
    expect(detail).toMatch(/^tier "free" allows 3 jobs a day: 3 of them are used, .*T00:00:00\.000Z$/)
  })

  test('too fast: 429 within the minute', async () => {
    await submit('slow')
    const response = await submit('slow')
    expect(told(response)).toEqual(['"minute";q=1;w=60', '"minute";r=0;t=…'])
    expect(await refusedWith(response)).toEqual([429, 'rate_limited'])
  })

  test('a page of another origin may read it', async () => {
    await waybill.close()
    open({ corsOrigins: ['https://app.example.org'] })
    const response = await submit('free', {}, { origin: 'https://app.example.org' })
    expect(response.headers.get('access-control-expose-headers')).toContain('RateLimit, RateLimit-Policy')
  })

  test('users without limits hear nothing of them', async () => {
    expect([await submit('paid'), await submit(null)].map(told)).toEqual([
      [null, null],
      [null, null],
    ])
  })
})

describe('priority', () => {
  test('above that of the tier: 403, with its place and the ceiling', async () => {
    const response = await submit('free', { priority: 'high' })
    expect(await read(response)).toMatchObject({
      status: 403,
      code: 'insufficient_scope',
      errors: [{ pointer: '/priority', detail: expect.stringContaining('above 5, the highest of tier "free"') }],
    })
    expect((await waybill.list()).jobs).toEqual([])
  })

  test('up to it is accepted, and so is more of those who may', async () => {
    expect((await submit('free', { priority: 5 })).status).toBe(202)
    expect((await submit('paid', { priority: 10 })).status).toBe(202)
  })

  test('of a type is lowered to it', async () => {
    expect(await read(await submit('free', { type: 'urgent' }))).toMatchObject({ priority: 5 })
    expect(await read(await submit('paid', { type: 'urgent' }))).toMatchObject({ priority: 8 })
  })
})

describe('whose tier', () => {
  test('a tier that is not defined is refused', async () => {
    const response = await submit('gold')
    expect(response.status).toBe(403)
    expect((await read(response))['detail']).toContain('the tiers are free, slow, paid')
  })

  test('with a default tier, it holds for unknown tiers and for tokens without one', async () => {
    await waybill.close()
    open({ tiers: { ...tiers, default: { perDay: 1 } } })
    expect((await submit(null)).status).toBe(202)
    expect(await refusedWith(await submit('gold'))).toEqual([429, 'quota_exceeded'])
  })

  test('an API key has the tier that it was made with', async () => {
    const { engine } = await waybill.parts()
    const wish = { name: 'k', userId: 'bob', scopes: ['jobs:submit'], tier: 'slow' }
    const { key } = await createKey(engine, wish)
    await post(key, '/jobs', { type: 'plain' })
    expect(await refusedWith(await post(key, '/jobs', { type: 'plain' }))).toEqual([429, 'rate_limited'])
  })

  test('who submits for others is not limited, nor are they by what he does; not even by the default', async () => {
    await waybill.close()
    open({ tiers: { default: { perDay: 1 } } })
    for (let i = 0; i < 3; i++)
      expect((await post('an-operator-key', '/jobs', { type: 'plain', user_id: 'ann' })).status).toBe(202)
    expect((await submit(null)).status).toBe(202)
  })

  test('a service whose key names a tier submits within it, each owner for himself', async () => {
    const { engine } = await waybill.parts()
    const wish = { name: 'shop', userId: null, scopes: ['jobs:submit:any'], tier: 'slow' }
    const { key } = await createKey(engine, wish)
    const of = (user_id?: string) => post(key, '/jobs', { type: 'plain', ...(user_id ? { user_id } : {}) })
    const answers = [await of('ann'), await of('bob'), await of('ann'), await of(), await of()]
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 429, 202, 202])
  })

  test('no tiers at all: whatever the token says, nothing is limited', async () => {
    await waybill.close()
    open({ tiers: {} })
    expect((await submit('gold')).status).toBe(202)
  })
})

describe('what else counts', () => {
  test('a replay is free, whether or not something is left', async () => {
    const key = { 'idempotency-key': 'k' }
    const first = await read(await submit('slow', {}, key))
    const again = await submit('slow', {}, key)
    expect(again.status).toBe(200)
    expect((await read(again))['job_id']).toBe(first['job_id'])
  })

  test('a job that runs again counts like a new one', async () => {
    const credential = await token('free')
    const { job_id } = await read(await submit('free'))
    const again = async () => {
      await endAll()
      return post(credential, `/jobs/${String(job_id)}/retry`)
    }
    expect(told(await again())[1]).toBe('"day";r=1;t=…, "active";r=1')
    expect((await again()).status).toBe(202)
    expect(await refusedWith(await again())).toEqual([429, 'quota_exceeded'])
  })

  test('one that could not run again is not counted', async () => {
    const { job_id } = await read(await submit('free'))
    const refused = await post(await token('free'), `/jobs/${String(job_id)}/retry`)
    expect(await refusedWith(refused)).toEqual([409, 'job_not_finished'])
    expect(told(await submit('free'))[1]).toBe('"day";r=1;t=…, "active";r=0')
  })

  test('an atomic batch is refused as a whole', async () => {
    const batch = { jobs: Array.from({ length: 3 }, () => ({ type: 'plain' })) }
    const response = await post(await token('free'), '/jobs/batch', batch)
    expect(told(response)[0]).toBe('"day";q=3;w=86400, "active";q=2')
    expect(await refusedWith(response)).toEqual([429, 'too_many_active'])
    expect((await waybill.list()).jobs).toEqual([])
  })

  test('of a batch whose jobs go each on its own, some may be refused', async () => {
    const batch = { atomic: false, jobs: Array.from({ length: 3 }, () => ({ type: 'plain' })) }
    const response = await post(await token('free'), '/jobs/batch', batch)
    expect(told(response)[1]).toBe('"day";r=1;t=…, "active";r=0')
    const { items } = await read(response)
    expect(items).toMatchObject([{ index: 0 }, { index: 1 }, { problem: { code: 'too_many_active' } }])
  })

  test('the failed jobs of a batch run again within the limits', async () => {
    const batch = { jobs: [{ type: 'plain' }, { type: 'plain' }] }
    const { batch_id } = await read(await post(await token('free'), '/jobs/batch', batch))
    await endAll(true)
    const retried = await post(await token('free'), `/batches/${String(batch_id)}/retry`)
    expect(await refusedWith(retried)).toEqual([429, 'quota_exceeded'])
    const { counts } = (await waybill.batches.get(String(batch_id))) ?? {}
    expect(counts).toMatchObject({ pending: 1, failed: 1 })
  })
})
