import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jobSchema } from '../wire/schemas-views.ts'
import { aStage, Events, read, type Stage } from './http.fixture.ts'
import { serve, type Served } from './serve.ts'

let stage: Stage
let served: Served
beforeEach(async () => {
  stage = await aStage()
  served = await serve(stage.core, { port: 0, auth: () => stage.auth, graceMs: 1_000 })
})
afterEach(async () => {
  await served.close()
  await stage.close()
})

const api = '/api/v1'

/** Opens a stream over a real connection; `raw` asks the handler itself, as a foreign host would. */
async function open(who: string, path: string, headers: Record<string, string> = {}): Promise<Events> {
  const response = await fetch(served.url + api + path, { headers: { authorization: `Bearer ${who}`, ...headers } })
  expect(response.status).toBe(200)
  return new Events(response)
}

describe.each(['node', 'web'] as const)('a stream over %s', (way) => {
  const connect = async (who: string, path: string, headers: Record<string, string> = {}): Promise<Events> =>
    way === 'node' ? open(who, path, headers) : new Events(await stage.ask(who, 'GET', api + path, undefined, headers))

  test('says hello, tells the present state, sync, and then what happens', async () => {
    const id = await stage.submit('ann')
    const events = await connect('ann', `/jobs/${id}/events`)
    expect(await events.until('hello')).toMatchObject({ heartbeat_ms: 15_000, stream_id: expect.any(String) })
    jobSchema.parse(await events.until('job'))
    await events.until('sync')
    const { fence } = await stage.claim()
    await events.until('job', (job) => job['status'] === 'processing')
    await stage.parts.engine.note([{ id, fence, progress: 0.5, progressMessage: 'half' }])
    expect(await events.until('progress')).toEqual({
      job_id: id,
      rev: 3,
      progress: 0.5,
      progress_message: 'half',
      stage: null,
      counts: null,
      updated_at: expect.any(String),
    })
    await events.cancel()
  })

  test('one stream watches many jobs; what is not there and what is foreign are gone alike', async () => {
    const [a, b, foreign] = [await stage.submit('ann'), await stage.submit('ann'), await stage.submit('bob')]
    const events = await connect('ann', `/events?jobs=${a},${b},${foreign},absent`)
    await events.until('sync')
    const told = events.all.map(({ event, data }) => [event, data['job_id']])
    expect(told).toEqual([
      ['hello', undefined],
      ['gone', foreign],
      ['gone', 'absent'],
      ['job', a],
      ['job', b],
      ['sync', undefined],
    ])
    await events.cancel()
  })

  test('a stream of all my jobs hears of new ones, and of nobody else’s', async () => {
    const events = await connect('ann', '/events?user_id=me')
    await events.until('sync')
    await stage.submit('bob')
    const mine = await stage.submit('ann')
    await events.until('job')
    expect(events.all.filter(({ event }) => event === 'job').map(({ data }) => data['job_id'])).toEqual([mine])
    await events.cancel()
  })

  test('with logs=1 also the lines meant for the owner', async () => {
    const id = await stage.submit('ann')
    const { fence } = await stage.claim()
    const line = (message: string, audience: 'owner' | 'operator') =>
      ({ level: 'info', message, fields: null, attempt: 1, audience }) as const
    await stage.parts.engine.note([{ id, fence, logs: [line('inside', 'operator'), line('hello', 'owner')] }])
    const events = await connect('ann', `/jobs/${id}/events?logs=1`)
    expect(await events.until('log')).toMatchObject({ job_id: id, message: 'hello', seq: 2 })
    await events.cancel()
  })

  test('shutdown says bye and ends', async () => {
    const id = await stage.submit('ann')
    const events = await connect('ann', `/jobs/${id}/events`)
    await events.until('sync')
    if (way === 'node') await served.close()
    else stage.face.stop()
    expect(await events.until('bye')).toEqual({ reason: 'shutdown' })
    await events.end()
  })
})

test('the headers keep proxies from holding events back', async () => {
  const response = await fetch(`${served.url}${api}/events?user_id=me`, { headers: { authorization: 'Bearer ann' } })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
  expect(response.headers.get('x-accel-buffering')).toBe('no')
  await response.body?.cancel()
})

test('Last-Event-ID resumes: what did not change since is not told again', async () => {
  const [old, changed] = [await stage.submit('ann'), await stage.submit('ann', { priority: 10 })]
  const now = stage.parts.engine.now()
  const resumed = await open('ann', `/events?jobs=${old},${changed}`, { 'last-event-id': String(now + 30_000) })
  await resumed.until('sync')
  expect(resumed.all.map(({ event }) => event)).toEqual(['hello', 'sync'])
  await stage.claim()
  expect(await resumed.until('job')).toMatchObject({ job_id: changed })
  const id = resumed.all.at(-1)?.id ?? ''
  expect(Number(id)).toBeGreaterThan(now - 10_000)
  await resumed.cancel()
  const again = await open('ann', `/events?jobs=${old},${changed}&since=${id}`)
  await again.until('sync')
  expect(again.all.some(({ event, data }) => event === 'job' && data['job_id'] === changed)).toBe(true)
  await again.cancel()
})

