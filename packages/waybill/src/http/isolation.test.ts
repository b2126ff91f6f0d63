// Every route, asked by everybody, about one job: who learns of it, and who is told the same as of a job that never was.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger } from '../lib/log.ts'
import { WaybillCore } from '../waybill.ts'
import { createKey } from './auth/keys.ts'
import { Face } from './face.ts'
import { read } from './http.fixture.ts'
import { routes } from './routes/all.ts'
import { defineJob } from '../job/definition.ts'

const secret = 'only-the-owner-may-read-this'
const own = ['jobs:submit', 'jobs:read', 'jobs:control']
const core = new WaybillCore(
  {
    engine: 'sqlite::memory:',
    apiKeys: ['wbk_operator'],
    jobs: [defineJob({ type: 'demo', run: () => null })],
    logger: silentLogger,
  },
  {},
  '/nowhere',
)
const face = new Face(() => core.parts())
const keys: Record<string, string | null> = { operator: 'wbk_operator', anonymous: null }
let id = ''

const ask = (who: string, method: string, path: string, body?: object): Promise<Response> => {
  const key = keys[who]
  const headers: Record<string, string> = { 'x-request-id': 'same', ...(key ? { authorization: `Bearer ${key}` } : {}) }
  const text = body && JSON.stringify(body)
  const init = text
    ? { body: text, headers: { ...headers, 'content-type': 'application/json', 'content-length': String(text.length) } }
    : { headers }
  return Promise.resolve(face.fetch(new Request(`http://localhost${path}`, { method, ...init })))
}

beforeAll(async () => {
  const { engine } = await core.parts()
  const key = async (name: string, userId: string | null, scopes: string[]) => {
    keys[name] = (await createKey(engine, { name, userId, scopes, tier: null })).key
  }
  await key('owner', 'ann', own)
  await key('other', 'bob', own)
  await key('worker', null, ['work'])
  await key('reader', 'carol', ['jobs:read'])
  const made = await read(
    await ask('owner', 'POST', '/api/v1/jobs', {
      type: 'demo',
      input: secret,
      title: secret,
      subject: secret,
      metadata: { secret },
      tags: [secret],
    }),
  )
  id = String(made['job_id'])
  const minted = await read(await ask('operator', 'POST', '/api/v1/tokens', { user_id: 'bob' }))
  keys['other_token'] = String(minted['token'])
})
afterAll(async () => {
  face.stop()
  await core.close()
})

const bodies: Record<string, object> = {
  '/jobs/lookup': { ids: ['ID'] },
  '/jobs': { type: 'demo', parent_id: 'ID' },
  '/tokens': { user_id: 'ann', jobs: ['ID'] },
}

function fill(route: (typeof routes)[number], jobId: string): [string, object | undefined] {
  const path = (route.root ? '' : '/api/v1') + route.path.replace('{job_id}', jobId).replace('{name}', 'approved')
  const query = route.path === '/events' ? `?jobs=${jobId}` : ''
  const body = bodies[route.path]
  const filled: object = JSON.parse(JSON.stringify(body ?? {}).replaceAll('ID', jobId))
  return [path + query, route.method === 'POST' && body ? filled : undefined]
}

async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  const reader = response.body?.getReader()
  let text = ''
  while (reader && !text.includes('event: sync')) {
    const { done, value } = await reader.read()
    if (done) break
    text += new TextDecoder().decode(value)
  }
  await reader?.cancel()
  return text
}

const masked = (text: string, jobId: string): string =>
  text
    .replaceAll(jobId, 'ID')
    .replaceAll(/"(at|server_time|stream_id|token|expires_at|job_id|created_at)":"[^"]*"/g, '"$1":""')

describe.each(['other', 'other_token', 'anonymous', 'worker', 'reader'])('%s', (who) => {
  test.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s tells nothing',
    async (_, route) => {
      const [path, body] = fill(route, id)
      const [absentPath, absentBody] = fill(route, 'absent-0001')
      const about = await ask(who, route.method, path, body)
      const absent = await ask(who, route.method, absentPath, absentBody)
      const text = await textOf(about)
      expect(text).not.toContain(secret)
      expect(about.status).toBe(absent.status)
      expect(masked(text, id)).toBe(masked(await textOf(absent), 'absent-0001'))
      const plain = (response: Response) => [...response.headers].filter(([name]) => name !== 'content-length')
      expect(plain(about)).toEqual(plain(absent))
    },
  )

  test('changes nothing', async () => {
    const [method, path] = ['DELETE', `/api/v1/jobs/${id}`]
    await ask(who, method, path)
    await ask(who, method, `${path}?purge=true`)
    await ask(who, 'POST', `${path}/cancel`, { mode: 'force' })
    await ask(who, 'POST', `${path}/retry`)
    await ask(who, 'POST', `${path}/signals/approved`)
    expect(await read(await ask('owner', 'GET', path))).toMatchObject({ rev: 1, status: 'pending' })
  })
})

test('the owner and the operator see it on every read', async () => {
  for (const who of ['owner', 'operator']) {
    for (const path of [`/jobs/${id}`, '/jobs', `/events?jobs=${id}`, `/jobs/${id}/events`]) {
      expect(await textOf(await ask(who, 'GET', `/api/v1${path}`))).toContain(secret)
    }
  }
})

test('a foreign job costs the same reads as an absent one', async () => {
  const { engine } = await core.parts()
  await ask('owner', 'GET', `/api/v1/jobs/${id}`)
  const counted = async (path: string) => {
    const get = engine.get.bind(engine)
    let reads = 0
    Object.assign(engine, { get: (ids: string[]) => ((reads += ids.length), get(ids)) })
    await ask('other', 'GET', path)
    Object.assign(engine, { get })
    return reads
  }
  expect(await counted(`/api/v1/jobs/${id}`)).toBe(await counted('/api/v1/jobs/absent-0002'))
})
