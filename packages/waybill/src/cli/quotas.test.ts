// Tiers on the command line, and what `submit` may say of other jobs.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { end, firstLine, lines, Place, type Child } from './cli.fixture.ts'

const place = new Place()
const run = place.run.bind(place)
const tiers = 'tiers.config.ts'
afterAll(() => place.remove())

describe('a key with a tier', () => {
  let server: Child
  let url = ''
  beforeAll(async () => {
    server = place.start(['serve', '--config', tiers, '--port', '0', '--json'])
    url = JSON.parse(await firstLine(server.stdout)).url
  })
  afterAll(() => end(server))

  test('is made by `keys create --tier`, and its user has those limits', async () => {
    const create = ['keys', 'create', '--scope', 'jobs:submit', '--user', 'ann', '--tier', 'free', '--config', tiers]
    const key = (await run(create)).out.trim()
    const submit = ['submit', 'plain', '--url', url, '--key', key]
    expect((await run(submit)).code).toBe(0)
    const { code, talk } = await run(submit)
    expect(talk).toContain('tier "free" allows 1 job a day')
    expect(code).toBe(1)
    expect(lines((await run(['keys', 'list', '--json'])).out)).toMatchObject([{ user_id: 'ann', tier: 'free' }])
  })
})

test('a tier that the config file does not define is not given to a key', async () => {
  const { code, talk } = await run(['keys', 'create', '--scope', 'jobs:read:any', '--tier', 'fre', '--config', tiers])
  expect(talk).toContain('no tier is named "fre". Did you mean "free"? The tiers are free, paid')
  expect(code).toBe(2)
})

test('submit --unique answers the job that has the key', async () => {
  const submit = ['submit', 'math.ask', '--unique', 'k', '--json']
  const { job_id } = lines((await run(submit)).out)[0] ?? {}
  expect(lines((await run(submit)).out)).toMatchObject([{ job_id, deduplicated: true }])
})

test('submit --reuse stores a job whose result may be reused', async () => {
  const { out } = await run(['submit', 'math.ask', '--reuse', '1h', '--json'])
  expect(lines(out)).toMatchObject([{ status: 'pending' }])
})

test('submit --batch stores all jobs of a list, and says the id of the batch', async () => {
  const jobs = [{ type: 'math.ask' }, { type: 'math.ask' }]
  const { code, out } = await run(['submit', '--batch', '-', '--json'], {}, JSON.stringify(jobs))
  const { items } = JSON.parse(out)
  expect([code, items.length]).toEqual([0, 2])
})

test('submit --batch does not go with what its jobs say themselves', async () => {
  const { code, talk } = await run(['submit', '--batch', '[]', '--queue', 'q'])
  expect(talk).toContain('leave --queue out')
  expect(code).toBe(2)
})