test('before sync no event bears an id, so that a break in the first state loses nothing', async () => {
  const id = await stage.submit('ann')
  const events = await open('ann', `/jobs/${id}/events`)
  await events.until('sync')
  expect(events.all.map(({ event, id: eventId }) => [event, eventId !== null])).toEqual([
    ['hello', false],
    ['job', false],
    ['sync', true],
  ])
  await events.cancel()
})

test('an event id that is too old, or none of ours, is answered by reset and the whole state', async () => {
  const id = await stage.submit('ann')
  for (const last of ['5', 'garbage']) {
    const events = await open('ann', `/jobs/${id}/events`, { 'last-event-id': last })
    await events.until('sync')
    expect(events.all.map(({ event }) => event)).toEqual(['hello', 'reset', 'job', 'sync'])
    await events.cancel()
  }
})

test('a user has five streams, then 429; a stream that ends makes room', async () => {
  const id = await stage.submit('ann')
  const streams = await Promise.all(Array.from({ length: 5 }, () => open('ann', `/jobs/${id}/events`)))
  const sixth = await fetch(`${served.url}${api}/events?user_id=me`, { headers: { authorization: 'Bearer ann' } })
  expect([sixth.status, (await read(sixth))['code']]).toEqual([429, 'too_many_active'])
  expect(sixth.headers.get('retry-after')).toBe('10')
  await (await open('bob', '/events?user_id=me')).cancel()
  await streams[0]?.cancel()
  let status = 429
  while (status === 429) {
    const next = await fetch(`${served.url}${api}/events?user_id=me`, { headers: { authorization: 'Bearer ann' } })
    status = next.status
    await next.body?.cancel()
  }
  expect(status).toBe(200)
  for (const stream of streams.slice(1)) await stream.cancel()
})

test('a token that runs out ends its stream', async () => {
  const id = await stage.submit('ann')
  stage.auth.mint({ userId: 'ann', ttlMs: 1 })
  const response = await fetch(`${served.url}${api}/jobs/${id}/events?access_token=minted-1`)
  const events = new Events(response)
  expect(await events.until('bye')).toEqual({ reason: 'token_expired' })
  await events.end()
})

test('a reader that does not read gets bye slow, and its memory is given back', async () => {
  const ids = []
  for (let i = 0; i < 40; i++) ids.push(await stage.submit('ann'))
  const stuck = httpRequest(`${served.url}${api}/events?jobs=${ids.join(',')}`, {
    headers: { authorization: 'Bearer ann' },
  })
  stuck.end()
  const response = await new Promise<IncomingMessage>((resolve) => stuck.on('response', resolve))
  response.pause()
  const heard = await open('bob', '/events?user_id=me') // a reader beside it is not held up
  await heard.until('sync')
  for (let i = 0; i < 40; i++) await stage.complete({ big: 'x'.repeat(240_000) })
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-500)))
  response.pause()
  while (!(await metrics()).includes('waybill_streams 1\n')); // only the one beside it is left
  response.resume()
  await new Promise((resolve) => response.on('close', resolve))
  expect(text).toContain('"reason":"slow"')
  await heard.cancel()
})

async function metrics(): Promise<string> {
  return (await fetch(`${served.url}/metrics`, { headers: { authorization: 'Bearer operator' } })).text()
}

test('a stream that nobody reads any more is forgotten by hub and caps', async () => {
  const id = await stage.submit('ann')
  for (let i = 0; i < 12; i++) {
    let response = await fetch(`${served.url}${api}/jobs/${id}/events`, { headers: { authorization: 'Bearer ann' } })
    while (response.status === 429) {
      await response.body?.cancel()
      response = await fetch(`${served.url}${api}/jobs/${id}/events`, { headers: { authorization: 'Bearer ann' } })
    }
    expect(response.status).toBe(200)
    await response.body?.cancel()
  }
})

test.each([
  ['/events', 'bad_request', 'operator'],
  ['/events?jobs=a%20b', 'bad_request', 'ann'],
  ['/events?jbos=a', 'bad_request', 'ann'],
  ['/events?user_id=me&since=yesterday', 'bad_request', 'ann'],
  ['/events?user_id=bob', 'insufficient_scope', 'ann'],
  ['/jobs/absent/events', 'not_found', 'ann'],
  ['/events?user_id=me', 'insufficient_scope', 'worker'],
])('%s is refused: %s for %s', async (path, code, who) => {
  const response = await stage.ask(who, 'GET', api + path)
  expect((await read(response))['code']).toBe(code)
})

test('HEAD of a stream answers its headers and ends', async () => {
  const response = await fetch(`${served.url}${api}/events?user_id=me`, {
    method: 'HEAD',
    headers: { authorization: 'Bearer ann' },
  })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
})
