// The preset `status-hash`: jobs as hashes that anybody can read.
import { afterEach, describe, expect, test } from 'vitest'
import { statusHash } from '../../src/bridges/index.ts'
import { defineJob, UserError } from '../../src/index.ts'
import { aSite, engines, until, type Site } from './site.fixture.ts'

const format = defineJob<{ text: string }, object>({
  type: 'slide_format',
  queue: 'slide_format',
  retry: { attempts: 1 },
  run: (ctx) => {
    ctx.progress(0.5, 'Half of it')
    if (ctx.input.text === 'bad') throw new UserError('bad', 'That cannot be formatted.')
    return { formatted_html: `<p>${ctx.input.text}</p>`, slides: [1, 2], status: 'never shown' }
  },
})

describe.each(engines)('status-hash on %s', (_, open) => {
  let site: Site
  afterEach(() => site.close())
  const begin = async (options: Parameters<typeof statusHash>[0] = {}) => {
    site = await aSite(open, (redis) => ({ jobs: [format], bridges: [statusHash({ redis, ...options })] }))
  }
  const hash = (id: string, status: string) =>
    until(async () => {
      const fields = await site.redis.hgetall(`job:${id}`)
      return fields['status'] === status && fields
    })

  test('shows a job from pending to its result', async () => {
    await begin()
    const { id } = await site.waybill.enqueue(format, { text: 'a' }, { userId: 'u1' })
    expect(await hash(id, 'pending')).toMatchObject({
      job_id: id,
      user_id: 'u1',
      queue: 'slide_format',
      waybill_rev: '1',
    })
    await site.waybill.worker().start()
    const done = await hash(id, 'completed')
    expect(done).toMatchObject({ formatted_html: '<p>a</p>', slides: '[1,2]', progress: '1' })
    expect(done['started_at']).toMatch(/Z$/)
    expect(await site.redis.ttl(`job:${id}`)).toBeGreaterThan(86_000)
  })

  test('shows the error of a failed job, in the words of the team', async () => {
    await begin({ fields: { error_message: 'error', queue: null }, status: { failed: 'FAILED' } })
    await site.waybill.worker().start()
    const { id } = await site.waybill.enqueue(format, { text: 'bad' })
    const failed = await hash(id, 'FAILED')
    expect(failed['error']).toBe('That cannot be formatted.')
    expect(failed['queue']).toBeUndefined()
  })
})
