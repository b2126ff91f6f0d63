import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../lib/log.ts'
import { WaybillCore } from '../waybill.ts'
import { Face } from './face.ts'
import { aStage, Events, read, type Stage } from './http.fixture.ts'
import { serve, type Served } from './serve.ts'

let stage: Stage
let served: Served
beforeEach(async () => {
  stage = await aStage({ corsOrigins: ['https://app.example'] })
  served = await serve(stage.core, { port: 0, auth: () => stage.auth })
})
afterEach(async () => {
  await served.close()
  await stage.close()
})

const ann = { authorization: 'Bearer ann' }

describe('listening', () => {
  test('on an address that others reach is refused while no auth is configured, with what to do', async () => {
    await expect(serve(stage.core, { host: '0.0.0.0', port: 0 })).rejects.toThrow('set WAYBILL_API_KEYS')
  })

  test('is allowed there with keys', async () => {
    const core = new WaybillCore(
      { engine: 'sqlite::memory:', apiKeys: ['wbk_x'], logger: silentLogger },
      {},
      '/nowhere',
    )
    const open = await serve(core, { host: '0.0.0.0', port: 0 })
    expect((await fetch(`http://127.0.0.1:${open.port}/api/v1/jobs`)).status).toBe(401)
    const known = await fetch(`http://127.0.0.1:${open.port}/api/v1/jobs`, {
      headers: { authorization: 'Bearer wbk_x' },
    })
    expect(known.status).toBe(200)
    await open.close()
    await core.close()
  })

  test('with keys that can be guessed says so, once, and repeats none', async () => {
    const said: string[] = []
    const logger = { ...silentLogger, warn: (_: object, text: string) => void said.push(text) }
    const env = { WAYBILL_CONCURENCY: '3' }
    const core = new WaybillCore({ engine: 'sqlite::memory:', apiKeys: ['hunter2'], logger }, env, '/nowhere')
    await (await serve(core, { port: 0 })).close()
    expect(said).toEqual([
      expect.stringContaining('Did you mean "WAYBILL_CONCURRENCY"?'),
      expect.stringContaining('an operator key has fewer than'),
    ])
    expect(said.join()).not.toContain('hunter2')
    await core.close()
  })

  test('on a port that is taken says so', async () => {
    await expect(serve(stage.core, { port: served.port })).rejects.toThrow(`port ${served.port} is taken`)
  })
})

describe('without auth', () => {
  let local: Served
  beforeEach(async () => {
    local = await serve(stage.core, { port: 0 })
  })
  afterEach(() => local.close())

  test('everybody on this machine is the operator', async () => {
    const response = await fetch(`${local.url}/api/v1/jobs`)
    expect(response.status).toBe(200)
  })

  test('a name that resolves here by rebinding is refused', async () => {
    const answer = await raw(local.port, 'GET /api/v1/jobs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
    expect(answer).toContain('403')
    expect(answer).toContain('insufficient_scope')
  })

  test('a page of another origin cannot write', async () => {
    const post = (origin: string) =>
      fetch(`${local.url}/api/v1/jobs`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body: '{"type":"demo"}',
      })
    expect((await post('https://evil.example')).status).toBe(403)
    expect((await post(local.url)).status).toBe(202)
    expect((await post('https://app.example')).status).toBe(202)
  })
})

test('livez, readyz and health answer without a key', async () => {
  expect(await (await fetch(`${served.url}/livez`)).text()).toBe('ok\n')
  expect((await fetch(`${served.url}/readyz`)).status).toBe(200)
  const health = await fetch(`${served.url}/api/v1/jobs/health`)
  expect(health.status).toBe(200)
  expect(await read(health)).toMatchObject({
    status: 'degraded',
    engine: { kind: 'sqlite', durability: 'volatile' },
    checks: { engine: 'ok', accelerator: 'absent', workers: 'none' },
  })
})

