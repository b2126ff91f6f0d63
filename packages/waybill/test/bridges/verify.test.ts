// `waybill bridge verify`: finds every way in which keys and jobs can disagree.
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { statusHash, statusJson, statusLegacy } from '../../src/bridges/index.ts'
import { Place } from '../../src/cli/cli.fixture.ts'
import { defineJob } from '../../src/index.ts'
import { aSite, until, type Site } from './site.fixture.ts'

const note = defineJob<object, object>({ type: 'note' })
const place = new Place(join(import.meta.dirname, 'project'))
let site: Site
afterEach(async () => {
  await site.close()
  place.remove()
})

test('agreement is exit 0; a missing, an older and a different key are named, and exit 1', async () => {
  const url = `sqlite:${join(place.dir, 'jobs.db')}`
  const open = async () => ({ url, drop: async () => {} })
  site = await aSite(open, (redis) => ({
    jobs: [note],
    bridges: [statusHash({ redis }), statusJson({ redis }), statusLegacy({ redis })],
  }))
  const { redis } = site
  const verify = () => place.run(['bridge', 'verify', '--sample', '50'], { REDIS_URL: site.server.url })
  const jobs = await site.waybill.enqueueMany(note, [{}, {}, {}])
  await until(async () => (await redis.keys('*')).length === 9)
  const agreed = await verify()
  expect([agreed.code, agreed.out, agreed.talk]).toEqual([
    0,
    '{"looked":9,"wrong":[]}\n',
    '9 keys agree with their jobs.\n',
  ])

  const [missing = '', older = '', different = ''] = jobs.map(({ id }) => id)
  await redis.del(`job:${missing}`)
  await redis.set(
    `job_status:${older}`,
    (await redis.get(`job_status:${older}`))?.replace('"waybill_rev":1', '"waybill_rev":0') ?? '',
  )
  await redis.hset(`job:${different}`, 'user_id', 'somebody', 'status', 'completed')
  const { code, out } = await verify()
  expect(code).toBe(1)
  const { wrong }: { wrong: { key: string; problem: string; detail: string }[] } = JSON.parse(out)
  expect(wrong.map(({ key, problem, detail }) => [key, problem, detail])).toEqual([
    [`job:${different}`, 'differs', 'status'],
    [`job:${missing}`, 'missing', 'the job is pending'],
    [`job_status:${older}`, 'older', 'it has rev 0, the job 1'],
  ])
})
