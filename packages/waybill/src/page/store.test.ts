// What a page watches through one client: shared, lingering, asleep when hidden, and never going back.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { json, openStream, scripted, view, type Scripted, type Send } from '../client/scripted.fixture.ts'
import { FakePage } from './page.fixture.ts'
import { JobStore, storeOf } from './store.ts'
import { together } from './together.ts'

let server: Scripted
let page: FakePage
let store: JobStore
let streams: { send: Send; response: ServerResponse; closed: Promise<unknown> }[]

beforeEach(async () => {
  server = await scripted()
  page = new FakePage()
  streams = []
  store = new JobStore(server.client({ env: {} }), page)
  server.on(/\/events/, (_, response) => {
    streams.push({ response, send: openStream(response), closed: once(response, 'close') })
  })
})
afterEach(async () => {
  page.pass(Number.POSITIVE_INFINITY)
  await server.close()
})

/** Resolves when the store has told of a state that fits. */
function until<T>(look: (listener: () => void) => () => void, read: () => T, fits: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      if (fits(read())) resolve(read())
    }
    look(check)
    check()
  })
}

const untilJob = (id: string, fits: (snapshot: ReturnType<JobStore['snapshot']>) => boolean) =>
  until(
    (listener) => store.subscribe(id, listener),
    () => store.snapshot(id),
    fits,
  )
const untilStream = (n: number) => expect.poll(() => streams.length, { timeout: 10_000 }).toBe(n)
const asked = (start: string) => server.requests.filter(({ line }) => line.startsWith(start)).length

describe('a job', () => {
  test('is one object until something changes', async () => {
    expect(store.snapshot('j1')).toBe(store.snapshot('j2'))
    const leave = store.subscribe('j1', () => {})
    await untilStream(1)
    streams[0]?.send('job', view({ status: 'processing', progress: 0.5 }))
    const seen = await untilJob('j1', ({ value }) => value?.progress === 0.5)
    expect(seen).toMatchObject({ connection: 'live', error: null })
    server.on(/cancel/, (_, response) => json(response, 202, view({ status: 'processing', progress: 0.1 })))
    await store.cancel('j1')
    expect(store.snapshot('j1')).toBe(seen)
    leave()
  })

  test('is watched once, however many look, also when one looks twice with one function', async () => {
    let calls = 0
    const count = () => void calls++
    const leaves = [store.subscribe('j1', count), store.subscribe('j1', count), store.subscribe('j1', () => {})]
    await untilStream(1)
    leaves[0]?.()
    const before = calls
    streams[0]?.send('job', view({ status: 'completed' }))
    await untilJob('j1', ({ value }) => value?.status === 'completed')
    expect(calls).toBeGreaterThan(before)
    expect(asked('GET /events')).toBe(1)
  })

  test('that has ended leaves the connection idle', async () => {
    const ended = untilJob('j1', ({ connection, value }) => connection === 'idle' && value !== null)
    await untilStream(1)
    streams[0]?.send('job', view({ status: 'completed' }))
    expect((await ended).value?.status).toBe('completed')
  })

  test('that is not there is said to be so', async () => {
    server.on(/\/jobs\/j1/, (_, response) => json(response, 404, { code: 'not_found', detail: 'no job j1' }))
    const failed = untilJob('j1', ({ error }) => error !== null)
    await untilStream(1)
    streams[0]?.send('gone', { job_id: 'j1' })
    expect(await failed).toMatchObject({ value: null, connection: 'idle', error: { code: 'not_found' } })
  })

  test('of a refused caller is unauthorized, and asked for again when the page is shown again', async () => {
    server.on(/\/events/, (_, response) => json(response, 401, { code: 'unauthenticated', detail: 'who are you?' }))
    const completed = untilJob('j1', ({ value }) => value?.status === 'completed')
    await untilJob('j1', ({ connection }) => connection === 'unauthorized')
    server.on(/\/events/, (_, response) => openStream(response)('job', view({ status: 'completed' })))
    page.hide(true)
    page.hide(false)
    expect(await completed).toMatchObject({ error: null })
  })
})

describe('when nobody looks any more', () => {
  test('the stream stays for some seconds, and whoever comes back finds it', async () => {
    store.subscribe('j1', () => {})()
    const leave = store.subscribe('j1', () => {})
    await untilStream(1)
    leave()
    expect([...page.waits.values()].map(({ ms }) => ms)).toEqual([5_000])
    store.subscribe('j1', () => {})
    expect(page.waits.size).toBe(0)
    expect(asked('GET /events')).toBe(1)
  })

  test('it is closed after that, and nothing is left', async () => {
    const leave = store.subscribe('j1', () => {})
    await untilStream(1)
    leave()
    page.pass(5_000)
    await streams[0]?.closed
    expect([page.listeners, page.waits.size, store.client.connection]).toEqual([0, 0, 'idle'])
  })
})