test('a store that cannot store is not ready, down, and says why', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-serve-'))
  const core = new WaybillCore({ engine: `sqlite:${join(dir, 'jobs.db')}`, logger: silentLogger }, {}, dir)
  await core.parts()
  const face = new Face(() => core.parts())
  const ask = (path: string) => face.fetch(new Request(`http://localhost${path}`))
  rmSync(dir, { recursive: true })
  const ready = await ask('/readyz')
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('deleted or moved away')])
  const health = await ask('/api/v1/jobs/health')
  expect([health.status, await read(health)]).toMatchObject([503, { status: 'down' }])
  face.stop()
  await core.close()
})

test('at the end: not ready, long polls answer, streams say bye, the port is free', async () => {
  const id = await stage.submit('ann')
  const poll = fetch(`${served.url}/api/v1/jobs/${id}?wait=50`, { headers: ann })
  const events = new Events(await fetch(`${served.url}/api/v1/jobs/${id}/events`, { headers: ann }))
  await events.until('sync')
  const readiness = stage.face.fetch(new Request('http://localhost/livez'))
  await served.close()
  expect((await poll).status).toBe(200)
  expect(await events.until('bye')).toEqual({ reason: 'shutdown' })
  await readiness
  await expect(fetch(`${served.url}/livez`)).rejects.toThrow('fetch failed')
  stage.face.stop()
  expect((await stage.ask(null, 'GET', '/readyz')).status).toBe(503)
})

test('a store that cannot be opened is 503, while the process still says that it lives', async () => {
  const face = new Face(() => Promise.reject(new Error('disk gone')))
  expect((await face.fetch(new Request('http://localhost/livez'))).status).toBe(200)
  const answer = await face.fetch(new Request('http://localhost/api/v1/jobs'))
  expect([answer.status, (await read(answer))['code']]).toEqual([503, 'engine_unavailable'])
  expect(answer.headers.get('retry-after')).toBe('5')
})

describe('methods and origins', () => {
  test('a method that a path does not have is 405 with Allow', async () => {
    const response = await stage.ask('ann', 'PUT', '/api/v1/jobs/x')
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, DELETE, HEAD, OPTIONS')
  })

  test('HEAD answers the headers of GET', async () => {
    const id = await stage.submit('ann')
    const response = await fetch(`${served.url}/api/v1/jobs/${id}`, { method: 'HEAD', headers: ann })
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([200, 'W/"1-owner"', ''])
  })

  test('a page of an allowed origin may ask, another may not', async () => {
    const preflight = (origin: string) =>
      stage.ask(null, 'OPTIONS', '/api/v1/jobs', undefined, { origin, 'access-control-request-method': 'POST' })
    const good = await preflight('https://app.example')
    expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example'])
    expect(good.headers.get('access-control-allow-headers')).toContain('Idempotency-Key')
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
    const id = await stage.submit('ann')
    const answer = await stage.ask('ann', 'GET', `/api/v1/jobs/${id}`, undefined, { origin: 'https://app.example' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(answer.headers.get('vary')).toBe('Origin')
    const stranger = await stage.ask('ann', 'GET', `/api/v1/jobs/${id}`, undefined, { origin: 'https://evil.example' })
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('X-Request-Id is echoed when it is a plain word, else made', async () => {
    const id = async (given: string) =>
      (await stage.ask('ann', 'GET', '/api/v1/jobs/x', undefined, { 'x-request-id': given })).headers.get(
        'x-request-id',
      )
    expect(await id('abc-1')).toBe('abc-1')
    expect(await id('<script>')).not.toBe('<script>')
    const problem = await stage.ask('ann', 'GET', '/api/v1/jobs/x', undefined, { 'x-request-id': 'abc-2' })
    expect((await read(problem))['request_id']).toBe('abc-2')
  })

  test('what is unexpected inside is 500 and says nothing of it', async () => {
    const broken = await aStage()
    Object.assign(broken.parts.watch, { count: () => Promise.reject(new Error('secret path /etc')) })
    const response = await broken.ask('ann', 'GET', '/api/v1/jobs/stats/counts')
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).toContain('"code":"internal"')
    expect(text).not.toContain('secret')
    await broken.close()
  })
})

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}
