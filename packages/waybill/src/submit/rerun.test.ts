// An explicit retry from a step on: what is done again, what is kept, and what is refused.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../job/definition.ts'
import { JobFailed } from '../job/ended.ts'
import { UserError } from '../job/errors.ts'
import { aBench, refusal, type Bench } from '../waybill.fixture.ts'

let done: string[] = []

const book = defineJob({
  type: 'book',
  input: z.object({ text: z.string() }),
  async run(ctx) {
    const does = (key: string) => ctx.step(key, () => void done.push(`${key} ${ctx.input.text}`))
    await does('fetch')
    await does('parse')
    await Promise.all([does('cover'), does('index')])
    await does('bind')
    if (ctx.input.text === 'bad') throw new UserError('bad', 'The text is bad.')
  },
})

let bench: Bench
beforeEach(async () => {
  done = []
  bench = await aBench({ jobs: [book] })
  await bench.waybill.worker().start()
})
afterEach(() => bench.close())

async function failedBook(): Promise<string> {
  const job = await bench.waybill.enqueue(book, { text: 'bad' })
  await expect(bench.waybill.result(job)).rejects.toBeInstanceOf(JobFailed)
  done = []
  return job.id
}

async function doneAgain(id: string, options: { input?: unknown; fromStep?: string }): Promise<string[]> {
  await bench.waybill.retry(id, options)
  await bench.waybill.result({ id })
  return done
}

test('the step and all that began after it are done again, with the new input', async () => {
  const id = await failedBook()
  const again = await doneAgain(id, { fromStep: 'cover', input: { text: 'good' } })
  expect(again).toEqual(['cover good', 'index good', 'bind good'])
  const { record, timeline } = await bench.history(id)
  expect(record).toMatchObject({ id, status: 'completed', attempt: 1 })
  expect(timeline.find(({ type }) => type === 'retried')?.data).toEqual({ new_input: true, from_step: 'cover' })
  const [found] = await bench.engine.get([id], { input: true })
  expect(found).toMatchObject({ record: { input: { text: 'good' } } })
})

test('what began beside it or before it is kept', async () => {
  expect(await doneAgain(await failedBook(), { fromStep: 'index', input: { text: 'good' } })).toEqual([
    'index good',
    'bind good',
  ])
})

test('from the first step all of them are done again; without a step none is', async () => {
  const id = await failedBook()
  const all = await doneAgain(id, { fromStep: 'fetch', input: { text: 'good' } })
  expect(all).toEqual(['fetch good', 'parse good', 'cover good', 'index good', 'bind good'])
  done = []
  expect(await doneAgain(id, {})).toEqual([])
})

test('a step that the job does not have is refused with those that it has, and nothing is changed', async () => {
  const id = await failedBook()
  const before = await bench.history(id)
  const { message, errors } = await refusal(bench.waybill.retry(id, { fromStep: 'indx' }), 'bad_request')
  expect(message).toContain(
    'has no step "indx"; it has "fetch", "parse", "cover", "index", "bind". Did you mean "index"?',
  )
  expect(errors).toMatchObject([{ pointer: '/from_step' }])
  await refusal(bench.waybill.retry(id, { fromStep: 'bind', input: { text: 1 } }), 'invalid_input')
  expect(await bench.history(id)).toEqual(before)
})

test('a job without steps says so', async () => {
  const { id } = await bench.waybill.enqueue(book, { text: 'good' }, { delay: '1h' })
  await bench.waybill.cancel(id)
  expect((await refusal(bench.waybill.retry(id, { fromStep: 'a' }), 'bad_request')).message).toContain('recorded none')
})

test('an option that does not exist is refused', async () => {
  const wrong: object = { from_step: 'a' }
  await expect(bench.waybill.retry('id', wrong)).rejects.toThrow('Did you mean "fromStep"?')
})
