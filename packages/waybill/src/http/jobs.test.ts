import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jobListSchema, jobSchema, operatorJobSchema, problemSchema, statsSchema } from '../wire/schemas-views.ts'
import { aStage, read, type Stage } from './http.fixture.ts'

let stage: Stage
beforeAll(async () => {
  stage = await aStage()
})
afterAll(() => stage.close())

const api = '/api/v1'

describe('POST /jobs', () => {
  test('stores a job and answers 202 with Location and the job', async () => {
    const response = await stage.ask('ann', 'POST', `${api}/jobs`, {
      type: 'demo',
      input: { a: 1 },
      subject: 'x:1',
      tags: ['t'],
    })
    expect(response.status).toBe(202)
    const job = jobSchema.parse(await response.json())
    expect(job).toMatchObject({ type: 'demo', status: 'pending', user_id: 'ann', subject: 'x:1', rev: 1 })
    expect(response.headers.get('location')).toBe(job.links.self)
    expect(response.headers.get('retry-after')).toBe('1')
  })

  test('the same Idempotency-Key answers the same job; another body is refused; another caller has keys of its own', async () => {
    const headers = { 'idempotency-key': 'k-1' }
    const first = await read(await stage.ask('ann', 'POST', `${api}/jobs`, { type: 'demo', input: 1 }, headers))
    const again = await stage.ask('ann', 'POST', `${api}/jobs`, { type: 'demo', input: 1 }, headers)
    expect(again.status).toBe(200)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect((await read(again))['job_id']).toBe(first['job_id'])
    const other = await stage.ask('ann', 'POST', `${api}/jobs`, { type: 'demo', input: 2 }, headers)
    expect([other.status, (await read(other))['code']]).toEqual([422, 'idempotency_key_reused'])
    const bob = await stage.ask('bob', 'POST', `${api}/jobs`, { type: 'demo', input: 1 }, headers)
    expect(bob.status).toBe(202)
    expect((await read(bob))['job_id']).not.toBe(first['job_id'])
  })

  test('Prefer: wait answers 200 once the job has ended', async () => {
    const id = 'waited-for'
    const asked = stage.ask(
      'ann',
      'POST',
      `${api}/jobs`,
      { type: 'video', job_id: id, priority: 10 },
      { prefer: 'wait=20' },
    )
    while ((await stage.parts.watch.get(id)) === null) await new Promise((resolve) => setImmediate(resolve))
    await stage.complete()
    const response = await asked
    expect(response.status).toBe(200)
    expect(response.headers.get('preference-applied')).toBe('wait=20')
    expect(await read(response)).toMatchObject({ status: 'completed', result: { ok: true } })
  })

  test('?view_token=1 adds a token for this job alone', async () => {
    const job = await read(await stage.ask('ann', 'POST', `${api}/jobs?view_token=1`, { type: 'demo' }))
    const other = await stage.submit('ann')
    const token = job['view_token'] as string
    expect((await stage.ask(token, 'GET', `${api}/jobs/${job['job_id'] as string}`)).status).toBe(200)
    expect((await stage.ask(token, 'GET', `${api}/jobs/${other}`)).status).toBe(404)
    expect((await stage.ask(token, 'POST', `${api}/jobs`, { type: 'demo' })).status).toBe(403)
  })

  test('keeps the traceparent, for operators to see', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const made = await read(await stage.ask('ann', 'POST', `${api}/jobs`, { type: 'demo' }, { traceparent }))
    const view = await stage.ask('operator', 'GET', `${api}/jobs/${made['job_id'] as string}?view=operator`)
    expect(operatorJobSchema.parse(await view.json()).traceparent).toBe(traceparent)
  })

  test.each<[string, unknown, number, string, string]>([
    ['an unknown type', { type: 'demoo' }, 404, 'unknown_type', 'Did you mean "demo"?'],
    ['an unknown member', { type: 'demo', priorty: 1 }, 400, 'bad_request', 'Did you mean "priority"?'],
    [
      'an unknown member inside',
      { type: 'demo', retry: { max_attempt: 1 } },
      400,
      'bad_request',
      'Did you mean "max_attempts"?',
    ],
    ['an input that does not fit', { type: 'strict', input: { n: 'x' } }, 422, 'invalid_input', '/input/n'],
    ['a missing type', {}, 400, 'bad_request', '/type'],
    ['an array', [], 400, 'bad_request', ''],
    ['JSON that is none', '{"type":', 400, 'bad_request', 'JSON'],
    ['a prototype key', '{"type":"demo","input":{"__proto__":{}}}', 400, 'bad_request', '__proto__'],
    ['NUL', { type: 'demo', input: 'a\0b' }, 400, 'bad_request', 'NUL'],
    ['half a surrogate pair', '{"type":"demo","input":"\\ud800"}', 400, 'bad_request', 'surrogate'],
    [
      '10,000 levels',
      `{"type":"demo","input":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      400,
      'bad_request',
      'nested',
    ],
    ['an input past 256 KiB', { type: 'demo', input: 'x'.repeat(300_000) }, 413, 'too_large', '262144'],
    ['somebody else as owner', { type: 'demo', user_id: 'bob' }, 403, 'insufficient_scope', 'user_id'],
    ['a parent of somebody else', { type: 'demo', parent_id: 'nobodys' }, 404, 'not_found', 'no job'],
    [
      'both delay and time',
      { type: 'demo', delay_ms: 5, run_at: '2030-01-01T00:00:00Z' },
      400,
      'bad_request',
      'run_at',
    ],
  ])('%s is refused and nothing is stored', async (_, body, status, code, words) => {
    const before = await stage.parts.watch.count()
    const response = await stage.ask('ann', 'POST', `${api}/jobs`, body)
    const problem = await read(response)
    expect(problemSchema.safeParse(problem).success).toBe(true)
    expect([response.status, problem['code'], problem['status']]).toEqual([status, code, status])
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(JSON.stringify(problem).replaceAll('\\"', '"')).toContain(words)
    expect(await stage.parts.watch.count()).toEqual(before)
  })

  test('a body past the limit is refused before it is parsed, also when it comes in chunks', async () => {
    const said = await stage.ask('ann', 'POST', `${api}/jobs`, '{}', { 'content-length': '5000000' })
    expect([said.status, (await read(said))['code']]).toEqual([413, 'too_large'])
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(32))
        if (sent > 8_000_000) controller.close()
      },
    })
    const headers = { authorization: 'Bearer ann', 'content-type': 'application/json' }
    const init = { method: 'POST', body, headers, duplex: 'half' as const }
    const chunked = await stage.face.fetch(new Request(`http://localhost${api}/jobs`, init))
    expect([chunked.status, (await read(chunked))['code']]).toEqual([413, 'too_large'])
    expect(sent).toBeLessThan(6_000_000)
  })

  test('another media type, and text that is not UTF-8, are refused', async () => {
    const form = await stage.ask('ann', 'POST', `${api}/jobs`, 'a=1', {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect([form.status, (await read(form))['code']]).toEqual([415, 'unsupported_media_type'])
    const init = {
      method: 'POST',
      body: new Uint8Array([0x22, 0xff, 0x22]),
      headers: { authorization: 'Bearer ann', 'content-type': 'application/json', 'content-length': '3' },
    }
    expect((await stage.face.fetch(new Request(`http://localhost${api}/jobs`, init))).status).toBe(400)
  })
})

describe('GET /jobs/{id}', () => {
  test('answers the job with ETag, and 304 to it until the job changes', async () => {
    const id = await stage.submit('ann', { priority: 10 })
    const first = await stage.ask('ann', 'GET', `${api}/jobs/${id}`)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toBe('W/"1-owner"')
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    jobSchema.parse(await first.json())
    const same = await stage.ask('ann', 'GET', `${api}/jobs/${id}`, undefined, { 'if-none-match': `"x", ${etag}` })
    expect([same.status, await same.text()]).toEqual([304, ''])
    await stage.claim()
    expect((await stage.ask('ann', 'GET', `${api}/jobs/${id}`, undefined, { 'if-none-match': etag })).status).toBe(200)
  })

  test('says whether memory or the engine served it', async () => {
    const id = await stage.submit('ann')
    await stage.submit('bob')
    const source = async () => (await stage.ask('ann', 'GET', `${api}/jobs/${id}`)).headers.get('waybill-source')
    expect(await source()).toBe('engine')
    expect(await source()).toBe('memory')
  })

  test('a long poll answers at the next rev after that of If-None-Match', async () => {
    const id = await stage.submit('ann', { priority: 10 })
    const asked = stage.ask('ann', 'GET', `${api}/jobs/${id}?wait=30`, undefined, { 'if-none-match': 'W/"1-owner"' })
    await stage.claim()
    expect(await read(await asked)).toMatchObject({ rev: 2, status: 'processing' })
    const old = await stage.ask('ann', 'GET', `${api}/jobs/${id}?wait=30`, undefined, {
      'if-none-match': 'W/"1-owner"',
    })
    expect((await read(old))['rev']).toBe(2)
  })

  test('a long poll whose time is up answers 304', async () => {
    const id = await stage.submit('ann')
    const response = await stage.ask('ann', 'GET', `${api}/jobs/${id}?wait=1`, undefined, {
      'if-none-match': 'W/"1-owner"',
    })
    expect(response.status).toBe(304)
  })

  test('includes what is asked for', async () => {
    const id = await stage.submit('ann', { input: { page: 7 }, priority: 10 })
    await stage.claim()
    const response = await stage.ask('ann', 'GET', `${api}/jobs/${id}?include=input,attempts,steps,timeline,children`)
    expect(await read(response)).toMatchObject({
      input: { page: 7 },
      attempts: [{ n: 1, status: 'running' }],
      steps: [],
      timeline: [{ type: 'created' }, { type: 'claimed' }],
      child_jobs: [],
    })
    const etag = response.headers.get('etag') ?? ''
    const again = await stage.ask(
      'ann',
      'GET',
      `${api}/jobs/${id}?include=input,attempts,steps,timeline,children`,
      undefined,
      { 'if-none-match': etag },
    )
    expect(again.status).toBe(304)
  })

  test('the operator view shows the inside, to operators alone', async () => {
    const id = await stage.submit('ann', { priority: 10 })
    await stage.fail()
    const inside = await stage.ask('operator', 'GET', `${api}/jobs/${id}?view=operator`)
    expect(operatorJobSchema.parse(await inside.json()).error?.internal?.message).toBe('secret inside')
    const denied = await stage.ask('ann', 'GET', `${api}/jobs/${id}?view=operator`)
    expect([denied.status, (await read(denied))['code']]).toEqual([403, 'insufficient_scope'])
    for (const path of ['', '?include=attempts,timeline', '/attempts', '/timeline']) {
      const shown = await (await stage.ask('ann', 'GET', `${api}/jobs/${id}${path}`)).text()
      expect(shown).toContain('bad_file')
      expect(shown).not.toContain('secret')
    }
  })

  test('a foreign job, an absent one and one that cannot be answer the same', async () => {
    const id = await stage.submit('bob')
    const bodies = await Promise.all(
      [id, 'absent', '~weird'].map(async (one) => {
        const response = await stage.ask('ann', 'GET', `${api}/jobs/${one}`, undefined, { 'x-request-id': 'r1' })
        expect(response.headers.get('waybill-source')).toBeNull()
        return [response.status, await response.text()]
      }),
    )
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(bodies[0]?.[0]).toBe(404)
  })

  test('a removed job answers 410, to its owner alone', async () => {
    const id = await stage.submit('ann', { priority: 10 })
    await stage.complete()
    const erased = await stage.ask('operator', 'DELETE', `${api}/jobs/${id}?purge=true`)
    expect(erased.status).toBe(204)
    const gone = await stage.ask('ann', 'GET', `${api}/jobs/${id}`)
    expect([gone.status, (await read(gone))['code']]).toEqual([410, 'job_expired'])
    expect((await stage.ask('bob', 'GET', `${api}/jobs/${id}`)).status).toBe(404)
  })

  test('a job past its expires_at answers 410 before any sweep', async () => {
    const id = await stage.submit('ann', { retention_ms: 0, priority: 10 })
    await stage.complete()
    expect((await stage.ask('ann', 'GET', `${api}/jobs/${id}`)).status).toBe(410)
    expect((await stage.ask('ann', 'GET', `${api}/jobs/${id}/result`)).status).toBe(410)
  })

  test('a job whose time runs out while it is in memory answers 410 from then on', async () => {
    const id = await stage.submit('ann', { retention_ms: 150, priority: 10 })
    await stage.complete()
    const statuses = new Set<number>()
    for (const until = Date.now() + 5_000; !statuses.has(410) && Date.now() < until; ) {
      statuses.add((await stage.ask('ann', 'GET', `${api}/jobs/${id}`)).status)
    }
    expect([...statuses]).toEqual([200, 410])
  })

  test('an unknown parameter is refused with the nearest known', async () => {
    const response = await stage.ask('ann', 'GET', `${api}/jobs/x?inclde=input`)
    expect([response.status, String((await read(response))['detail'])]).toEqual([
      400,
      expect.stringContaining('"include"'),
    ])
  })
})

describe('lists', () => {
  test('run by cursor through every job once, and a page names the next', async () => {
    const lists = await aStage()
    const ids = []
    for (let i = 0; i < 7; i++) ids.push(await lists.submit('ann', { subject: 's:1' }))
    await lists.submit('bob', { subject: 's:1' })
    const seen: string[] = []
    let path: string | null = `${api}/jobs?subject=s:1&limit=3`
    while (path) {
      const response: Response = await lists.ask('ann', 'GET', path)
      const page = jobListSchema.parse(await response.json()) as { items: { job_id: string }[] }
      seen.push(...page.items.map((item) => item.job_id))
      path = /<(.*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? null
    }
    expect(seen).toEqual(ids.reverse())
    const pages = await read(await lists.ask('ann', 'GET', `${api}/jobs?page=3&page_size=3`))
    expect(pages).toMatchObject({ page: 3, page_size: 3, total: 7, total_pages: 3, items: [{}] })
    await lists.close()
  })

  test('a cursor of another list, and one that was changed, are refused', async () => {
    await stage.submit('ann', { tags: ['c'] })
    await stage.submit('ann', { tags: ['c'] })
    const { next_cursor: cursor } = await read(await stage.ask('ann', 'GET', `${api}/jobs?tag=c&limit=1`))
    for (const path of [
      `?cursor=${cursor as string}`,
      `?tag=c&limit=1&cursor=x${cursor as string}`,
      '?cursor=%00',
      '?cursor=e30',
    ]) {
      const response = await stage.ask('ann', 'GET', `${api}/jobs${path}`)
      expect(response.status).toBe(400)
    }
    const code = (await read(await stage.ask('ann', 'GET', `${api}/jobs?cursor=${cursor as string}`)))['code']
    expect(code).toBe('bad_cursor')
  })

  test('own jobs only, unless the caller may read all', async () => {
    await stage.submit('bob')
    const mine = jobListSchema.parse(await (await stage.ask('ann', 'GET', `${api}/jobs?limit=200`)).json()) as {
      items: { user_id: string }[]
    }
    expect(new Set(mine.items.map((job) => job.user_id))).toEqual(new Set(['ann']))
    expect((await stage.ask('ann', 'GET', `${api}/jobs?user_id=bob`)).status).toBe(403)
    expect((await stage.ask('operator', 'GET', `${api}/jobs?user_id=bob`)).status).toBe(200)
  })

  test.each([
    'status=runing',
    'limit=0',
    'limit=201',
    'page=0',
    'created_after=yesterday',
    'order=name',
    'page=1&limit=3',
    'type=a&type=b',
  ])('?%s is refused', async (query) => {
    expect((await stage.ask('ann', 'GET', `${api}/jobs?${query}`)).status).toBe(400)
  })

  test('stats tell how jobs fared, of what the caller may see', async () => {
    const fresh = await aStage()
    for (const who of ['ann', 'ann', 'bob']) await fresh.submit(who)
    await fresh.complete()
    await fresh.fail()
    await fresh.complete()
    const stats = async (who: string, query = '') => read(await fresh.ask(who, 'GET', `${api}/stats${query}`))
    const all = statsSchema.parse(await stats('operator', '?window=5m&by=type'))
    expect(all).toMatchObject({ window_ms: 300_000, covers_ms: 300_000, by: 'type' })
    expect(all).toMatchObject({ items: [{ key: 'demo', finished: 3, completed: 2, failed: 1, per_minute: 0.6 }] })
    expect(await stats('ann')).toMatchObject({ by: null, items: [{ key: null, finished: 2, success_ratio: 0.5 }] })
    expect((await fresh.ask('ann', 'GET', `${api}/stats?user_id=bob`)).status).toBe(403)
    for (const query of ['?window=soon', '?window=30d', '?window=1', '?by=owner'])
      expect((await fresh.ask('ann', 'GET', `${api}/stats${query}`)).status).toBe(400)
    await fresh.close()
  })

  test('counts are of what the caller may see', async () => {
    const counts = await aStage()
    await counts.submit('ann')
    await counts.submit('bob')
    expect(await read(await counts.ask('ann', 'GET', `${api}/jobs/stats/counts`))).toMatchObject({
      total: 1,
      counts: { pending: 1 },
    })
    expect(await read(await counts.ask('operator', 'GET', `${api}/jobs/stats/counts`))).toMatchObject({ total: 2 })
    await counts.close()
  })

  test('lookup answers only what changed, and calls foreign jobs missing', async () => {
    const [a, b, c] = [await stage.submit('ann'), await stage.submit('ann'), await stage.submit('bob')]
    const found = await read(
      await stage.ask('ann', 'POST', `${api}/jobs/lookup`, { ids: [a, b, c, 'absent'], revs: { [a]: 1 } }),
    )
    expect(found).toMatchObject({ items: [{ job_id: b }], unchanged: [a], missing: [c, 'absent'] })
  })
})

describe('control', () => {
  test('cancel: a waiting job at once, again 200; a running one is told; a finished one is refused', async () => {
    const id = await stage.submit('ann')
    const first = await stage.ask('ann', 'DELETE', `${api}/jobs/${id}`)
    expect([first.status, (await read(first))['status']]).toEqual([200, 'cancelled'])
    expect((await stage.ask('ann', 'POST', `${api}/jobs/${id}/cancel`)).status).toBe(200)
    const running = await stage.submit('ann', { priority: 10 })
    await stage.claim()
    const told = await stage.ask('ann', 'POST', `${api}/jobs/${running}/cancel`, { reason: 'changed my mind' })
    expect(told.status).toBe(202)
    expect(await read(told)).toMatchObject({
      status: 'processing',
      cancel_reason: 'changed my mind',
      cancel_requested_at: expect.any(String),
    })
    const done = await stage.submit('ann', { priority: 10 })
    await stage.complete()
    const late = await stage.ask('ann', 'DELETE', `${api}/jobs/${done}`)
    expect([late.status, (await read(late))['code']]).toEqual([409, 'job_finished'])
  })

  test('what may never be stored is refused in every body', async () => {
    const id = await stage.submit('ann')
    for (const reason of ['a\0b', '\ud800']) {
      const response = await stage.ask('ann', 'POST', `${api}/jobs/${id}/cancel`, { reason })
      expect([response.status, (await read(response))['code']]).toEqual([400, 'bad_request'])
    }
  })

  test('retry runs an ended job again under its id, rev goes on', async () => {
    const id = await stage.submit('ann', { priority: 10 })
    const early = await stage.ask('ann', 'POST', `${api}/jobs/${id}/retry`)
    expect([early.status, (await read(early))['code']]).toEqual([409, 'job_not_finished'])
    await stage.fail()
    const again = await stage.ask('ann', 'POST', `${api}/jobs/${id}/retry`, {})
    expect(again.status).toBe(202)
    expect(await read(again)).toMatchObject({ job_id: id, status: 'pending', rev: 4 })
    await stage.complete()
    const unknown = await stage.ask('ann', 'POST', `${api}/jobs/${id}/retry`, { from_step: 'x' })
    expect([unknown.status, await read(unknown)]).toMatchObject([400, { errors: [{ pointer: '/from_step' }] }])
  })

  test('result: bare JSON, or why there is none', async () => {
    const id = await stage.submit('ann', { priority: 10 })
    const early = await stage.ask('ann', 'GET', `${api}/jobs/${id}/result`)
    expect([early.status, (await read(early))['code']]).toEqual([409, 'job_not_finished'])
    await stage.complete({ url: 'x' })
    expect(await read(await stage.ask('ann', 'GET', `${api}/jobs/${id}/result`))).toEqual({ url: 'x' })
    const broken = await stage.submit('ann', { priority: 10 })
    await stage.fail()
    const none = await stage.ask('ann', 'GET', `${api}/jobs/${broken}/result`)
    expect([none.status, (await read(none))['code']]).toEqual([404, 'no_result'])
  })

  test('reading is not controlling', async () => {
    const id = await stage.submit('ann')
    const denied = await stage.ask('reader', 'DELETE', `${api}/jobs/${id}`)
    expect([denied.status, (await read(denied))['code']]).toEqual([403, 'insufficient_scope'])
  })

  test('owners see the log lines meant for them', async () => {
    const id = await stage.submit('ann', { priority: 10 })
    const { fence } = await stage.claim()
    const line = (message: string, audience: 'owner' | 'operator') =>
      ({ level: 'info', message, fields: null, attempt: 1, audience }) as const
    await stage.parts.engine.note([{ id, fence, logs: [line('hello', 'owner'), line('inside', 'operator')] }])
    const mine = await read(await stage.ask('ann', 'GET', `${api}/jobs/${id}/logs`))
    expect(mine).toMatchObject({ items: [{ message: 'hello' }], next_after: 2 })
    expect((await read(await stage.ask('operator', 'GET', `${api}/jobs/${id}/logs?after=1`)))['items']).toMatchObject([
      { message: 'inside' },
    ])
  })
})
