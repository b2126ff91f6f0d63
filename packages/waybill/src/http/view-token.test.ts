// POST /jobs?view_token=1 with the real auth: what its token opens, and every door that it must not.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineJob } from '../job/definition.ts'
import type { Logger } from '../lib/log.ts'
import { WaybillCore } from '../waybill.ts'
import { createKey } from './auth/keys.ts'
import { ViewTokens } from './auth/view-tokens.ts'
import { Face } from './face.ts'
import { read } from './http.fixture.ts'

const api = '/api/v1'
const tokenSecret = 'a secret of this test alone, long enough'
const logged: string[] = []
const write = (members: object, message: string): void => void logged.push(`${message} ${JSON.stringify(members)}`)
const logger: Logger = { debug: write, info: write, warn: write, error: write }
const demo = defineJob({ type: 'demo', run: () => null })
const settings = { engine: 'sqlite::memory:', apiKeys: ['wbk_operator'], tokenSecret, jobs: [demo], logger }
const core = new WaybillCore(settings, {}, '/nowhere')
const face = new Face(() => core.parts())
let ann = ''
let own = ''
let other = ''
let token = ''
let expiresAt = 0

const ask = (bearer: string, method: string, path: string, body?: object): Promise<Response> => {
  const headers: Record<string, string> = { 'x-request-id': 'same', authorization: `Bearer ${bearer}` }
  if (!body) return Promise.resolve(face.fetch(new Request(`http://localhost${path}`, { method, headers })))
  const text = JSON.stringify(body)
  Object.assign(headers, { 'content-type': 'application/json', 'content-length': String(text.length) })
  return Promise.resolve(face.fetch(new Request(`http://localhost${path}`, { method, headers, body: text })))
}

async function submitted(bearer: string, query = '', more: object = {}): Promise<Record<string, unknown>> {
  const response = await ask(bearer, 'POST', `${api}/jobs${query}`, { type: 'demo', ...more })
  return read(response)
}

/** What a stream says of the present state. */
async function eventsOf(path: string): Promise<string> {
  const response = await face.fetch(new Request(`http://localhost${api}${path}`))
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (reader && !text.includes('event: sync')) text += (await reader.read()).value ?? ''
  await reader?.cancel()
  return text
}

beforeAll(async () => {
  const { engine } = await core.parts()
  const scopes = ['jobs:submit', 'jobs:read', 'jobs:control']
  ann = (await createKey(engine, { name: 'ann', userId: 'ann', scopes, tier: null })).key
  const job = await submitted(ann, '?view_token=1')
  own = String(job['job_id'])
  token = String(job['view_token'])
  expiresAt = Date.parse(String(job['view_token_expires_at']))
  other = String((await submitted(ann))['job_id'])
})
afterAll(async () => {
  face.stop()
  await core.close()
})

describe('it opens', () => {
  test('the job it came with, for an hour at most', async () => {
    expect(await read(await ask(token, 'GET', `${api}/jobs/${own}`))).toMatchObject({ job_id: own, status: 'pending' })
    const { watch } = await core.parts()
    expect(expiresAt - watch.now()).toBeLessThanOrEqual(3_600_000)
  })

  test('the events of that job, for a browser that can send no headers', async () => {
    const text = await eventsOf(`/events?access_token=${token}`)
    expect([text.includes(own), text.includes(other)]).toEqual([true, false])
  })

  test('nothing that whoever submits does not have anyway: scope jobs:submit is enough, tokens:mint is not needed', async () => {
    const { engine } = await core.parts()
    const given = { name: 'bob', userId: 'bob', scopes: ['jobs:submit'], tier: null }
    const bob = await submitted((await createKey(engine, given)).key, '?view_token=1')
    expect((await ask(String(bob['view_token']), 'GET', `${api}/jobs/${String(bob['job_id'])}`)).status).toBe(200)
  })

  test('a service may have one for the user it submits for', async () => {
    const job = await submitted('wbk_operator', '?view_token=1', { user_id: 'carol' })
    expect((await ask(String(job['view_token']), 'GET', `${api}/jobs/${String(job['job_id'])}`)).status).toBe(200)
    expect((await ask(String(job['view_token']), 'GET', `${api}/jobs/${own}`)).status).toBe(404)
  })
})

describe('it does not open', () => {
  test('another job of the same user: that answers like one that never was', async () => {
    const [hidden, absent] = [
      await ask(token, 'GET', `${api}/jobs/${other}`),
      await ask(token, 'GET', `${api}/jobs/never`),
    ]
    expect([hidden.status, await hidden.text()]).toEqual([404, await absent.text()])
    expect(await read(await ask(token, 'POST', `${api}/jobs/lookup`, { ids: [own, other] }))).toMatchObject({
      items: [{ job_id: own }],
      missing: [other],
    })
    expect((await ask(token, 'GET', `${api}/jobs/${other}/events`)).status).toBe(404)
    const events = await eventsOf(`/events?jobs=${other},${own}&access_token=${token}`)
    expect(events).toContain(`event: gone\ndata: {"job_id":"${other}"}`)
    expect(events).not.toContain(`"job_id":"${other}","rev"`)
  })

  test.each([
    ['POST', `/jobs/OWN/cancel`, {}],
    ['DELETE', `/jobs/OWN`, undefined],
    ['POST', `/jobs/OWN/retry`, {}],
    ['POST', '/jobs', { type: 'demo' }],
    ['POST', '/jobs?view_token=1', { type: 'demo' }],
    ['POST', '/tokens', { user_id: 'ann' }],
    ['GET', '/jobs', undefined],
    ['GET', '/jobs?user_id=me', undefined],
    ['GET', '/jobs/OWN?view=operator', undefined],
  ])('%s %s: refused', async (method, path, body) => {
    const response = await ask(token, method, api + path.replace('OWN', own), body)
    expect([response.status, (await read(response))['code']]).toEqual([403, 'insufficient_scope'])
  })

  test('its job after its time: 401 token_expired', async () => {
    const { watch } = await core.parts()
    const request = { userId: 'ann', jobs: [own], ttlMs: 3_600_000 }
    const old = new ViewTokens(tokenSecret).mint(request, watch.now() - 3_600_001)
    const response = await ask(old.token, 'GET', `${api}/jobs/${own}`)
    expect([response.status, (await read(response))['code']]).toEqual([401, 'token_expired'])
  })

  test('anything once it has been changed', async () => {
    const forged = [token.slice(0, -2), `${token}x`, token.replace('wbv1.', 'wbv2.')]
    for (const one of forged) expect((await ask(one, 'GET', `${api}/jobs/${own}`)).status).toBe(401)
  })
})

test('a job without an owner has nobody to give one to, and is then not stored', async () => {
  const { watch } = await core.parts()
  const before = await watch.count({ userId: null })
  const response = await ask('wbk_operator', 'POST', `${api}/jobs?view_token=1`, { type: 'demo' })
  expect([response.status, (await read(response))['code']]).toEqual([400, 'bad_request'])
  expect(await watch.count({ userId: null })).toEqual(before)
})

test('no cache may keep the answer, and no log line bears the token', async () => {
  const response = await ask(ann, 'POST', `${api}/jobs?view_token=1`, { type: 'demo' })
  expect(response.headers.get('cache-control')).toBe('no-store')
  const given = String((await read(response))['view_token'])
  await ask(given, 'GET', `${api}/jobs/${other}`)
  await face.fetch(new Request(`http://localhost${api}/jobs/${other}/events?access_token=${given}`))
  expect(logged.join('\n')).not.toContain('wbv1.')
})
