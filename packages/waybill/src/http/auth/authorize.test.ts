// Who may do what to whose job: the table, and the same through the routes with real keys.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Principal, Verb } from '../access.ts'
import { Auth } from './auth.ts'
import { Face } from '../face.ts'
import { aStage, read, type Stage } from '../http.fixture.ts'
import { authorize } from './authorize.ts'
import { createKey } from './keys.ts'

const anns = { id: 'j1', userId: 'ann' }
const nobodys = { id: 'j2', userId: null }

const who = (scopes: string[], more: Partial<Principal> = {}): Principal => ({
  userId: 'ann',
  scopes: new Set(scopes),
  tier: null,
  operator: false,
  name: 'test',
  ...more,
})

describe('authorize', () => {
  test.each<[string, Principal, Verb, boolean, boolean]>([
    ['an operator', who([], { operator: true, userId: null }), 'control', true, true],
    ['the owner with jobs:read', who(['jobs:read']), 'read', true, false],
    ['the owner with jobs:read', who(['jobs:read']), 'control', false, false],
    ['the owner with jobs:control', who(['jobs:control']), 'control', true, false],
    ['the owner with jobs:control', who(['jobs:control']), 'read', false, false],
    ['the owner without scopes', who([]), 'read', false, false],
    ['another user', who(['jobs:read', 'jobs:control'], { userId: 'bob' }), 'read', false, false],
    ['somebody who is nobody', who(['jobs:read'], { userId: null }), 'read', false, false],
    ['jobs:read:any', who(['jobs:read:any'], { userId: null }), 'read', true, true],
    ['jobs:read:any', who(['jobs:read:any'], { userId: null }), 'control', false, false],
    ['a worker', who(['work'], { userId: null }), 'read', false, false],
    ['admin:read alone', who(['admin:read'], { userId: null }), 'read', false, false],
    ['a view token of the job', who(['jobs:read'], { jobs: new Set(['j1', 'j2']) }), 'read', true, false],
    ['a view token of the job', who(['jobs:read'], { jobs: new Set(['j1', 'j2']) }), 'control', false, false],
    ['the owner with jobs:control', who(['jobs:control']), 'signal', true, false],
    ['the owner with jobs:signal', who(['jobs:signal']), 'signal', true, false],
    ['the owner with jobs:signal', who(['jobs:signal']), 'control', false, false],
    ['the owner with jobs:read', who(['jobs:read']), 'signal', false, false],
    ['another user with jobs:signal', who(['jobs:signal'], { userId: 'bob' }), 'signal', false, false],
    ['jobs:signal:any', who(['jobs:signal:any'], { userId: null }), 'signal', true, true],
    ['jobs:control:any', who(['jobs:control:any'], { userId: null }), 'signal', true, true],
    ['a view token of the job', who(['jobs:read'], { jobs: new Set(['j1', 'j2']) }), 'signal', false, false],
    ['a signal token of the job', who(['jobs:signal'], { jobs: new Set(['j1', 'j2']) }), 'signal', true, false],
    [
      'a signal token, were it to bear control',
      who(['jobs:control'], { jobs: new Set(['j1']) }),
      'control',
      false,
      false,
    ],
    ['a signal token of another job', who(['jobs:signal'], { jobs: new Set(['j9']) }), 'signal', false, false],
    ['a view token of another job', who(['jobs:read'], { jobs: new Set(['j9']) }), 'read', false, false],
    ['a view token, were it to bear :any', who(['jobs:read:any'], { jobs: new Set(['j9']) }), 'read', false, false],
  ])('%s (%#): %s', (_, principal, verb, own, ownerless) => {
    expect(authorize(anns, principal, verb)).toBe(own)
    expect(authorize(nobodys, principal, verb)).toBe(ownerless)
  })
})

