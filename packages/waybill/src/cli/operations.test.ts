// The operators' commands, on the store itself: no server runs. In this process, save for the worker that must end.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWaybill, defineJob, UserError } from '../index.ts'
import { silentLogger } from '../lib/log.ts'
import { lines, Place, project, type Ran } from './cli.fixture.ts'
import { run as runHere } from './main.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waybill-operations-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Asked for a yes, it says what was asked, and `answer`. */
async function run(words: string[], answer = false): Promise<Ran> {
  const said = { out: '', talk: '' }
  const env = { DATABASE_URL: `sqlite:${join(dir, 'jobs.db')}`, WAYBILL_LOG_LEVEL: 'error' }
  const terminal = {
    out: (text: string) => void (said.out += text),
    say: (text: string) => void (said.talk += `${text}\n`),
    confirm: async (question: string) => ((said.talk += `${question}\n`), answer),
    tty: false,
    columns: 80,
    colour: false,
  }
  const code = await runHere(words, terminal, env, project)
  return { code, ...said }
}
type Answer = Record<string, unknown> & { items: Record<string, unknown>[] }
const json = async (...words: string[]): Promise<Answer> => {
  const answer: Answer = JSON.parse((await run(words)).out)
  return answer
}

test('a queue is paused, limited, drained and resumed', async () => {
  expect(await json('queues', 'pause', 'default')).toMatchObject({ name: 'default', paused: true })
  const limited = await json('queues', 'limit', 'default', '--max-pending', '9', '--rate', 'none')
  expect(limited).toMatchObject({ limits: { max_pending: 9, rate_per_minute: null } })
  expect(await json('queues', 'drain', 'default')).toMatchObject({ draining: true })
  expect((await run(['submit', 'math.endless'])).code).toBe(8)
  expect(await json('queues', 'resume', 'default')).toMatchObject({ paused: false, draining: false })
  expect((await json('queues')).items).toMatchObject([{ name: 'default', limits: { max_pending: 9 } }])
})

test('a bulk action counts, asks, and is followed to its end', async () => {
  for (const user of ['ada', 'ada', 'bob']) await run(['submit', 'math.endless', '--user', user])
  expect(await json('bulk', 'cancel', '--user', 'ada', '--dry-run')).toMatchObject({ matched: 2, job: null })
  const asked = await run(['bulk', 'cancel', '--user', 'ada'])
  expect([asked.code, asked.talk]).toEqual([2, expect.stringContaining('Cancel 2 jobs: not confirmed')])
  const { code, out, talk } = await run(['bulk', 'cancel', '--user', 'ada'], true)
  expect(talk).toContain('Cancel 2 jobs?')
  expect(lines(out).at(-1)).toMatchObject({ status: 'completed', result: { action: 'cancel', done: 2 } })
  expect(code).toBe(0)
  expect((await json('list', '--status', 'pending')).items).toMatchObject([{ user_id: 'bob' }])
})

test('dead letters are listed, retried and erased', async () => {
  await aFailedJob()
  expect((await json('dlq', 'default')).items).toMatchObject([{ user_id: 'eve', error: { code: 'odd' } }])
  expect(await json('dlq', 'retry', 'default', '--dry-run')).toMatchObject({ matched: 1 })
  expect((await run(['dlq', 'discard', 'default'])).talk).toContain('Erase 1 failed jobs of queue default?')
  const { code, out } = await run(['dlq', 'discard', 'default', '--yes'])
  expect([code, lines(out).at(-1)]).toMatchObject([0, { result: { action: 'purge', done: 1 } }])
  expect(await json('dlq', 'discard', 'default', '--yes')).toMatchObject({ matched: 0, job: null })
})

test('a worker that is told to terminate ends with its process', { timeout: 60_000 }, async () => {
  const place = new Place()
  const worker = place.start(['work'], { DATABASE_URL: `sqlite:${join(dir, 'jobs.db')}` })
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  const listed = async () => (await json('workers')).items
  await expect.poll(async () => (await listed()).length, { timeout: 30_000 }).toBe(1)
  const id = String((await listed())[0]?.['worker_id'])
  expect((await run(['workers', 'terminate', id])).talk).toContain(`Terminate 1 worker, ${id}?`)
  expect(await json('workers', 'terminate', id, '--yes')).toMatchObject({ command: 'terminate' })
  expect(await exit).toBe(0)
  place.remove()
})

test('types, scaling and the audit are told; keys that are made and revoked stand in it', async () => {
  expect((await json('types')).items.map(({ type }) => type)).toContain('math.add')
  expect(await json('scaling', 'default')).toMatchObject({ queue: 'default', running: 0 })
  await run(['queues', 'pause', 'default'])
  const { id } = await json('keys', 'create', '--scope', 'jobs:read:any', '--name', 'dash', '--json')
  await run(['keys', 'revoke', String(id), '--yes'])
  const who = 'command line'
  expect((await json('audit')).items).toMatchObject([
    { who, action: 'key.revoke', target: id },
    { who, action: 'key.create', detail: { name: 'dash', scope: 'jobs:read:any' } },
    { who, action: 'queue.pause', target: 'default' },
  ])
})

test('a word that is none of the actions is refused with the nearest', async () => {
  const { code, talk } = await run(['queues', 'puase', 'default'])
  expect([code, talk]).toEqual([2, expect.stringContaining('Did you mean "pause"?')])
})

async function aFailedJob(): Promise<void> {
  const refuse = defineJob({ type: 'math.refuse', run: () => Promise.reject(new UserError('odd', 'Odd.')) })
  const waybill = createWaybill({ engine: `sqlite:${join(dir, 'jobs.db')}`, jobs: [refuse], logger: silentLogger })
  const job = await waybill.enqueue(refuse, null, { userId: 'eve' })
  await waybill.worker().start()
  await expect(waybill.result(job)).rejects.toThrow('Odd.')
  await waybill.close()
}
