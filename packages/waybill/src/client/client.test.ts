// Questions to a server, and what is made of its answers and its silence.
import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { json, scripted, seen, openStream, view, type Scripted } from './scripted.fixture.ts'

let server: Scripted
beforeEach(async () => {
  server = await scripted()
})
afterEach(() => server.close())

describe('answers', () => {
  test('views come in camelCase, and what is the application’s own is left as it is', async () => {
    server.on(/\/jobs\/j1/, (_, response) =>
      json(response, 200, view({ progress_message: 'x', metadata: { my_key: 1 }, result: { some_url: 'y' } })),
    )
    expect(await server.client().get('j1')).toMatchObject({
      id: 'j1',
      progressMessage: 'x',
      metadata: { my_key: 1 },
      result: { some_url: 'y' },
    })
  })

  test('a refusal is an error that says what was wrong', async () => {
    const problem = {
      code: 'invalid_input',
      detail: 'no',
      request_id: 'r',
      errors: [{ pointer: '/input/a', detail: 'x' }],
    }
    server.on(/\/jobs$/, (_, response) => json(response, 422, problem))
    await expect(server.client().submit('t', {})).rejects.toMatchObject({
      name: 'WaybillClientError',
      code: 'invalid_input',
      status: 422,
      detail: 'no',
      requestId: 'r',
      errors: [{ pointer: '/input/a' }],
    })
    expect(server.requests).toHaveLength(1)
  })

  test('a page that something on the way gives instead of a job is no job', async () => {
    server.on(/\/jobs\/j1/, (_, response) =>
      response.writeHead(200).end('<h1>Please log in to the hotel’s network</h1>'),
    )
    await expect(server.client().get('j1')).rejects.toMatchObject({ code: 'network' })
    server.on(/\/jobs\/j1/, (_, response) => json(response, 200, { status: 'ok' }))
    await expect(server.client().get('j1')).rejects.toMatchObject({ code: 'network' })
  })

  test('lists and lookups are asked for in the words of the wire', async () => {
    server.on(/\/jobs\?/, (_, response) => json(response, 200, { items: [view()], next_cursor: 'c' }))
    const page = await server
      .client()
      .list({ userId: 'me', status: ['failed', 'cancelled'], createdAfter: 'T', limit: 5 })
    expect(page).toMatchObject({ items: [{ id: 'j1' }], nextCursor: 'c' })
    server.on(/\/jobs\/lookup/, (_, response) =>
      json(response, 200, { items: [view()], unchanged: ['j_2'], missing: ['j_3'] }),
    )
    const found = await server.client().lookup(['j1', 'j_2', 'j_3'], { j_2: 4 })
    expect(found).toMatchObject({ items: [{ id: 'j1' }], unchanged: ['j_2'], missing: ['j_3'] })
    expect(server.requests.map(({ line, body }) => line + body)).toEqual([
      'GET /jobs?user_id=me&status=failed%2Ccancelled&created_after=T&limit=5',
      'POST /jobs/lookup{"ids":["j1","j_2","j_3"],"revs":{"j_2":4}}',
    ])
  })
})

test('a submit may ask for a view token, and an answer without one is refused', async () => {
  const token = { view_token: 'wbv1.a.b', view_token_expires_at: '2026-11-24T12:00:00.000Z' }
  server.on(/\/jobs\?view_token=1/, (_, response) => json(response, 202, { ...view(), ...token }))
  const { viewToken, viewTokenExpiresAt } = await server.client().submit('t', {}, { viewToken: true })
  expect([viewToken, viewTokenExpiresAt]).toEqual([token.view_token, token.view_token_expires_at])
  expect(server.requests.map(({ line, body }) => line + body)).toEqual([
    'POST /jobs?view_token=1{"type":"t","input":{}}',
  ])
  server.on(/\/jobs\?view_token=1/, (_, response) => json(response, 202, view()))
  await expect(server.client().submit('t', {}, { viewToken: true })).rejects.toMatchObject({ code: 'network' })
})