describe('a hidden page', () => {
  const seen = async () => {
    store.subscribe('j1', () => {})
    await untilStream(1)
    streams[0]?.send('job', view({ rev: 4, status: 'processing', progress: 0.5 }))
    await untilJob('j1', ({ value }) => value?.rev === 4)
  }

  test('keeps its stream for minutes, then closes it, and keeps what it knows', async () => {
    await seen()
    page.hide(true)
    expect([...page.waits.values()].map(({ ms }) => ms)).toEqual([300_000])
    page.pass(300_000)
    await streams[0]?.closed
    expect(store.snapshot('j1').value?.progress).toBe(0.5)
  })

  test('catches up when it is shown again, and never goes back', async () => {
    await seen()
    page.hide(true)
    page.pass(300_000)
    await streams[0]?.closed
    page.hide(false)
    await untilStream(2)
    store.subscribe('j2', () => {})
    await untilStream(3)
    streams[2]?.send('job', view({ rev: 3, status: 'processing', progress: 0.1 }))
    streams[2]?.send('job', view({ job_id: 'j2' }))
    await untilJob('j2', ({ value }) => value !== null)
    expect(store.snapshot('j1').value?.rev).toBe(4)
    streams[2]?.send('job', view({ rev: 9, status: 'completed', progress: 1 }))
    await untilJob('j1', ({ value }) => value?.status === 'completed')
  })

  test('that is shown again soon has lost nothing', async () => {
    await seen()
    page.hide(true)
    page.hide(false)
    expect(page.waits.size).toBe(0)
    expect(asked('GET /events')).toBe(1)
  })
})

describe('what is done to a job', () => {
  test('is seen at once; a retried one is watched again', async () => {
    const ended = untilJob('j1', ({ connection, value }) => connection === 'idle' && value !== null)
    await untilStream(1)
    streams[0]?.send('job', view({ rev: 3, status: 'failed' }))
    await ended
    server.on(/retry/, (_, response) => json(response, 202, view({ rev: 4, status: 'pending' })))
    await store.retry('j1')
    expect(store.snapshot('j1').value?.status).toBe('pending')
    await untilStream(2)
    streams[1]?.send('job', view({ rev: 5, status: 'processing' }))
    await untilJob('j1', ({ value }) => value?.rev === 5)
    server.on(/cancel/, (_, response) => json(response, 200, view({ rev: 6, status: 'cancelled' })))
    await store.cancel('j1')
    expect(store.snapshot('j1').value?.status).toBe('cancelled')
  })

  test('is an error when the server refuses it', async () => {
    server.on(/cancel/, (_, response) => json(response, 409, { code: 'job_finished', detail: 'it has ended' }))
    await expect(store.cancel('j1')).rejects.toMatchObject({ code: 'job_finished' })
  })
})

describe('lists', () => {
  test('of a filter are the newest first, and what is gone leaves', async () => {
    const filter = { userId: 'me' }
    const ids = () => store.list(filter).value.map(({ id }) => id)
    const untilIds = (text: string) =>
      until(
        (listener) => store.subscribeList(filter, listener),
        ids,
        (value) => value.join() === text,
      )
    const first = untilIds('b,a')
    await untilStream(1)
    expect(asked('GET /events?user_id=me')).toBe(1)
    streams[0]?.send('job', view({ job_id: 'a', created_at: '2026-01-01T00:00:00.000Z' }))
    streams[0]?.send('job', view({ job_id: 'b', created_at: '2026-01-02T00:00:00.000Z' }))
    await first
    const second = untilIds('b')
    streams[0]?.send('gone', { job_id: 'a' })
    await second
    expect(store.list({ userId: 'me' })).toBe(store.list(filter))
  })

  test('of ids are in their order, share the stream, and stay one object until something changes', async () => {
    const list = together(store, ['a', 'b', 'a'])
    const both = until(list.subscribe, list.snapshot, ({ value }) => value.length === 2)
    await untilStream(1)
    streams[0]?.send('job', view({ job_id: 'b', status: 'processing' }))
    streams[0]?.send('job', view({ job_id: 'a', status: 'processing' }))
    expect((await both).value.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(list.snapshot()).toBe(list.snapshot())
    expect(asked('GET /events')).toBe(1)
  })
})

test('a client has one store', () => {
  const client = server.client()
  expect(storeOf(client)).toBe(storeOf(client))
})
