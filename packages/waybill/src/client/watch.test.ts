// Watching one job through everything that networks and servers do: only its end, or its absence, ends the loop.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Nudge } from './env.ts'
import type { Connection } from './index.ts'
import {
  hasty,
  json,
  openStream,
  scripted,
  seen,
  view,
  type Answer,
  type Scripted,
  type Send,
} from './scripted.fixture.ts'

let server: Scripted
beforeEach(async () => {
  server = await scripted()
})
afterEach(() => server.close())

/** Streams that do what `each` says of the nth connection. */
function streams(each: (n: number, send: Send, response: Parameters<Answer>[1]) => void, heartbeatMs = 15_000): void {
  let n = 0
  server.on(/\/events/, (_, response) => each(++n, openStream(response, heartbeatMs), response))
}

const lines = (start: string) => server.requests.map(({ line }) => line).filter((line) => line.startsWith(start))

describe('a stream', () => {
  test('tells every state, and the end state ends it', async () => {
    streams((_, send) => {
      send('job', view({ rev: 2, status: 'processing' }))
      send('sync', {})
      setTimeout(() => send('progress', { job_id: 'j1', rev: 4, progress: 0.5, progress_message: 'half' }), 20)
      setTimeout(() => send('job', view({ rev: 5, status: 'completed', progress: 1, result: { ok: true } })), 40)
    })
    expect(await seen(server.client().watch('j1'))).toEqual(['2 processing', '4 processing 0.5', '5 completed 1'])
    expect(server.requests).toHaveLength(1)
  })

  test('never goes backwards', async () => {
    streams((_, send) => {
      send('job', view({ rev: 5, status: 'processing' }))
      setTimeout(() => {
        send('job', view({ rev: 4 }))
        send('progress', { job_id: 'j1', rev: 5, progress: 0.1 })
      }, 20)
      setTimeout(() => send('job', view({ rev: 6, status: 'failed' })), 40)
    })
    expect(await seen(server.client().watch('j1'))).toEqual(['5 processing', '6 failed'])
  })

  test('that is cut, says bye or ends within an event ends nothing: the client comes back and resumes where it was', async () => {
    streams((n, send, response) => {
      if (n === 1) {
        send('job', view({ rev: 2, status: 'processing' }), '17')
        response.write('event: job\ndata: {"job_id":"j1","rev":9,"status":"completed"}\n') // and no blank line
        setTimeout(() => response.destroy(), 20)
      } else if (n === 2) {
        send('bye', { reason: 'shutdown' })
        response.end()
      } else send('job', view({ rev: 3, status: 'completed' }))
    })
    expect(await seen(server.client().watch('j1'))).toEqual(['2 processing', '3 completed'])
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual([undefined, '17', '17'])
  })

  test('that falls silent is given up by its heartbeat', async () => {
    streams((n, send) => n > 1 && send('job', view({ status: 'cancelled' })), 20)
    expect(await seen(server.client().watch('j1'))).toEqual(['1 cancelled'])
  })

  test('that sends what is no job is opened anew', async () => {
    streams((n, send, response) => {
      if (n === 1) response.write('event: job\ndata: <html>\n\n')
      else if (n === 2) send('job', { hello: 'world' })
      else send('job', view({ status: 'completed' }))
    })
    expect(await seen(server.client().watch('j1'))).toEqual(['1 completed'])
  })

  test('whose progress belongs to a change that was missed has the whole job read', async () => {
    server.on(/\/jobs\/j1/, (_, response) =>
      json(response, 200, view({ rev: 8, status: 'processing', progress: 0.1, attempt: 2 })),
    )
    let send: Send = () => {}
    streams((_, its) => {
      send = its
      send('job', view({ rev: 1 }))
    })
    const states: string[] = []
    for await (const { rev, status, progress, attempt } of server.client().watch('j1')) {
      states.push(`${rev} ${status} ${progress} ${attempt ?? '-'}`)
      if (rev === 1) send('progress', { job_id: 'j1', rev: 7, progress: 0.05 }) // it was pending when last seen
      if (rev === 8) send('job', view({ rev: 9, status: 'processing', progress: 0.9 }))
      if (rev === 9) {
        server.on(/\/jobs\/j1/, (_, response) =>
          json(response, 200, view({ rev: 12, status: 'completed', progress: 1 })),
        )
        send('progress', { job_id: 'j1', rev: 11, progress: 0.1 }) // it falls: another attempt
      }
    }
    expect(states).toEqual(['1 pending null -', '8 processing 0.1 2', '9 processing 0.9 -', '12 completed 1 -'])
  })

  test('gives a slow consumer the newest state, not a queue of old ones', async () => {
    streams((_, send) => {
      for (let rev = 1; rev <= 500; rev++) send('job', view({ rev, status: 'processing' }))
      send('job', view({ rev: 501, status: 'completed' }))
    })
    const states: number[] = []
    for await (const job of server.client().watch('j1')) {
      states.push(job.rev)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    expect(states.at(-1)).toBe(501)
    expect(states.length).toBeLessThan(10)
  })

  test('ends with the caller’s signal, quietly; waiting for the end of a job does not', async () => {
    streams((_, send) => send('job', view()))
    const stop = new AbortController()
    const client = server.client()
    const states: number[] = []
    for await (const job of client.watch('j1', { signal: stop.signal })) {
      states.push(job.rev)
      stop.abort()
    }
    expect(states).toEqual([1])
    await expect(client.ended('j1', { signal: stop.signal })).rejects.toThrow('abort')
    expect(client.connection).toBe('idle')
  })
})

describe('a job that is not there', () => {
  test('ends the watch with an error that says why', async () => {
    streams((_, send) => send('gone', { job_id: 'j1' }))
    server.on(/\/jobs\/j1/, (_, response) => json(response, 410, { code: 'job_expired', detail: 'erased' }))
    await expect(seen(server.client().watch('j1'))).rejects.toMatchObject({ code: 'job_expired', status: 410 })
  })

  test('is not there also when nobody says why', async () => {
    streams((_, send) => send('gone', { job_id: 'j1' }))
    server.on(/\/jobs\/j1/, (_, response) => void response.destroy())
    await expect(seen(server.client().watch('j1'))).rejects.toMatchObject({ code: 'not_found', status: 404 })
  })

  test('is found out by asking, too', async () => {
    server.on(/\/events/, (_, response) => json(response, 404, { code: 'not_found', detail: 'no such path' }))
    server.on(/\/jobs\/j1/, (_, response) => json(response, 404, { code: 'not_found', detail: 'no job j1' }))
    await expect(seen(server.client().watch('j1'))).rejects.toMatchObject({ detail: 'no job j1' })
  })

  test('cannot be meant by what is no id', async () => {
    await expect(seen(server.client().watch('a,b'))).rejects.toMatchObject({ code: 'bad_request' })
    expect(server.requests).toEqual([])
  })

  test('and an address that is not the API’s is an error, not an endless wait', async () => {
    await expect(seen(server.client().watch('j1'))).rejects.toMatchObject({ code: 'http_404' })
  })
})

describe('where streams do not come through', () => {
  /** The nth question about j1 is answered by `each`. */
  const questions = (each: (n: number, response: Parameters<Answer>[1]) => void) => {
    let n = 0
    server.on(/\/jobs\/j1/, (_, response) => each(++n, response))
  }
  const tell = (response: Parameters<Answer>[1], rev: number, last: number) =>
    json(response, 200, view({ rev, status: rev === last ? 'completed' : 'processing' }), { etag: `W/"${rev}-o"` })

  test('because a proxy holds every byte, long polls take over at once', async () => {
    server.on(/\/events/, (_, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    )
    questions((n, response) => tell(response, n, 3))
    const client = server.client()
    const ways: Connection[] = []
    client.onConnection((way) => ways.push(way))
    expect((await seen(client.watch('j1'))).at(-1)).toBe('3 completed')
    await Promise.resolve()
    expect(ways).toEqual(['connecting', 'polling', 'idle'])
    expect(lines('GET /jobs/j1')).toEqual(['GET /jobs/j1', 'GET /jobs/j1?wait=25', 'GET /jobs/j1?wait=25'])
  })

  test('because they are always cut, long polls take over after three', async () => {
    streams((_, _send, response) => response.destroy())
    questions((n, response) => tell(response, n, 2))
    expect(await seen(server.client().watch('j1'))).toEqual(['1 processing', '2 completed'])
    expect(lines('GET /events').length).toBeGreaterThanOrEqual(3)
  })

  test('because what comes is no stream, long polls take over at once', async () => {
    server.on(/\/events/, (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
    questions((n, response) => tell(response, n, 2))
    expect(await seen(server.client().watch('j1'))).toEqual(['1 processing', '2 completed'])
    expect(lines('GET').slice(0, 2)).toEqual(['GET /events?jobs=j1', 'GET /jobs/j1'])
  })

  test('because something resets them, while questions are answered, long polls take over', async () => {
    server.on(/\/events/, (_, response) => void response.destroy())
    questions((n, response) => tell(response, n, 2))
    expect(await seen(server.client().watch('j1'))).toEqual(['1 processing', '2 completed'])
  })

  test('an outage proves nothing against long polls either', async () => {
    server.on(/\/events/, (_, response) => response.writeHead(405).end())
    questions((n, response) => {
      if (n > 1 && n < 8) response.destroy()
      else tell(response, n, 9)
    })
    expect((await seen(server.client().watch('j1'))).at(-1)).toBe('9 completed')
    expect(lines('GET /jobs/j1').at(-1)).toBe('GET /jobs/j1?wait=25')
  })

  test('nor long polls, it asks at the server’s pace, and only for what is new', async () => {
    server.on(/\/events/, (_, response) => response.writeHead(405).end())
    const tags: (string | undefined)[] = []
    server.on(/\/jobs\/j1/, (request, response) => {
      if (request.url?.includes('wait')) return void response.destroy()
      tags.push(request.headers['if-none-match'])
      if (tags.length === 1) tell(response, 1, 9)
      else if (tags.length < 4) response.writeHead(304, { 'retry-after': '1' }).end()
      else tell(response, 9, 9)
    })
    expect(await seen(server.client().watch('j1'))).toEqual(['1 processing', '9 completed'])
    expect(tags).toEqual([undefined, 'W/"1-o"', 'W/"1-o"', 'W/"1-o"'])
  })

  test('the stream is tried again, and polling ends when it says hello', async () => {
    let polls = 0
    streams((n, send, response) => {
      if (n <= 3) return void response.destroy()
      setTimeout(() => send('job', view({ rev: 90, status: 'completed' })), 30)
    })
    questions((n, response) => {
      polls = n
      response.on('close', () => {})
      if (n === 1) tell(response, 1, 0)
    })
    const client = server.client()
    const ways: Connection[] = []
    client.onConnection((way) => ways.push(way))
    expect(await seen(client.watch('j1'))).toEqual(['1 processing', '90 completed'])
    expect(ways.indexOf('live', ways.indexOf('polling'))).toBeGreaterThan(0)
    expect(polls).toBeLessThan(5)
  })

  test('a stranger’s refusal or page, once the job has been seen, is weather', async () => {
    server.on(/\/events/, (_, response) => response.writeHead(405).end())
    questions((n, response) => {
      if (n === 2) response.writeHead(404).end('default backend')
      else if (n === 3) response.writeHead(200).end('<html>')
      else tell(response, n, 4)
    })
    expect(await seen(server.client().watch('j1'))).toEqual(['1 processing', '4 completed'])
  })
})

describe('an outage', () => {
  /** Whoever asks is cut off, until `n` streams have been asked for. */
  const downFor = (n: number) => {
    let streams = 0
    server.on(/./, (request, response) => {
      if (request.url?.includes('/events') && ++streams > n)
        return openStream(response)('job', view({ rev: 9, status: 'completed' }))
      response.destroy()
    })
  }

  test('however long, proves nothing against streams: they are tried again, at least every 5 s', async () => {
    downFor(12)
    const waits: number[] = []
    const env = {
      ...hasty,
      random: () => 1,
      after: (ms: number, fn: () => void) => (waits.push(ms), hasty.after(ms, fn)),
    }
    const client = server.client({ env })
    const ways: Connection[] = []
    client.onConnection((way) => ways.push(way))
    expect(await seen(client.watch('j1'))).toEqual(['9 completed'])
    expect(ways).toEqual(['connecting', 'offline', 'live', 'idle'])
    expect(lines('GET /events')).toHaveLength(13)
    const deadlines = [30_000, 40_000, 15_000 * 2.5]
    expect(Math.max(...waits.filter((ms) => !deadlines.includes(ms)))).toBe(5_000)
  })

  test('that a proxy tells of (502, 504) is one too', async () => {
    let n = 0
    server.on(/./, (_, response) => {
      if (++n > 12) openStream(response)('job', view({ status: 'completed' }))
      else response.writeHead(n % 2 ? 502 : 504).end('<h1>bad gateway</h1>')
    })
    const client = server.client()
    const ways: Connection[] = []
    client.onConnection((way) => ways.push(way))
    await seen(client.watch('j1'))
    expect(ways).toEqual(['connecting', 'offline', 'live', 'idle'])
  })

  test('while polling ends with a stream, not with a minute of polls', async () => {
    let up = true
    let streams = 0
    server.on(/\/events/, (_, response) => {
      if (!up) response.destroy()
      else if (++streams === 1) response.writeHead(405).end()
      else openStream(response)('job', view({ rev: 2, status: 'completed' }))
    })
    server.on(/\/jobs\/j1/, (_, response) => {
      if (up) json(response, 200, view())
      else response.destroy()
    })
    // The next try of the stream, 30 s or more away, never comes by itself.
    const env = {
      ...hasty,
      after: (ms: number, fn: () => void) => (ms === 30_000 ? () => {} : hasty.after(ms, fn)),
    }
    const client = server.client({ env })
    let came: Connection = 'idle'
    client.onConnection((way) => {
      if (way === 'polling') up = came === 'offline'
      if (way === 'offline') up = true
      came = way
    })
    expect(await seen(client.watch('j1'))).toContain('2 completed')
  })
})

describe('the connection', () => {
  test('is offline while nobody answers, and a nudge by the network ends the wait', async () => {
    let nudge: (nudge: Nudge) => void = () => {}
    let listening = 0
    const env = {
      ...hasty,
      // The backoff never ends by itself.
      after: (ms: number, fn: () => void) => (ms > 100 && ms < 1_000 ? () => {} : hasty.after(ms, fn)),
      onNudge(fn: (nudge: Nudge) => void) {
        listening++
        nudge = fn
        return () => void listening--
      },
    }
    let up = false
    server.on(/\/events/, (_, response) => {
      if (up) openStream(response)('job', view({ status: 'completed' }))
      else response.destroy()
    })
    const client = server.client({ env })
    client.onConnection((way) => {
      if (way !== 'offline') return
      up = true
      nudge('shown')
    })
    expect(await seen(client.watch('j1'))).toEqual(['1 completed'])
    expect(listening).toBe(0)
  })

  test('is made anew when the network has changed, however sound it looks', async () => {
    let nudge: (nudge: Nudge) => void = () => {}
    const env = { ...hasty, onNudge: (fn: typeof nudge) => ((nudge = fn), () => {}) }
    streams((n, send) => {
      send('job', view({ rev: n, status: n === 2 ? 'completed' : 'processing' }))
      if (n === 1) setTimeout(() => nudge('network'), 20)
    })
    expect(await seen(server.client({ env }).watch('j1'))).toEqual(['1 processing', '2 completed'])
  })
})