describe('sending again', () => {
  test('a submit whose reply was lost is sent again under the same key', async () => {
    let tries = 0
    server.on(/\/jobs$/, (_, response) => {
      if (++tries === 1) return void response.destroy()
      if (tries === 2) return json(response, 409, { code: 'idempotency_in_progress' })
      json(response, 202, view())
    })
    await server.client().submit('t', { aKey: 1 }, { delayMs: 5, retry: { maxAttempts: 2 } })
    const sent = '{"type":"t","input":{"aKey":1},"delay_ms":5,"retry":{"max_attempts":2}}'
    expect(server.requests.map(({ body }) => body)).toEqual([sent, sent, sent])
    expect(server.requests[0]?.key).toMatch(/^[\da-f]{32}$/)
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(1)
  })

  test('a retry may say from which step on, and bring a new input', async () => {
    server.on(/\/jobs\/j1\/retry$/, (_, response) => json(response, 202, view()))
    await server.client().retry('j1', { fromStep: 'build', input: { aKey: 1 } })
    expect(server.requests.map(({ body }) => body)).toEqual(['{"from_step":"build","input":{"aKey":1}}'])
  })

  test('a submit without a lost reply has a key of its own each time', async () => {
    server.on(/\/jobs$/, (_, response) => json(response, 202, view()))
    for (let i = 0; i < 2; i++) await server.client().submit('t', {})
    expect(server.requests[0]?.key).not.toBe(server.requests[1]?.key)
  })

  test('a busy server is asked again after the time that it says, four times in all', async () => {
    const waits: number[] = []
    const env = {
      random: () => 0,
      after: (ms: number, fn: () => void) => {
        if (ms < 30_000) waits.push(ms) // the deadlines are longer
        const timer = setTimeout(fn, ms < 30_000 ? 1 : ms)
        return () => clearTimeout(timer)
      },
    }
    server.on(/\/jobs\/j1/, (_, response) => json(response, 503, { code: 'draining' }, { 'retry-after': '7' }))
    await expect(server.client({ env }).get('j1')).rejects.toMatchObject({ code: 'draining', retryAfterMs: 7_000 })
    expect(waits).toEqual([7_000, 7_000, 7_000])
    expect(server.requests).toHaveLength(4)
  })

  test('a server that wants a long pause is not asked again at once: the caller is told', async () => {
    server.on(/\/jobs$/, (_, response) => json(response, 429, { code: 'quota_exceeded' }, { 'retry-after': '3600' }))
    await expect(server.client().submit('t', {})).rejects.toMatchObject({ retryAfterMs: 3_600_000 })
    expect(server.requests).toHaveLength(1)
  })

  test('that a user has too many jobs is told at once: only he can help it', async () => {
    server.on(/\/jobs$/, (_, response) => json(response, 429, { code: 'too_many_active' }, { 'retry-after': '10' }))
    await expect(server.client().submit('t', {})).rejects.toMatchObject({ retryAfterMs: 10_000 })
    expect(server.requests).toHaveLength(1)
  })

  test('a date in Retry-After is understood', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString()
    server.on(/\/jobs\/j1/, (_, response) => json(response, 503, { code: 'draining' }, { 'retry-after': date }))
    const error: unknown = await server
      .client()
      .get('j1')
      .catch((thrown: unknown) => thrown)
    expect(Number(Object(error).retryAfterMs)).toBeGreaterThan(3_500_000)
  })

  test('a cancel is never sent twice by itself', async () => {
    server.on(/cancel/, (_, response) => void response.destroy())
    await expect(server.client().cancel('j1')).rejects.toMatchObject({ code: 'network' })
    expect(server.requests).toHaveLength(1)
  })

  test('a signal names itself in the path, and is never sent twice by itself', async () => {
    server.on(/signals/, (_, response) => json(response, 202, view()))
    await server.client().signal('j1', 'approved:2', { by: 'ann' })
    expect(server.requests).toMatchObject([
      { line: 'POST /jobs/j1/signals/approved%3A2', body: '{"payload":{"by":"ann"}}' },
    ])
    server.on(/signals/, (_, response) => void response.destroy())
    await expect(server.client().signal('j1', 'approved')).rejects.toMatchObject({ code: 'network' })
    expect(server.requests).toHaveLength(2)
  })

  test('a server that takes the question and never answers is given up', async () => {
    server.on(/cancel/, () => {})
    await expect(server.client().cancel('j1')).rejects.toMatchObject({ code: 'timeout', status: 0 })
  })
})

describe('tokens', () => {
  const guarded =
    (token: string) =>
    ({ headers }: IncomingMessage) =>
      headers.authorization === `Bearer ${token}`

  test('the factory is asked again when the server no longer takes its token, once for all who were refused', async () => {
    const fresh = guarded('fresh')
    server.on(/\/jobs\//, (request, response) =>
      fresh(request) ? json(response, 200, view()) : json(response, 401, { code: 'token_expired', detail: 'expired' }),
    )
    const given = ['stale', 'fresh']
    let asked = 0
    const client = server.client({ token: async () => given[asked++] ?? 'none' })
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => client.get(id)))
    expect(asked).toBe(2)
  })

  test('a token that stays refused is an error, asked for once more and not again', async () => {
    server.on(/./, (_, response) => json(response, 401, { code: 'unauthenticated', detail: 'who are you?' }))
    let asked = 0
    await expect(server.client({ token: () => `${++asked}` }).get('j1')).rejects.toMatchObject({ status: 401 })
    expect([asked, server.requests.length]).toEqual([2, 2])
    await expect(seen(server.client({ token: 'wrong' }).watch('j1'))).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('a factory that fails for a while, or never answers, holds up a watch but does not end it', async () => {
    server.on(/\/jobs\/j1/, (_, response) => json(response, 503, { code: 'engine_unavailable' }))
    server.on(/\/events/, (_, response) => openStream(response)('job', view({ status: 'completed' })))
    let asked = 0
    const token = () => {
      if (++asked === 1) throw new Error('the login server is away')
      return asked === 2 ? new Promise<string>(() => {}) : 'good'
    }
    expect(await seen(server.client({ token }).watch('j1'))).toEqual(['1 completed'])
    expect(server.requests.at(-1)?.authorization).toBe('Bearer good')
  })
})
