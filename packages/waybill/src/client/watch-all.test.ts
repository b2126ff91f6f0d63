// Watching many jobs over few connections.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { json, openStream, scripted, seen, view, type Scripted, type Send } from './scripted.fixture.ts'

let server: Scripted
beforeEach(async () => {
  server = await scripted()
})
afterEach(() => server.close())

const idsOf = (url: string | undefined) => new URL(`http://x${url}`).searchParams.get('jobs')?.split(',') ?? []
const lines = () => server.requests.map(({ line }) => line)

test('all watchers of a page share one stream', async () => {
  server.on(/\/events/, (_, response) => {
    const send = openStream(response)
    for (const id of ['a', 'b', 'c']) send('job', view({ job_id: id, status: 'completed' }))
  })
  const client = server.client()
  await Promise.all([
    ...['a', 'b', 'c', 'a'].map((id) => seen(client.watch(id))),
    seen(client.watchAll({ jobs: ['b', 'c'] })),
  ])
  expect(lines()).toEqual(['GET /events?jobs=a,b,c'])
})

test('a job that is watched later joins the stream; who watches one that is known sees it at once', async () => {
  const streams = new Set<Send>()
  server.on(/\/events/, (request, response) => {
    const send = openStream(response)
    streams.add(send)
    response.on('close', () => streams.delete(send))
    for (const id of idsOf(request.url)) send('job', view({ job_id: id, status: 'processing' }))
  })
  const client = server.client()
  const states: string[] = []
  for await (const { id, rev } of client.watch('a')) {
    states.push(`${id} ${rev}`)
    if (rev === 2) break
    for await (const again of client.watch('a')) {
      states.push(`again ${again.rev}`)
      break
    }
    for await (const other of client.watch('b')) {
      states.push(`${other.id} ${other.rev}`)
      break
    }
    for (const send of streams) send('job', view({ job_id: 'a', rev: 2, status: 'processing' }))
  }
  expect(states).toEqual(['a 1', 'again 1', 'b 1', 'a 2'])
  expect(lines()).toEqual(['GET /events?jobs=a', 'GET /events?jobs=a,b'])
})

