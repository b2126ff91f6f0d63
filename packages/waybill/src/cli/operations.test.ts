// The operators' commands, on the store itself: no server runs.
import { afterAll, expect, test } from 'vitest'
import { end, lines, Place } from './cli.fixture.ts'

const place = new Place()
const run = place.run.bind(place)
afterAll(() => place.remove())

const json = async (...words: string[]) => JSON.parse((await run(words)).out)

test('a queue is paused, limited, drained and resumed', async () => {
  expect(await json('queues', 'pause', 'default')).toMatchObject({ name: 'default', paused: true })
  expect(await json('queues', 'limit', 'default', '--max-pending', '9', '--rate', 'none')).toMatchObject({
    limits: { max_pending: 9, rate_per_minute: null },
  })
  expect(await json('queues', 'drain', 'default')).toMatchObject({ draining: true })
  expect((await run(['submit', 'math.add', '-i', '{"a":1,"b":1}'])).code).toBe(8)
  expect(await json('queues', 'resume', 'default')).toMatchObject({ paused: false, draining: false })
  expect((await json('queues')).items).toMatchObject([{ name: 'default', limits: { max_pending: 9 } }])
})

test('a bulk action counts, asks, and is followed to its end', async () => {
  for (const user of ['ada', 'ada', 'bob']) await run(['submit', 'math.endless', '--user', user])
  expect(await json('bulk', 'cancel', '--user', 'ada', '--dry-run')).toMatchObject({ matched: 2, job: null })
  const asked = await run(['bulk', 'cancel', '--user', 'ada'])
  expect([asked.code, asked.talk]).toEqual([2, expect.stringContaining('Cancel 2 jobs: not confirmed')])
  const { code, out } = await run(['bulk', 'cancel', '--user', 'ada', '--yes'])
  expect(lines(out).at(-1)).toMatchObject({ status: 'completed', result: { action: 'cancel', done: 2 } })
  expect(code).toBe(0)
  expect((await json('list', '--status', 'pending')).items).toMatchObject([{ user_id: 'bob' }])
})

test('dead letters are listed, retried and erased', async () => {
  await run(['submit', 'math.refuse', '--user', 'eve'])
  const worker = place.start(['work'])
  await expect.poll(async () => (await json('dlq', 'default')).items.length, { timeout: 20_000 }).toBe(1)
  expect(await end(worker)).toBe(0)
  expect((await json('dlq', 'default')).items).toMatchObject([{ user_id: 'eve', error: { code: 'odd' } }])
  expect(await json('dlq', 'retry', 'default', '--dry-run')).toMatchObject({ matched: 1 })
  const { code, out } = await run(['dlq', 'discard', 'default', '--yes'])
  expect([code, lines(out).at(-1)]).toMatchObject([0, { result: { action: 'purge', done: 1 } }])
  expect(await json('dlq', 'discard', 'default', '--yes')).toMatchObject({ matched: 0, job: null })
})

test('a worker that is told to terminate ends with its process', async () => {
  const worker = place.start(['work'])
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  const listed = async () => (await json('workers')).items
  await expect.poll(async () => (await listed()).length, { timeout: 20_000 }).toBe(1)
  const [{ worker_id: id }] = await listed()
  expect((await run(['workers', 'terminate', id])).code).toBe(2)
  expect(await json('workers', 'terminate', id, '--yes')).toMatchObject({ command: 'terminate' })
  expect(await exit).toBe(0)
})

test('types, scaling and the audit are told', async () => {
  expect((await json('types')).items.map(({ type }: { type: string }) => type)).toContain('math.add')
  expect(await json('scaling', 'default')).toMatchObject({ queue: 'default', running: 0 })
  const { items } = await json('audit')
  expect(items).toContainEqual(
    expect.objectContaining({ who: 'command line', action: 'queue.pause', target: 'default' }),
  )
})

test('a word that is none of the actions is refused with the nearest', async () => {
  const { code, talk } = await run(['queues', 'puase', 'default'])
  expect([code, talk]).toEqual([2, expect.stringContaining('Did you mean "pause"?')])
})
