// The client against a server that misbehaves in every way that networks and servers do.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WaybillClient, type Connection, type Job } from './index.ts'
import { json, openStream, scripted, view, type Scripted } from './scripted.fixture.ts'

let server: Scripted
beforeEach(async () => {
  server = await scripted()
})
afterEach(() => server.close())

// Waits that the client makes are cut short, so that what takes minutes in life takes milliseconds here.
const hasty = {
  after: (ms: number, fn: () => void) => stopper(setTimeout(fn, Math.min(ms, ms > 1_000 ? 150 : 5))),
  random: () => 0.5,
}
function stopper(timer: ReturnType<typeof setTimeout>): () => void {
  return () => clearTimeout(timer)
}

function client(more: Partial<ConstructorParameters<typeof WaybillClient>[0]> = {}): WaybillClient {
  return new WaybillClient({ url: server.url, env: hasty, ...more })
}

async function seen(watching: AsyncIterable<Job>): Promise<string[]> {
  const states: string[] = []
  for await (const job of watching)
    states.push(`${job.rev} ${job.status}${job.progress === null ? '' : ` ${job.progress}`}`)
  return states
}

describe('watching', () => {
  test('the stream tells every state, and the end state ends it', async () => {
    server.on(/\/events/, (_, response) => {
      const send = openStream(response)
      send('job', view())
      send('sync', {})
      setTimeout(() => send('progress', { job_id: 'j1', rev: 3, progress: 0.5 }), 20)
      setTimeout(() => send('job', view({ rev: 4, status: 'completed', progress: 1, result: { ok: true } })), 40)
    })
    expect(await seen(client().watch('j1'))).toEqual(['1 pending', '3 pending 0.5', '4 completed 1'])
  })

  test('what is not newer is dropped', async () => {
    server.on(/\/events/, (_, response) => {
      const send = openStream(response)
      send('job', view({ rev: 5, status: 'processing' }))
      send('job', view({ rev: 4 }))
      send('progress', { job_id: 'j1', rev: 5, progress: 0.1 })
      send('job', view({ rev: 6, status: 'failed' }))
    })
    const states = await seen(client().watch('j1'))
    expect(states.at(-1)).toBe('6 failed')
    expect(states).not.toContain('4 pending')
  })

  test('a closed socket, a bye and a restart are no end: the client comes back and resumes where it was', async () => {
    let connections = 0
    server.on(/\/events/, (_, response) => {
      const send = openStream(response)
      connections++
      if (connections === 1) {
        send('job', view({ rev: 2, status: 'processing' }), '17')
        setTimeout(() => response.destroy(), 20)
      } else if (connections === 2) {
        send('bye', { reason: 'shutdown' })
        response.end()
      } else send('job', view({ rev: 3, status: 'completed' }))
    })
    expect(await seen(client().watch('j1'))).toEqual(['2 processing', '3 completed'])
    expect(server.requests[1]?.lastEventId).toBe('17')
  })

  test('a stream that falls silent is given up by its heartbeat', async () => {
    let connections = 0
    server.on(/\/events/, (_, response) => {
      const send = openStream(response, 20)
      if (++connections > 1) send('job', view({ status: 'cancelled' }))
    })
    expect(await seen(client().watch('j1'))).toEqual(['1 cancelled'])
    expect(connections).toBe(2)
  })

  test('where streams do not come through, it polls instead, and says so', async () => {
    const ways: Connection[] = []
    server.on(/\/events/, (_, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    ) // a proxy that holds every byte
    let asked = 0
    server.on(/\/jobs\/j1/, (_, response) => {
      asked++
      json(response, 200, view({ rev: asked, status: asked === 3 ? 'completed' : 'processing' }), {
        etag: `W/"${asked}-o"`,
      })
    })
    const states = await seen(client({ onConnection: (way) => ways.push(way) }).watch('j1'))
    expect(states.at(-1)).toBe('3 completed')
    expect(ways).toContain('polling')
    expect(server.requests.filter(({ line }) => line.includes('wait=25')).length).toBeGreaterThan(0)
  })

  test('the token factory is asked again when the server no longer takes its token', async () => {
    server.on(/\/events/, (request, response) => {
      if (request.headers.authorization !== 'Bearer fresh')
        return json(response, 401, { code: 'token_expired', detail: 'expired' })
      openStream(response)('job', view({ status: 'completed' }))
    })
    const tokens = ['stale', 'fresh']
    expect(await seen(client({ token: () => tokens.shift() ?? 'none' }).watch('j1'))).toEqual(['1 completed'])
  })

  test('a token that stays refused, and a job that is not there, end the watching with an error', async () => {
    server.on(/\/events/, (_, response) => json(response, 401, { code: 'unauthenticated', detail: 'who are you?' }))
    await expect(seen(client({ token: 'wrong' }).watch('j1'))).rejects.toMatchObject({
      code: 'unauthenticated',
      status: 401,
    })
    server.on(/\/events/, (_, response) => openStream(response)('gone', { job_id: 'j1' }))
    await expect(seen(client().watch('j1'))).rejects.toMatchObject({ code: 'not_found' })
  })

  test('all watchers of a page share one stream', async () => {
    server.on(/\/events/, (_, response) => {
      const send = openStream(response)
      for (const id of ['a', 'b', 'c']) send('job', view({ job_id: id, status: 'completed' }))
    })
    const one = client()
    await Promise.all(['a', 'b', 'c'].map((id) => seen(one.watch(id))))
    expect(server.requests.map(({ line }) => line)).toEqual(['GET /api/v1/events?jobs=a,b,c'])
  })

  test('a consumer that is slow gets the newest state, not a queue of old ones', async () => {
    server.on(/\/events/, (_, response) => {
      const send = openStream(response)
      for (let rev = 1; rev <= 500; rev++) send('job', view({ rev, status: 'processing' }))
      send('job', view({ rev: 501, status: 'completed' }))
    })
    const states: number[] = []
    for await (const job of client().watch('j1')) {
      states.push(job.rev)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    expect(states.at(-1)).toBe(501)
    expect(states.length).toBeLessThan(10)
  })

  test('an aborted signal ends the watching without an error', async () => {
    server.on(/\/events/, (_, response) => openStream(response)('job', view()))
    const stop = new AbortController()
    const states: number[] = []
    for await (const job of client().watch('j1', { signal: stop.signal })) {
      states.push(job.rev)
      stop.abort()
    }
    expect(states).toEqual([1])
  })
})

describe('asking', () => {
  test('views come in camelCase, and what is the application’s own is left as it is', async () => {
    server.on(/\/jobs\/j1/, (_, response) =>
      json(response, 200, view({ progress_message: 'x', metadata: { my_key: 1 }, result: { some_url: 'y' } })),
    )
    expect(await client().get('j1')).toMatchObject({
      id: 'j1',
      progressMessage: 'x',
      metadata: { my_key: 1 },
      result: { some_url: 'y' },
    })
  })

  test('a submit whose reply was lost is sent again under the same key', async () => {
    let tries = 0
    server.on(/\/jobs$/, (request, response) => {
      if (++tries === 1) return void response.destroy()
      json(response, 202, view({ job_id: String(request.headers['idempotency-key']) }))
    })
    const job = await client().submit('t', { a: 1 }, { delayMs: 5 })
    expect(job.id).toMatch(/^[\da-f-]{36}$/)
    expect(server.requests.map(({ body }) => body)).toEqual(Array(2).fill('{"type":"t","input":{"a":1},"delay_ms":5}'))
  })

  test('a busy server is asked again, a refusal is an error that says what was wrong', async () => {
    let tries = 0
    server.on(/\/jobs\/j1/, (_, response) =>
      ++tries < 3
        ? json(response, 503, { code: 'engine_unavailable' }, { 'retry-after': '0' })
        : json(response, 200, view()),
    )
    expect((await client().get('j1')).id).toBe('j1')
    server.on(/\/jobs$/, (_, response) =>
      json(response, 422, {
        code: 'invalid_input',
        detail: 'no',
        request_id: 'r',
        errors: [{ pointer: '/input/a', detail: 'missing' }],
      }),
    )
    await expect(client().submit('t', {})).rejects.toMatchObject({
      code: 'invalid_input',
      status: 422,
      requestId: 'r',
      errors: [{ pointer: '/input/a' }],
    })
  })

  test('a cancel is never sent twice by itself', async () => {
    server.on(/cancel/, (_, response) => void response.destroy())
    await expect(client().cancel('j1')).rejects.toMatchObject({ code: 'network' })
    expect(server.requests).toHaveLength(1)
  })
})
