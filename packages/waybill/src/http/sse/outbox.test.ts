import { expect, test } from 'vitest'
import { Entry, noWait } from '../../watch/entry.ts'
import { JobEvent } from '../../watch/events.ts'
import { aScene } from '../../watch/watch.fixture.ts'
import { Outbox } from './outbox.ts'

async function anEntry(): Promise<Entry> {
  const scene = await aScene()
  const entry = await scene.watch.entry(await scene.add())
  await scene.close()
  if (!(entry instanceof Entry)) throw new Error('no job')
  return entry
}

test('progress that comes while a whole job waits goes as the whole job, once', async () => {
  const entry = await anEntry()
  const outbox = new Outbox()
  outbox.add(new JobEvent('job', entry, 0, noWait))
  outbox.add(new JobEvent('progress', entry, 0, noWait))
  expect(outbox.next()).toContain('event: job\n')
  expect([outbox.next(), outbox.bytes]).toEqual([null, 0])
})

test('of many progresses of a job only the newest waits; other jobs and log lines keep their turn', async () => {
  const [a, b] = [await anEntry(), await anEntry()]
  const outbox = new Outbox()
  for (let i = 0; i < 100; i++) outbox.add(new JobEvent('progress', a, 0, noWait))
  outbox.addText('log 1')
  outbox.add(new JobEvent('progress', b, 0, noWait))
  outbox.addText('log 2')
  expect(outbox.bytes).toBeLessThan(1_000)
  const sent = [outbox.next(), outbox.next(), outbox.next(), outbox.next(), outbox.next()]
  expect(sent.map((text) => text?.includes('event: progress') ?? text)).toEqual([true, false, true, false, null])
})
