// Run by `node --test` (see runners.test.ts): testWaybill in a runner that fakes nothing and holds no process alive.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob } from 'waybill'
import { testWaybill } from 'waybill/testing'

const flaky = defineJob<null, string>({
  type: 'flaky',
  retry: { backoff: '1h' },
  run(ctx) {
    if (ctx.job.attempt === 1) throw new Error('not yet')
    return 'done'
  },
})

void test('a retry after an hour', async () => {
  await using t = await testWaybill({ jobs: [flaky] })
  assert.equal(await t.run(flaky, null), 'done')
})

void test('a crash', async () => {
  const t = await testWaybill({ jobs: [flaky] })
  const job = await t.enqueue(flaky, null)
  await t.advance('1m')
  t.crashWorker()
  await t.advance('2h')
  assert.equal((await t.history(job)).at(-1)?.status, 'completed')
  await t.close()
})