describe('through the routes', () => {
  let stage: Stage
  let face: Face
  let keys: Record<string, string>
  let id = ''
  let ownerless = ''

  beforeEach(async () => {
    stage = await aStage()
    const { engine, settings } = stage.parts
    const auth = new Auth(engine, { ...settings, auth: { apiKeys: ['operator-key'], jwt: null, tokenSecret: 's' } })
    face = new Face(() => stage.core.parts(), { auth: () => auth })
    const key = async (userId: string | null, ...scopes: string[]) =>
      (await createKey(engine, { name: 'test', userId, scopes, tier: null })).key
    keys = {
      owner: await key('ann', 'jobs:submit', 'jobs:read', 'jobs:control'),
      reader: await key('ann', 'jobs:read'),
      other: await key('bob', 'jobs:submit', 'jobs:read', 'jobs:control'),
      all: await key(null, 'jobs:read:any'),
      worker: await key(null, 'work'),
      minter: await key(null, 'tokens:mint'),
      operator: 'operator-key',
    }
    id = await submit('owner')
    ownerless = await submit('operator')
  })
  afterEach(async () => {
    face.stop()
    await stage.close()
  })

  function ask(by: string | null, method: string, path: string, body?: object): Promise<Response> {
    const authorization = by === null ? {} : { authorization: `Bearer ${keys[by] ?? by}` }
    const init: RequestInit = { method, headers: { ...authorization, 'content-type': 'application/json' } }
    if (body) init.body = JSON.stringify(body)
    return Promise.resolve(face.fetch(new Request(`http://localhost${path}`, init)))
  }
  async function submit(by: string): Promise<string> {
    return String((await read(await ask(by, 'POST', '/api/v1/jobs', { type: 'demo' })))['job_id'])
  }

  test.each(['', '/attempts', '/steps', '/timeline', '/logs', '/events'])('GET /jobs/{id}%s', async (suffix) => {
    const status = async (by: string | null, job = id) => {
      const response = await ask(by, 'GET', `/api/v1/jobs/${job}${suffix}`)
      await response.body?.cancel()
      return response.status
    }
    expect(await status('owner')).toBe(200)
    expect(await status('reader')).toBe(200)
    expect(await status('all')).toBe(200)
    expect(await status('operator')).toBe(200)
    expect(await status('other')).toBe(404)
    expect(await status('worker')).toBe(403)
    expect(await status(null)).toBe(401)
    expect(await status('owner', ownerless)).toBe(404)
    expect(await status('operator', ownerless)).toBe(200)
  })

  test('cancel: the owner may, a reader may not, for others there is no such job', async () => {
    const cancel = async (by: string) => (await ask(by, 'POST', `/api/v1/jobs/${id}/cancel`, {})).status
    expect(await cancel('reader')).toBe(403)
    expect(await cancel('other')).toBe(404)
    expect(await cancel('owner')).toBe(200)
  })

  test("a foreign job and an absent one are the same to the byte, but for the request's id", async () => {
    const body = async (job: string) => {
      const response = await ask('other', 'GET', `/api/v1/jobs/${job}`)
      return { status: response.status, ...(await read(response)), request_id: '' }
    }
    expect(await body(id)).toEqual(await body('never-was'))
  })

  test('lists show own jobs alone', async () => {
    const ids = async (by: string) => {
      const { items } = (await read(await ask(by, 'GET', '/api/v1/jobs'))) as { items: { job_id: string }[] }
      return items.map((item) => item.job_id).sort()
    }
    expect(await ids('owner')).toEqual([id])
    expect(await ids('other')).toEqual([])
    expect(await ids('operator')).toEqual([id, ownerless].sort())
  })

  test('a minted token reads its user’s job as Bearer and changes nothing', async () => {
    const minted = await ask('minter', 'POST', '/api/v1/tokens', { user_id: 'ann', jobs: [id] })
    const { token } = await read(minted)
    expect((await ask(String(token), 'GET', `/api/v1/jobs/${id}`)).status).toBe(200)
    expect((await ask(String(token), 'POST', `/api/v1/jobs/${id}/cancel`, {})).status).toBe(403)
    expect((await ask(String(token), 'POST', '/api/v1/jobs', { type: 'demo' })).status).toBe(403)
    expect((await ask(String(token), 'POST', '/api/v1/tokens', { user_id: 'ann' })).status).toBe(403)
    expect((await ask('owner', 'POST', '/api/v1/tokens', { user_id: 'ann' })).status).toBe(403)
  })

  test('401 says how to authenticate, and which code', async () => {
    const response = await ask('wrong', 'GET', `/api/v1/jobs/${id}`)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(await read(response)).toMatchObject({ code: 'unauthenticated', status: 401 })
  })

  test('somebody with jobs:submit cannot submit for another owner', async () => {
    const response = await ask('owner', 'POST', '/api/v1/jobs', { type: 'demo', user_id: 'bob' })
    expect(response.status).toBe(403)
  })
})
