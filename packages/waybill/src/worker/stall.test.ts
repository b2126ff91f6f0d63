// A handler that says nothing for too long, in the worker itself.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineJob } from '../job/definition.ts'
import { JobFailed } from '../job/ended.ts'
import { aBench, type Bench } from '../waybill.fixture.ts'
import { untilAborted } from './worker.fixture.ts'

const stallTimeout = '500ms'
const retry = { attempts: 1 }
const silent = defineJob({ type: 'silent', stallTimeout, retry, run: (ctx) => untilAborted(ctx.signal) })
const talkative = defineJob<'progress' | 'log' | 'step'>({
  type: 'talkative',
  stallTimeout,
  retry,
  async run(ctx) {
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      if (ctx.input === 'progress') ctx.progress(null)
      else if (ctx.input === 'log') ctx.log.debug('still here')
      else await ctx.step(`step ${i}`, () => i)
    }
    return 'done'
  },
})

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [silent, talkative] })
  await bench.waybill.worker().start()
})
afterEach(() => bench.close())

test('its attempt ends as a timeout that says so, and counts as a fail', async () => {
  const { id } = await bench.waybill.enqueue(silent, null)
  await expect(bench.waybill.result({ id })).rejects.toBeInstanceOf(JobFailed)
  const { record, attempts } = await bench.history(id)
  expect(record).toMatchObject({ fails: 1, error: { code: 'timeout' } })
  expect(record.error?.message).toContain('no progress')
  expect(attempts).toMatchObject([{ status: 'timed_out' }])
})

test.each(['progress', 'log', 'step'] as const)('a word in time (%s) is a sign of life', async (word) => {
  expect(await bench.waybill.result(await bench.waybill.enqueue(talkative, word))).toBe('done')
})