test('jobs that are added one after another do not keep a slow stream from opening', async () => {
  let answered = 0
  server.on(/\/events/, (request, response) => {
    setTimeout(() => {
      answered++
      const send = openStream(response)
      for (const id of idsOf(request.url)) send('job', view({ job_id: id, status: 'completed' }))
    }, 60)
  })
  const client = server.client()
  const watching: Promise<string[]>[] = []
  for (let i = 0; i < 20; i++) {
    watching.push(seen(client.watch(`j${i}`)))
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  await Promise.all(watching)
  expect(answered).toBe(server.requests.length)
})

test('more than 200 jobs take more than one stream', async () => {
  server.on(/\/events/, (request, response) => {
    const send = openStream(response)
    for (const id of idsOf(request.url)) send('job', view({ job_id: id, status: 'completed' }))
  })
  const jobs = Array.from({ length: 450 }, (_, i) => `j${i}`)
  expect(await seen(server.client().watchAll({ jobs }))).toHaveLength(450)
  expect(lines().map((line) => idsOf(line.slice(4)).length)).toEqual([200, 200, 50])
})

describe('all of some jobs', () => {
  test('the loop ends when each has ended or is gone, and those gone are told apart', async () => {
    server.on(/\/events/, (_, response) => {
      const send = openStream(response)
      send('gone', { job_id: 'b' })
      send('job', view({ job_id: 'a', status: 'processing' }))
      setTimeout(() => send('job', view({ job_id: 'a', rev: 2, status: 'completed' })), 30)
    })
    server.on(/\/jobs\/b/, (_, response) => json(response, 404, { code: 'not_found', detail: 'no job b' }))
    const gone: string[] = []
    const client = server.client()
    const states = await seen(
      client.watchAll({ jobs: ['a', 'b'], onGone: (id, { code }) => gone.push(`${id} ${code}`) }),
    )
    expect(states).toEqual(['1 processing', '2 completed'])
    expect(gone).toEqual(['b not_found'])
    expect(await seen(client.watchAll({ jobs: [] }))).toEqual([])
    expect(client.connection).toBe('idle')
  })

  test('without streams, one lookup a round asks for what has changed', async () => {
    server.on(/\/events/, (_, response) => response.writeHead(405).end())
    let rounds = 0
    server.on(/\/jobs\/lookup/, (_, response) => {
      const rev = ++rounds
      const status = rev === 3 ? 'completed' : 'processing'
      if (rev === 2) return json(response, 200, { items: [], unchanged: ['a', 'b'], missing: [] })
      json(response, 200, {
        items: ['a', 'b'].map((job_id) => view({ job_id, rev, status })),
        unchanged: [],
        missing: [],
      })
    })
    await seen(server.client().watchAll({ jobs: ['a', 'b'] }))
    const asked = server.requests.filter(({ line }) => line.endsWith('lookup')).map(({ body }) => body)
    expect(asked).toEqual([0, 1, 1].map((rev) => `{"ids":["a","b"],"revs":{"a":${rev},"b":${rev}}}`))
  })
})

describe('all that fit a filter', () => {
  test('new jobs are told of too, and only the caller ends the loop', async () => {
    server.on(/\/events/, (_, response) => {
      const send = openStream(response)
      send('job', view({ job_id: 'a', status: 'completed' }))
      send('sync', {})
      setTimeout(() => send('job', view({ job_id: 'a', status: 'completed' })), 10)
      setTimeout(() => send('job', view({ job_id: 'new' })), 20)
    })
    const told: string[] = []
    for await (const { id } of server.client().watchAll({ userId: 'me', queue: 'videos' })) {
      told.push(id)
      if (id === 'new') break
    }
    expect(told).toEqual(['a', 'new'])
    expect(lines()).toEqual(['GET /events?user_id=me&queue=videos'])
  })

  test('without streams, the newest page is asked for, and the unfinished jobs that are not on it', async () => {
    server.on(/\/events/, (_, response) => response.writeHead(405).end())
    let pages = 0
    server.on(/\/jobs\?/, (_, response) => {
      const items = ++pages === 1 ? [view({ job_id: 'old' })] : [view({ job_id: 'new' })]
      json(response, 200, { items, next_cursor: null })
    })
    server.on(/\/jobs\/lookup/, (_, response) =>
      json(response, 200, {
        items: [view({ job_id: 'old', rev: 2, status: 'completed' })],
        unchanged: [],
        missing: [],
      }),
    )
    const told: string[] = []
    for await (const { id, rev } of server.client().watchAll({ userId: 'me' })) {
      told.push(`${id} ${rev}`)
      if (told.length === 3) break
    }
    expect(told).toEqual(['old 1', 'new 1', 'old 2'])
    expect(lines()).toContain('GET /jobs?user_id=me&limit=200')
  })

  test('a consumer that takes nothing has no more than 1,000 jobs and a little brought to it', async () => {
    let written = 0
    server.on(/\/events/, (_, response) => {
      openStream(response)
      const padding = 'x'.repeat(2_000)
      const more = () => {
        while (written < 50_000) {
          const data = JSON.stringify(view({ job_id: `j${written++}`, progress_message: padding }))
          if (!response.write(`event: job\ndata: ${data}\n\n`)) return void response.once('drain', more)
        }
      }
      more()
    })
    const told = new Set<string>()
    let before = -1
    for await (const { id } of server.client().watchAll({ userId: 'me' })) {
      told.add(id)
      while (before !== written) {
        before = written
        await new Promise((resolve) => setTimeout(resolve, 100)) // until no more is taken from the server
      }
      expect(written).toBeLessThan(20_000)
      if (told.size > 1_500) break
    }
    expect(told.size).toBe(1_501)
  })

  test('no filter at all is refused', () => {
    expect(() => server.client().watchAll({})).toThrow('say what to watch')
  })
})
